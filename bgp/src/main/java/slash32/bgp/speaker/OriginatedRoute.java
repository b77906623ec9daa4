package slash32.bgp.speaker;

import java.util.List;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// A route that this node announces.
///
/// @param nextHop of the prefix's family
/// @param localPref 0 to 4294967295
public record OriginatedRoute(Prefix prefix, IpAddress nextHop, long localPref, List<LargeCommunity> communities) {
    public OriginatedRoute {
        communities = List.copyOf(communities);
        if (nextHop.isIpv4() != prefix.isIpv4()) {
            throw new IllegalArgumentException("next hop " + nextHop + " is of another family than " + prefix);
        }
    }
}
