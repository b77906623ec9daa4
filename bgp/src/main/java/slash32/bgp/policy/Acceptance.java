package slash32.bgp.policy;

import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;

/// Whether a peer's path may be used at all.
public enum Acceptance {
    ACCEPTED,
    /// Our AS is in its AS_PATH (RFC 4271 §9.1.2).
    AS_LOOP,
    /// We brought it into the AS ourselves (RFC 4456 §8).
    OWN_ROUTE,
    /// An external peer for which nothing is allowed in (RFC 8212 §3).
    NO_POLICY;

    /// Judges a path from a peer.
    ///
    /// @param internal iBGP
    public static Acceptance of(PathAttributes path, Asn ownAs, BgpIdentifier ownIdentifier, boolean internal) {
        if (!internal) {
            return NO_POLICY;
        }
        if (ownIdentifier.equals(path.originatorId())) {
            return OWN_ROUTE;
        }
        return path.asPath().contains(ownAs) ? AS_LOOP : ACCEPTED;
    }
}
