package slash32.bgp.speaker;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.policy.Policy;
import slash32.bgp.session.SessionOptions;
import slash32.bgp.wire.AddressFamily;

/// What a peer may have beyond an address and an AS.
///
/// @param session what is negotiated
/// @param limits by family; a family without one may be of any size
/// @param ttlSecurityHops how many hops away the peer may be, 1 to 254 (RFC 5082); 0 to take any packet
/// @param importPolicy null for none: of an internal peer everything is taken, of an external one nothing (RFC 8212)
/// @param exportPolicy null for none, likewise
/// @param client a reflector passes on to it what its other internal peers say, and its routes to all (RFC 4456 §6)
/// @param ao by which the session's segments are signed (RFC 5925); null for none
public record PeerOptions(
        SessionOptions session,
        Map<AddressFamily, PrefixLimit> limits,
        int ttlSecurityHops,
        @Nullable Policy importPolicy,
        @Nullable Policy exportPolicy,
        boolean client,
        @Nullable TcpAo ao) {
    public static final PeerOptions DEFAULT = new PeerOptions(SessionOptions.DEFAULT, Map.of(), 0, null, null);

    /// Options of a peer that is no client of a reflector.
    public PeerOptions(
            SessionOptions session,
            Map<AddressFamily, PrefixLimit> limits,
            int ttlSecurityHops,
            @Nullable Policy importPolicy,
            @Nullable Policy exportPolicy) {
        this(session, limits, ttlSecurityHops, importPolicy, exportPolicy, false, null);
    }

    /// These options with another session.
    public PeerOptions with(SessionOptions other) {
        return new PeerOptions(other, limits, ttlSecurityHops, importPolicy, exportPolicy, client, ao);
    }

    /// These options with a key.
    public PeerOptions with(TcpAo key) {
        return new PeerOptions(session, limits, ttlSecurityHops, importPolicy, exportPolicy, client, key);
    }

    /// These options of a reflector's client.
    public PeerOptions ofClient() {
        return new PeerOptions(session, limits, ttlSecurityHops, importPolicy, exportPolicy, true, ao);
    }

    public PeerOptions {
        limits = Map.copyOf(limits);
        if (ttlSecurityHops < 0 || ttlSecurityHops > 254) {
            throw new IllegalArgumentException("TTL security is of 1 to 254 hops, was " + ttlSecurityHops);
        }
    }
}
