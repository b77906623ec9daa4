package slash32.bgp.policy;

import java.util.Set;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.IpAddress;

/// Whether a peer's path may be used at all.
public enum Acceptance {
    ACCEPTED,
    /// Our AS is in its AS_PATH (RFC 4271 §9.1.2).
    AS_LOOP,
    /// We brought it into the AS ourselves (RFC 4456 §8).
    OWN_ROUTE,
    /// Its next hop is ourselves (RFC 4271 §5.1.3).
    OWN_NEXT_HOP,
    /// An external peer for which nothing is allowed in (RFC 8212 §3).
    NO_POLICY;

    /// Judges a path from a peer.
    ///
    /// @param ownAddresses that peers know us by
    /// @param trusted an internal peer, or one with an import policy
    public static Acceptance of(
            PathAttributes path, Asn ownAs, BgpIdentifier ownIdentifier, Set<IpAddress> ownAddresses, boolean trusted) {
        if (!trusted) {
            return NO_POLICY;
        }
        if (ownIdentifier.equals(path.originatorId())) {
            return OWN_ROUTE;
        }
        IpAddress nextHop = path.nextHop();
        if (nextHop != null && ownAddresses.contains(nextHop)) {
            return OWN_NEXT_HOP;
        }
        return path.asPath().contains(ownAs) ? AS_LOOP : ACCEPTED;
    }
}
