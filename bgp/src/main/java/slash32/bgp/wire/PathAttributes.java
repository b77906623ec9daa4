package slash32.bgp.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// The path attributes of a route, without its NLRI. Immutable, compared by value, with its hash computed once: RIBs
/// share one instance among all routes that have it.
public final class PathAttributes {
    /// MULTI_EXIT_DISC or LOCAL_PREF is not there.
    public static final long ABSENT = -1;

    private final Origin origin;
    private final AsPath asPath;
    private final @Nullable IpAddress nextHop;
    private final long med;
    private final long localPref;
    private final boolean atomicAggregate;
    private final List<Integer> communities;
    private final List<LargeCommunity> largeCommunities;
    private final @Nullable BgpIdentifier originatorId;
    private final List<Integer> clusterList;
    private final List<RawAttribute> others;
    private final int hash;

    private PathAttributes(Builder builder) {
        origin = builder.origin;
        asPath = builder.asPath;
        nextHop = builder.nextHop;
        med = builder.med;
        localPref = builder.localPref;
        atomicAggregate = builder.atomicAggregate;
        communities = List.copyOf(builder.communities);
        largeCommunities = List.copyOf(builder.largeCommunities);
        originatorId = builder.originatorId;
        clusterList = List.copyOf(builder.clusterList);
        others = List.copyOf(builder.others);
        hash = Objects.hash(
                origin,
                asPath,
                nextHop,
                med,
                localPref,
                atomicAggregate,
                communities,
                largeCommunities,
                originatorId,
                clusterList,
                others);
    }

    public Origin origin() {
        return origin;
    }

    public AsPath asPath() {
        return asPath;
    }

    /// NEXT_HOP, or the global address of MP_REACH_NLRI's; null in a message that announces nothing.
    public @Nullable IpAddress nextHop() {
        return nextHop;
    }

    /// 0 to 4294967295 or {@link #ABSENT}.
    public long med() {
        return med;
    }

    /// 0 to 4294967295 or {@link #ABSENT}.
    public long localPref() {
        return localPref;
    }

    public boolean atomicAggregate() {
        return atomicAggregate;
    }

    /// RFC 1997 communities as 32-bit words.
    public List<Integer> communities() {
        return communities;
    }

    public List<LargeCommunity> largeCommunities() {
        return largeCommunities;
    }

    /// RFC 4456 §8: who brought the route into the AS.
    public @Nullable BgpIdentifier originatorId() {
        return originatorId;
    }

    /// RFC 4456 §8: the clusters it was reflected in, the last first.
    public List<Integer> clusterList() {
        return clusterList;
    }

    /// Attributes kept as bytes, ordered by type: AGGREGATOR, extended communities, and what we do not know.
    public List<RawAttribute> others() {
        return others;
    }

    /// A builder that starts from these attributes.
    public Builder toBuilder() {
        var builder = new Builder();
        builder.origin = origin;
        builder.asPath = asPath;
        builder.nextHop = nextHop;
        builder.med = med;
        builder.localPref = localPref;
        builder.atomicAggregate = atomicAggregate;
        builder.communities = communities;
        builder.largeCommunities = largeCommunities;
        builder.originatorId = originatorId;
        builder.clusterList = clusterList;
        builder.others = new ArrayList<>(others);
        return builder;
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public boolean equals(Object other) {
        return this == other
                || (other instanceof PathAttributes that
                        && hash == that.hash
                        && origin == that.origin
                        && asPath.equals(that.asPath)
                        && Objects.equals(nextHop, that.nextHop)
                        && med == that.med
                        && localPref == that.localPref
                        && atomicAggregate == that.atomicAggregate
                        && communities.equals(that.communities)
                        && largeCommunities.equals(that.largeCommunities)
                        && Objects.equals(originatorId, that.originatorId)
                        && clusterList.equals(that.clusterList)
                        && others.equals(that.others));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        var text = new StringJoiner(" ");
        text.add("origin " + origin).add("as-path [" + asPath + "]").add("next-hop " + nextHop);
        if (med != ABSENT) {
            text.add("med " + med);
        }
        if (localPref != ABSENT) {
            text.add("local-pref " + localPref);
        }
        if (!largeCommunities.isEmpty()) {
            text.add("large-community " + largeCommunities);
        }
        if (originatorId != null) {
            text.add("originator-id " + originatorId);
        }
        return text.toString();
    }

    /// Collects attributes; used once.
    public static final class Builder {
        private Origin origin = Origin.IGP;
        private AsPath asPath = AsPath.EMPTY;
        private @Nullable IpAddress nextHop;
        private long med = ABSENT;
        private long localPref = ABSENT;
        private boolean atomicAggregate;
        private List<Integer> communities = List.of();
        private List<LargeCommunity> largeCommunities = List.of();
        private @Nullable BgpIdentifier originatorId;
        private List<Integer> clusterList = List.of();
        private List<RawAttribute> others = new ArrayList<>();

        private Builder() {}

        public Builder origin(Origin value) {
            origin = value;
            return this;
        }

        public Builder asPath(AsPath value) {
            asPath = value;
            return this;
        }

        public Builder nextHop(@Nullable IpAddress value) {
            nextHop = value;
            return this;
        }

        public Builder med(long value) {
            med = value;
            return this;
        }

        public Builder localPref(long value) {
            localPref = value;
            return this;
        }

        public Builder atomicAggregate(boolean value) {
            atomicAggregate = value;
            return this;
        }

        public Builder communities(List<Integer> value) {
            communities = value;
            return this;
        }

        public Builder largeCommunities(List<LargeCommunity> value) {
            largeCommunities = value;
            return this;
        }

        public Builder originatorId(@Nullable BgpIdentifier value) {
            originatorId = value;
            return this;
        }

        public Builder clusterList(List<Integer> value) {
            clusterList = value;
            return this;
        }

        public Builder other(int flags, int type, Bytes value) {
            others.add(new RawAttribute(flags, type, value));
            return this;
        }

        /// Takes away what {@link PathAttributes#others} has of this type.
        public Builder withoutOther(int type) {
            others.removeIf(attribute -> attribute.type() == type);
            return this;
        }

        /// Keeps only those of {@link PathAttributes#others} that may be passed on to a peer: the transitive ones.
        public Builder onlyTransitiveOthers() {
            others.removeIf(attribute -> !attribute.isTransitive());
            return this;
        }

        public PathAttributes build() {
            others.sort(java.util.Comparator.comparingInt(RawAttribute::type));
            return new PathAttributes(this);
        }
    }
}
