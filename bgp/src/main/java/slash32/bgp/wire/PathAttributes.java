package slash32.bgp.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;

/// The path attributes that routes of one or more UPDATEs share.
///
/// Those decoded through one {@link AttributeCache} are interned: equal bytes give the same instance, so identity is a
/// cheap first comparison. Immutable.
///
/// @param nextHop NEXT_HOP, or the (global) next hop of MP_REACH_NLRI
/// @param linkLocalNextHop the second next hop of RFC 2545 §3, with an IPv6 {@code nextHop} only
/// @param med 0 to 4294967295
/// @param localPref 0 to 4294967295
/// @param others attributes kept as bytes, in order of type
public record PathAttributes(
        Origin origin,
        AsPath asPath,
        IpAddress nextHop,
        @Nullable Ipv6Address linkLocalNextHop,
        @Nullable Long med,
        @Nullable Long localPref,
        boolean atomicAggregate,
        @Nullable Aggregator aggregator,
        List<Community> communities,
        @Nullable BgpIdentifier originatorId,
        List<BgpIdentifier> clusterList,
        List<ExtendedCommunity> extendedCommunities,
        List<LargeCommunity> largeCommunities,
        List<RawAttribute> others) {

    public PathAttributes {
        communities = List.copyOf(communities);
        clusterList = List.copyOf(clusterList);
        extendedCommunities = List.copyOf(extendedCommunities);
        largeCommunities = List.copyOf(largeCommunities);
        others = List.copyOf(others);
    }

    /// ORIGIN IGP, an empty AS_PATH and nothing else but the next hop.
    public static PathAttributesBuilder builder(IpAddress nextHop) {
        return new PathAttributesBuilder().nextHop(nextHop);
    }

    /// A builder that holds all of these, to change some.
    public PathAttributesBuilder toBuilder() {
        return new PathAttributesBuilder(this);
    }

    /// LOCAL_PREF, or {@code otherwise} where there is none.
    public long localPrefOr(long otherwise) {
        return localPref == null ? otherwise : localPref;
    }

    /// MULTI_EXIT_DISC; a missing one is the lowest possible (RFC 4271 §9.1.2.2 c).
    public long medOrZero() {
        return med == null ? 0 : med;
    }
}
