package slash32.bgp.session;

import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.PeerRole;

/// What a session wants beyond RFC 4271's minimum.
///
/// @param sendHoldSeconds how long the peer may take nothing of what we send (RFC 9687 §4), at least twice the hold
///     time; 0 for ever
/// @param longLivedSeconds how long the peer may use our routes after the restart time (RFC 9494 §3), 0 to 16777215;
///     0
///     to leave the capability out
/// @param role ours, in an external session (RFC 9234 §4.1); null to leave the capability out
/// @param strictRole a peer without a role is refused (RFC 9234 §4.2)
public record SessionOptions(
        int sendHoldSeconds, int longLivedSeconds, @Nullable PeerRole role, boolean strictRole) {
    /// RFC 9687 §4: eight minutes, or twice the hold time if that is more.
    public static final int SEND_HOLD_SECONDS = 480;

    public static final SessionOptions DEFAULT = new SessionOptions(SEND_HOLD_SECONDS, 0, null, false);

    public SessionOptions {
        if (sendHoldSeconds < 0) {
            throw new IllegalArgumentException("the send hold time must not be negative, was " + sendHoldSeconds);
        }
        if (longLivedSeconds < 0 || longLivedSeconds > 0xff_ffff) {
            throw new IllegalArgumentException(
                    "the long-lived stale time must be 0 to 16777215 s, was " + longLivedSeconds);
        }
    }
}
