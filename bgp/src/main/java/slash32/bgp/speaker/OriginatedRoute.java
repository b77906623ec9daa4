package slash32.bgp.speaker;

import java.util.List;
import slash32.bgp.wire.AsPath;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// A route that this node announces.
///
/// @param nextHop of the prefix's family
/// @param localPref 0 to 4294967295
/// @param communities at most 300, which a message has room for; none is sent twice (RFC 8092 §3)
public record OriginatedRoute(Prefix prefix, IpAddress nextHop, long localPref, List<LargeCommunity> communities) {
    public static final int COMMUNITIES_MAX = 300;

    public OriginatedRoute {
        communities = communities.stream().distinct().toList();
        if (communities.size() > COMMUNITIES_MAX) {
            throw new IllegalArgumentException(
                    prefix + " has " + communities.size() + " large communities, a message takes " + COMMUNITIES_MAX);
        }
        if (nextHop.isIpv4() != prefix.isIpv4()) {
            throw new IllegalArgumentException("next hop " + nextHop + " is of another family than " + prefix);
        }
    }

    /// As it is told to a peer of our own AS.
    PathAttributes attributes() {
        return PathAttributes.builder()
                .asPath(AsPath.EMPTY)
                .nextHop(nextHop)
                .localPref(localPref)
                .largeCommunities(communities)
                .build();
    }
}
