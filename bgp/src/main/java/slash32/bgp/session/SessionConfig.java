package slash32.bgp.session;

import java.util.Set;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.net.Asn;

/// What a session wants.
///
/// @param holdSeconds proposed in OPEN: 0, or 3 to 65535 (RFC 4271 §4.2)
/// @param families proposed
/// @param gracefulRestartSeconds advertised restart time, 1 to 4095; 0 to leave the capability out
/// @param passive never dials
/// @param options what is seldom changed
public record SessionConfig(
        Asn localAs,
        Asn peerAs,
        BgpIdentifier identifier,
        int holdSeconds,
        Set<AddressFamily> families,
        int gracefulRestartSeconds,
        boolean passive,
        SessionOptions options) {
    public SessionConfig {
        if (holdSeconds < 0 || holdSeconds == 1 || holdSeconds == 2 || holdSeconds > 65_535) {
            throw new IllegalArgumentException("the hold time must be 0 or 3 to 65535 s, was " + holdSeconds);
        }
        if (gracefulRestartSeconds < 0 || gracefulRestartSeconds > 4095) {
            throw new IllegalArgumentException("the restart time must be 0 to 4095 s, was " + gracefulRestartSeconds);
        }
        if (families.isEmpty()) {
            throw new IllegalArgumentException("a session needs a family");
        }
        families = Set.copyOf(families);
    }

    public boolean internal() {
        return localAs.equals(peerAs);
    }
}
