package slash32.bgp.wire;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;

/// Collects path attributes. Owned by one thread.
public final class PathAttributesBuilder {
    private static final Comparator<RawAttribute> BY_TYPE = Comparator.comparingInt(RawAttribute::type);

    private @Nullable Origin origin = Origin.IGP;
    private @Nullable AsPath asPath = AsPath.EMPTY;
    private @Nullable IpAddress nextHop;
    private @Nullable Ipv6Address linkLocalNextHop;
    private @Nullable Long med;
    private @Nullable Long localPref;
    private boolean atomicAggregate;
    private @Nullable Aggregator aggregator;
    private List<Community> communities = List.of();
    private @Nullable BgpIdentifier originatorId;
    private List<BgpIdentifier> clusterList = List.of();
    private List<ExtendedCommunity> extendedCommunities = List.of();
    private List<LargeCommunity> largeCommunities = List.of();
    private final List<RawAttribute> others = new ArrayList<>();

    PathAttributesBuilder() {}

    PathAttributesBuilder(PathAttributes from) {
        origin = from.origin();
        asPath = from.asPath();
        nextHop = from.nextHop();
        linkLocalNextHop = from.linkLocalNextHop();
        med = from.med();
        localPref = from.localPref();
        atomicAggregate = from.atomicAggregate();
        aggregator = from.aggregator();
        communities = from.communities();
        originatorId = from.originatorId();
        clusterList = from.clusterList();
        extendedCommunities = from.extendedCommunities();
        largeCommunities = from.largeCommunities();
        others.addAll(from.others());
    }

    /// Without the defaults of a route of our own: what a peer left out is missing.
    static PathAttributesBuilder received() {
        var builder = new PathAttributesBuilder();
        builder.origin = null;
        builder.asPath = null;
        return builder;
    }

    public PathAttributesBuilder origin(Origin value) {
        origin = value;
        return this;
    }

    public PathAttributesBuilder asPath(AsPath value) {
        asPath = value;
        return this;
    }

    public PathAttributesBuilder nextHop(IpAddress value) {
        nextHop = value;
        return this;
    }

    public PathAttributesBuilder linkLocalNextHop(@Nullable Ipv6Address value) {
        linkLocalNextHop = value;
        return this;
    }

    public PathAttributesBuilder med(@Nullable Long value) {
        med = value;
        return this;
    }

    public PathAttributesBuilder localPref(@Nullable Long value) {
        localPref = value;
        return this;
    }

    public PathAttributesBuilder atomicAggregate(boolean value) {
        atomicAggregate = value;
        return this;
    }

    public PathAttributesBuilder aggregator(@Nullable Aggregator value) {
        aggregator = value;
        return this;
    }

    public PathAttributesBuilder communities(List<Community> value) {
        communities = value;
        return this;
    }

    public PathAttributesBuilder originatorId(@Nullable BgpIdentifier value) {
        originatorId = value;
        return this;
    }

    public PathAttributesBuilder clusterList(List<BgpIdentifier> value) {
        clusterList = value;
        return this;
    }

    public PathAttributesBuilder extendedCommunities(List<ExtendedCommunity> value) {
        extendedCommunities = value;
        return this;
    }

    /// In ascending order, so that the same set always has the same bytes.
    public PathAttributesBuilder largeCommunities(Collection<LargeCommunity> value) {
        largeCommunities = value.stream().sorted().toList();
        return this;
    }

    PathAttributesBuilder receivedLargeCommunities(List<LargeCommunity> value) {
        largeCommunities = value;
        return this;
    }

    /// Adds one that is kept as bytes.
    public PathAttributesBuilder add(RawAttribute other) {
        others.add(other);
        return this;
    }

    /// Removes those kept as bytes that {@code unwanted} names by type.
    public PathAttributesBuilder remove(int unwanted) {
        others.removeIf(other -> other.type() == unwanted);
        return this;
    }

    @Nullable
    Origin origin() {
        return origin;
    }

    @Nullable
    AsPath asPath() {
        return asPath;
    }

    @Nullable
    IpAddress nextHop() {
        return nextHop;
    }

    @Nullable
    Aggregator aggregator() {
        return aggregator;
    }

    /// The attributes as they stand.
    ///
    /// @throws IllegalStateException if ORIGIN, AS_PATH or the next hop is missing
    public PathAttributes build() {
        if (origin == null || asPath == null || nextHop == null) {
            throw new IllegalStateException("ORIGIN, AS_PATH and a next hop are mandatory (RFC 4271 §5)");
        }
        return new PathAttributes(
                origin,
                asPath,
                nextHop,
                linkLocalNextHop,
                med,
                localPref,
                atomicAggregate,
                aggregator,
                communities,
                originatorId,
                clusterList,
                extendedCommunities,
                largeCommunities,
                others.stream().sorted(BY_TYPE).toList());
    }
}
