package slash32.bgp.exabgp;

import java.util.Set;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Asn;

/// What a message's meaning depends on beside its bytes.
///
/// @param fourOctetAs AS numbers are four octets
/// @param addPath families whose routes have path identifiers
/// @param localAs of the session that the message is said to be of
/// @param peerAs the other end's
public record DecodeContext(ApiVersion api, boolean fourOctetAs, Set<AddressFamily> addPath, Asn localAs, Asn peerAs) {
    public DecodeContext {
        addPath = Set.copyOf(addPath);
    }
}
