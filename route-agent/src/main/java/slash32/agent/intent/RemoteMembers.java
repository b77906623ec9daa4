package slash32.agent.intent;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import slash32.net.IpAddress;
import slash32.securitygroup.GroupId;

/// How many addresses of other hosts are in each group, as communities on their routes say. Which ones, the firewall
/// knows, but for pairs, which several routes may state; members of this host are its own, which has their endpoints.
final class RemoteMembers {
    private final Map<GroupId, Integer> sizes = new HashMap<>();
    /// By how many routes state each.
    private final Map<Memberships.Pair, Integer> pairs = new HashMap<>();

    /// A route to {@code address} says {@code now} and no longer {@code before}: costs the difference.
    void change(IpAddress address, Memberships before, Memberships now, Consumer<MemberChange> changes) {
        for (GroupId group : now.groups()) {
            if (!before.groups().contains(group)) {
                grow(group);
                changes.accept(new MemberChange.Address(group, address, true));
            }
        }
        for (GroupId group : before.groups()) {
            if (!now.groups().contains(group)) {
                shrink(group);
                changes.accept(new MemberChange.Address(group, address, false));
            }
        }
        changePairs(before.inGroups(), now.inGroups(), changes);
    }

    private void changePairs(Set<Memberships.Pair> before, Set<Memberships.Pair> now, Consumer<MemberChange> changes) {
        for (Memberships.Pair pair : now) {
            if (!before.contains(pair) && pairs.merge(pair, 1, Integer::sum) == 1) {
                grow(pair.group());
                changes.accept(new MemberChange.Pair(pair.group(), pair.prefix(), true));
            }
        }
        for (Memberships.Pair pair : before) {
            if (!now.contains(pair)
                    && pairs.computeIfPresent(pair, (_, routes) -> routes == 1 ? null : routes - 1) == null) {
                shrink(pair.group());
                changes.accept(new MemberChange.Pair(pair.group(), pair.prefix(), false));
            }
        }
    }

    private void grow(GroupId group) {
        sizes.merge(group, 1, Integer::sum);
    }

    private void shrink(GroupId group) {
        sizes.computeIfPresent(group, (_, size) -> size == 1 ? null : size - 1);
    }

    int size(GroupId group) {
        return sizes.getOrDefault(group, 0);
    }
}
