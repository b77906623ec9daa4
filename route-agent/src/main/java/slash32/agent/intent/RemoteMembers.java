package slash32.agent.intent;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import slash32.net.IpAddress;
import slash32.securitygroup.GroupId;

/// How many addresses of other hosts are in each group, as communities on their routes say. Which ones, the firewall
/// knows; members of this host are its own, which has their endpoints.
final class RemoteMembers {
    private final Map<GroupId, Integer> sizes = new HashMap<>();

    /// A route to {@code address} names the groups {@code now} and no longer {@code before}: costs the difference.
    void change(IpAddress address, List<GroupId> before, List<GroupId> now, Consumer<MemberChange> changes) {
        for (GroupId group : now) {
            if (!before.contains(group)) {
                sizes.merge(group, 1, Integer::sum);
                changes.accept(new MemberChange(group, address, true));
            }
        }
        for (GroupId group : before) {
            if (!now.contains(group)) {
                sizes.computeIfPresent(group, (_, size) -> size == 1 ? null : size - 1);
                changes.accept(new MemberChange(group, address, false));
            }
        }
    }

    int size(GroupId group) {
        return sizes.getOrDefault(group, 0);
    }
}
