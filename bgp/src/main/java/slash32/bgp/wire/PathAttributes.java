package slash32.bgp.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;

/// The path attributes of a route, without its NLRI. Immutable, compared by value, with its hash computed once: RIBs
/// share one instance among all routes that have it.
public final class PathAttributes {
    /// MULTI_EXIT_DISC or LOCAL_PREF is not there.
    public static final long ABSENT = -1;

    private final Origin origin;
    private final AsPath asPath;
    private final @Nullable IpAddress nextHop;
    private final @Nullable Ipv6Address linkLocalNextHop;
    private final Bytes opaqueNextHop;
    private final Bytes nlriData;
    private final Set<IpAddress> onlyTo;
    private final long med;
    private final long localPref;
    private final boolean atomicAggregate;
    private final List<Integer> communities;
    private final List<ExtendedCommunity> extendedCommunities;
    private final List<Ipv6ExtendedCommunity> ipv6ExtendedCommunities;
    private final List<LargeCommunity> largeCommunities;
    private final long onlyToCustomer;
    private final @Nullable BgpIdentifier originatorId;
    private final List<Integer> clusterList;
    private final List<RawAttribute> others;
    /// A bit for each type below 64 that came with the Partial bit.
    private final long partial;
    private final int hash;

    private PathAttributes(Builder builder) {
        origin = builder.origin;
        asPath = builder.asPath;
        nextHop = builder.nextHop;
        linkLocalNextHop = builder.linkLocalNextHop;
        opaqueNextHop = builder.opaqueNextHop;
        nlriData = builder.nlriData;
        onlyTo = Set.copyOf(builder.onlyTo);
        med = builder.med;
        localPref = builder.localPref;
        atomicAggregate = builder.atomicAggregate;
        communities = List.copyOf(builder.communities);
        extendedCommunities = List.copyOf(builder.extendedCommunities);
        ipv6ExtendedCommunities = List.copyOf(builder.ipv6ExtendedCommunities);
        largeCommunities = List.copyOf(builder.largeCommunities);
        onlyToCustomer = builder.onlyToCustomer;
        originatorId = builder.originatorId;
        clusterList = List.copyOf(builder.clusterList);
        others = List.copyOf(builder.others);
        partial = builder.partial;
        hash = Objects.hash(
                origin,
                asPath,
                nextHop,
                linkLocalNextHop,
                opaqueNextHop,
                nlriData,
                onlyTo,
                med,
                localPref,
                atomicAggregate,
                communities,
                extendedCommunities,
                ipv6ExtendedCommunities,
                largeCommunities,
                onlyToCustomer,
                originatorId,
                clusterList,
                others,
                partial);
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

    /// The link-local address beside a global next hop (RFC 2545 §3); null if there is none.
    public @Nullable Ipv6Address linkLocalNextHop() {
        return linkLocalNextHop;
    }

    /// The next hop field of a family that we don't know, as it came; else empty.
    public Bytes opaqueNextHop() {
        return opaqueNextHop;
    }

    /// What the NLRI says of the path besides the route's key, as {@link NlriParts} has it; empty in families of plain
    /// prefixes.
    public Bytes nlriData() {
        return nlriData;
    }

    /// The peers that a route of ours is for; empty for all. Not told to them.
    public Set<IpAddress> onlyTo() {
        return onlyTo;
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

    public List<ExtendedCommunity> extendedCommunities() {
        return extendedCommunities;
    }

    /// True if there is a target by which somebody may import the path.
    public boolean hasImportTarget() {
        for (ExtendedCommunity community : extendedCommunities) {
            if (community.isImportTarget()) {
                return true;
            }
        }
        return false;
    }

    public List<Ipv6ExtendedCommunity> ipv6ExtendedCommunities() {
        return ipv6ExtendedCommunities;
    }

    public List<LargeCommunity> largeCommunities() {
        return largeCommunities;
    }

    /// The AS number of Only to Customer (RFC 9234 §5), or {@link #ABSENT}.
    public long onlyToCustomer() {
        return onlyToCustomer;
    }

    /// RFC 4456 §8: who brought the route into the AS.
    public @Nullable BgpIdentifier originatorId() {
        return originatorId;
    }

    /// RFC 4456 §8: the clusters it was reflected in, the last first.
    public List<Integer> clusterList() {
        return clusterList;
    }

    /// The PMSI Tunnel attribute; null if there is none.
    public @Nullable PmsiTunnel pmsiTunnel() {
        Bytes value = other(AttributeCode.PMSI_TUNNEL);
        return value == null ? null : PmsiTunnel.decode(Reader.of(value));
    }

    /// The tunnels of the Tunnel Encapsulation attribute, in order.
    public List<Tunnel> tunnels() {
        Bytes value = other(AttributeCode.TUNNEL_ENCAPSULATION);
        List<Tunnel> tunnels = value == null ? null : Tunnel.decode(Reader.of(value));
        return tunnels == null ? List.of() : tunnels;
    }

    private @Nullable Bytes other(int type) {
        for (RawAttribute other : others) {
            if (other.type() == type) {
                return other.value();
            }
        }
        return null;
    }

    /// Attributes kept as bytes, ordered by type: AGGREGATOR, tunnels, and what we do not know.
    public List<RawAttribute> others() {
        return others;
    }

    /// True if the attribute came with the Partial bit: somebody on the way did not know it (RFC 4271 §5).
    boolean isPartial(int type) {
        return type < 64 && (partial >>> type & 1) != 0;
    }

    /// A builder that starts from these attributes.
    public Builder toBuilder() {
        var builder = new Builder();
        builder.origin = origin;
        builder.asPath = asPath;
        builder.nextHop = nextHop;
        builder.linkLocalNextHop = linkLocalNextHop;
        builder.opaqueNextHop = opaqueNextHop;
        builder.nlriData = nlriData;
        builder.onlyTo = onlyTo;
        builder.med = med;
        builder.localPref = localPref;
        builder.atomicAggregate = atomicAggregate;
        builder.communities = communities;
        builder.extendedCommunities = extendedCommunities;
        builder.ipv6ExtendedCommunities = ipv6ExtendedCommunities;
        builder.largeCommunities = largeCommunities;
        builder.onlyToCustomer = onlyToCustomer;
        builder.originatorId = originatorId;
        builder.clusterList = clusterList;
        builder.others = new ArrayList<>(others);
        builder.partial = partial;
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
                        && Objects.equals(linkLocalNextHop, that.linkLocalNextHop)
                        && opaqueNextHop.equals(that.opaqueNextHop)
                        && nlriData.equals(that.nlriData)
                        && onlyTo.equals(that.onlyTo)
                        && med == that.med
                        && localPref == that.localPref
                        && atomicAggregate == that.atomicAggregate
                        && communities.equals(that.communities)
                        && extendedCommunities.equals(that.extendedCommunities)
                        && ipv6ExtendedCommunities.equals(that.ipv6ExtendedCommunities)
                        && largeCommunities.equals(that.largeCommunities)
                        && onlyToCustomer == that.onlyToCustomer
                        && Objects.equals(originatorId, that.originatorId)
                        && clusterList.equals(that.clusterList)
                        && others.equals(that.others)
                        && partial == that.partial);
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
        if (!extendedCommunities.isEmpty()) {
            text.add("extended-community " + extendedCommunities);
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
        private @Nullable Ipv6Address linkLocalNextHop;
        private Bytes opaqueNextHop = Bytes.EMPTY;
        private Bytes nlriData = Bytes.EMPTY;
        private Set<IpAddress> onlyTo = Set.of();
        private long med = ABSENT;
        private long localPref = ABSENT;
        private boolean atomicAggregate;
        private List<Integer> communities = List.of();
        private List<ExtendedCommunity> extendedCommunities = List.of();
        private List<Ipv6ExtendedCommunity> ipv6ExtendedCommunities = List.of();
        private List<LargeCommunity> largeCommunities = List.of();
        private long onlyToCustomer = ABSENT;
        private @Nullable BgpIdentifier originatorId;
        private List<Integer> clusterList = List.of();
        private List<RawAttribute> others = new ArrayList<>();
        private long partial;

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

        public Builder linkLocalNextHop(@Nullable Ipv6Address value) {
            linkLocalNextHop = value;
            return this;
        }

        /// The next hop field of a family that we don't know.
        public Builder opaqueNextHop(Bytes value) {
            opaqueNextHop = value;
            return this;
        }

        Builder nextHop(NextHop value) {
            return nextHop(value.address()).linkLocalNextHop(value.linkLocal()).opaqueNextHop(value.octets());
        }

        public Builder nlriData(Bytes value) {
            nlriData = value;
            return this;
        }

        /// A route of ours is for these peers, which are not told so; empty for all.
        public Builder onlyTo(Set<IpAddress> value) {
            onlyTo = value;
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

        public Builder extendedCommunities(List<ExtendedCommunity> value) {
            extendedCommunities = value;
            return this;
        }

        public Builder ipv6ExtendedCommunities(List<Ipv6ExtendedCommunity> value) {
            ipv6ExtendedCommunities = value;
            return this;
        }

        /// The AS number of Only to Customer, or {@link PathAttributes#ABSENT}.
        public Builder onlyToCustomer(long value) {
            onlyToCustomer = value;
            return this;
        }

        public Builder pmsiTunnel(PmsiTunnel value) {
            return other(AttributeCode.OPTIONAL | AttributeCode.TRANSITIVE, AttributeCode.PMSI_TUNNEL, value.encode());
        }

        public Builder tunnels(List<Tunnel> value) {
            return other(
                    AttributeCode.OPTIONAL | AttributeCode.TRANSITIVE,
                    AttributeCode.TUNNEL_ENCAPSULATION,
                    Tunnel.encode(value));
        }

        Builder partial(int type) {
            partial |= type < 64 ? 1L << type : 0;
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
