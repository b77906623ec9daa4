package slash32.bgp.wire;

import java.util.Set;

/// What a codec must know of the session: what both ends agreed on.
///
/// @param internal iBGP
/// @param fourOctetAs AS numbers are four octets (RFC 6793)
/// @param families both ends speak these
public record Terms(boolean internal, boolean fourOctetAs, Set<AddressFamily> families) {
    public Terms {
        families = Set.copyOf(families);
    }
}
