package slash32.agent.intent;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.overlay.choice.SiteId;

/// What the communities of routes say: whose members an address is, and what a node says of itself.
final class RouteWords {
    private static final int CACHED_ATTRIBUTES_MAX = 65_536;

    private final Asn asn;
    private final IdentityHashMap<PathAttributes, Memberships> memberships = new IdentityHashMap<>();

    RouteWords(Asn asn) {
        this.asn = asn;
    }

    /// How many attribute blocks are known by now.
    int size() {
        return memberships.size();
    }

    Memberships memberships(@Nullable PathAttributes attributes) {
        if (attributes == null) {
            return Memberships.NONE;
        }
        if (memberships.size() > CACHED_ATTRIBUTES_MAX) {
            memberships.clear();
        }
        Memberships known = memberships.get(attributes);
        if (known == null) {
            known = Memberships.of(attributes.largeCommunities(), asn);
            memberships.put(attributes, known);
        }
        return known;
    }

    /// Members that come to groups or leave them by these routes.
    List<MemberChange> memberChanges(RibDelta delta, RemoteMembers members) {
        var changes = new ArrayList<MemberChange>();
        for (int i = 0; i < delta.size(); i++) {
            Memberships before = memberships(delta.before(i));
            Memberships now = memberships(delta.attributes(i));
            if (!before.equals(now) && isHost(delta, i)) {
                members.change(delta.address(i), before, now, changes::add);
            }
        }
        return changes;
    }

    /// Hears what a node says of itself.
    @FunctionalInterface
    interface NodeRoutes {
        /// A node route, or one that was.
        ///
        /// @param said null if the node route is gone or names no site
        void said(IpAddress node, Sites.@Nullable Said said);
    }

    /// Tells which of these are node routes, or were.
    void nodeRoutes(RibDelta delta, NodeRoutes listener) {
        for (int i = 0; i < delta.size(); i++) {
            PathAttributes now = delta.attributes(i);
            boolean isNodeRoute = isNodeRoute(delta, i, now);
            if (isNodeRoute || isNodeRoute(delta, i, delta.before(i))) {
                Sites.Said said = now == null || !isNodeRoute ? null : saidBy(now);
                listener.said(delta.address(i), said);
            }
        }
    }

    private static boolean isHost(RibDelta delta, int index) {
        return delta.length(index) == (delta.family().afi() == 1 ? 32 : 128);
    }

    /// True if {@code path} is a node's word on itself: a host route whose next hop is its address. Asked twice for
    /// each route, so it is no switch by type, which is a call through method handles.
    private static boolean isNodeRoute(RibDelta delta, int index, @Nullable PathAttributes path) {
        IpAddress nextHop = path == null ? null : path.nextHop();
        if (nextHop instanceof Ipv4Address v4) {
            return delta.high(index) == (long) v4.value() << 32
                    && delta.family().afi() == 1
                    && isHost(delta, index);
        }
        return nextHop instanceof Ipv6Address v6
                && delta.high(index) == v6.high()
                && delta.low(index) == v6.low()
                && isHost(delta, index);
    }

    /// What a node route says; null if it names no site.
    private Sites.@Nullable Said saidBy(PathAttributes attributes) {
        SiteId site = null;
        Ipv4Address external = null;
        Ipv4Address admin = null;
        for (LargeCommunity community : attributes.largeCommunities()) {
            if (community.administrator() != asn.value()) {
                continue;
            }
            if (community.function() == Intent.COMMUNITY_SITE && community.value() > 0 && site == null) {
                site = new SiteId(community.value());
            } else if (community.function() == Intent.COMMUNITY_EXTERNAL) {
                external = new Ipv4Address((int) community.value());
            } else if (community.function() == Intent.COMMUNITY_ADMIN) {
                admin = new Ipv4Address((int) community.value());
            }
        }
        return site == null ? null : new Sites.Said(site, external, admin);
    }
}
