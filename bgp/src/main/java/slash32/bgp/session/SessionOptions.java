package slash32.bgp.session;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PeerRole;

/// What a session wants beyond RFC 4271's minimum.
///
/// @param sendHoldSeconds how long the peer may take nothing of what we send (RFC 9687 §4.3), at least twice the hold
///     time; 0 for ever
/// @param longLivedSeconds how long the peer may use our routes after the restart time (RFC 9494 §3.1), 0 to
///     16777215; 0 to leave the capability out
/// @param role ours, in an external session (RFC 9234 §4.1); null to leave the capability out
/// @param strictRole a peer without a role is refused (RFC 9234 §4.2)
/// @param extendedMessages messages of up to 65535 octets (RFC 8654)
/// @param addPathReceive families of which the peer may send more than one path of a prefix (RFC 7911)
/// @param addPathSend families of which we may
/// @param extendedNextHops IPv4 families whose next hop may be an IPv6 address (RFC 8950)
public record SessionOptions(
        int sendHoldSeconds,
        int longLivedSeconds,
        @Nullable PeerRole role,
        boolean strictRole,
        boolean extendedMessages,
        Set<AddressFamily> addPathReceive,
        Set<AddressFamily> addPathSend,
        Set<AddressFamily> extendedNextHops) {
    /// RFC 9687 §6: eight minutes, or twice the hold time if that is more.
    public static final int SEND_HOLD_SECONDS = 480;

    public static final SessionOptions DEFAULT = new SessionOptions(SEND_HOLD_SECONDS, 0, null, false);

    /// Options without additional paths and extended next hops, and with extended messages.
    public SessionOptions(int sendHoldSeconds, int longLivedSeconds, @Nullable PeerRole role, boolean strictRole) {
        this(sendHoldSeconds, longLivedSeconds, role, strictRole, true, Set.of(), Set.of(), Set.of());
    }

    /// These options, sending more than one path of a prefix of {@code families}.
    public SessionOptions withAddPathSend(Set<AddressFamily> families) {
        return new SessionOptions(
                sendHoldSeconds,
                longLivedSeconds,
                role,
                strictRole,
                extendedMessages,
                addPathReceive,
                families,
                extendedNextHops);
    }

    /// These options, with IPv6 next hops for routes of {@code families}.
    public SessionOptions withExtendedNextHops(Set<AddressFamily> families) {
        return new SessionOptions(
                sendHoldSeconds,
                longLivedSeconds,
                role,
                strictRole,
                extendedMessages,
                addPathReceive,
                addPathSend,
                families);
    }

    public SessionOptions {
        addPathReceive = Set.copyOf(addPathReceive);
        addPathSend = Set.copyOf(addPathSend);
        extendedNextHops = Set.copyOf(extendedNextHops);
        if (sendHoldSeconds < 0) {
            throw new IllegalArgumentException("the send hold time must not be negative, was " + sendHoldSeconds);
        }
        if (longLivedSeconds < 0 || longLivedSeconds > 0xff_ffff) {
            throw new IllegalArgumentException(
                    "the long-lived stale time must be 0 to 16777215 s, was " + longLivedSeconds);
        }
    }
}
