package slash32.agent.intent;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.Asn;
import slash32.net.Prefix;
import slash32.securitygroup.GroupId;

/// What the large communities of a host route say of an endpoint: its groups, and the prefixes of its allowed address
/// pairs, which are in these groups beside the route's own address.
record Memberships(List<GroupId> groups, List<Prefix> pairs) {
    static final Memberships NONE = new Memberships(List.of(), List.of());

    /// One prefix in one group.
    record Pair(GroupId group, Prefix prefix) {}

    /// None twice.
    Memberships {
        groups = groups.stream().distinct().toList();
        pairs = pairs.stream().distinct().toList();
    }

    /// Written out: the generated one goes through method handles, which is much for what is asked twice for each
    /// route.
    @Override
    public boolean equals(Object other) {
        return this == other
                || (other instanceof Memberships that && groups.equals(that.groups) && pairs.equals(that.pairs));
    }

    @Override
    public int hashCode() {
        return 31 * groups.hashCode() + pairs.hashCode();
    }

    /// What a route with these communities says; those of another administrator, and what makes no sense, say nothing.
    static Memberships of(List<LargeCommunity> communities, Asn asn) {
        var groups = new ArrayList<GroupId>();
        for (LargeCommunity community : communities) {
            if (community.administrator() == asn.value()
                    && community.function() == Intent.COMMUNITY_GROUP
                    && community.value() > 0) {
                groups.add(new GroupId(community.value()));
            }
        }
        return new Memberships(groups, groups.isEmpty() ? List.of() : PairCommunities.read(communities, asn));
    }

    /// What is in both.
    Memberships and(Memberships other) {
        return new Memberships(
                groups.stream().filter(other.groups::contains).toList(),
                pairs.stream().filter(other.pairs::contains).toList());
    }

    Set<Pair> inGroups() {
        if (pairs.isEmpty()) {
            return Set.of();
        }
        var all = new HashSet<Pair>();
        groups.forEach(group -> pairs.forEach(prefix -> all.add(new Pair(group, prefix))));
        return all;
    }
}
