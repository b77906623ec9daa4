package slash32.agent.intent;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import slash32.net.IpAddress;
import slash32.securitygroup.GroupId;

/// Which addresses of other hosts are in which group, as communities on their routes say. Members of this host are the
/// firewall's, which has their endpoints.
///
/// A route that names other groups than before costs the difference.
final class RemoteMembers {
    private final Map<IpAddress, List<GroupId>> groups = new HashMap<>();
    private final Map<GroupId, Integer> sizes = new HashMap<>();

    /// A route to {@code address} names {@code now}; empty if it names none or is gone.
    void state(IpAddress address, List<GroupId> now, Consumer<? super Effect.Desire> effects) {
        List<GroupId> stated = now.isEmpty() ? groups.remove(address) : groups.put(address, now);
        List<GroupId> before = stated == null ? List.of() : stated;
        for (GroupId group : now) {
            if (!before.contains(group)) {
                sizes.merge(group, 1, Integer::sum);
                effects.accept(new Effect.Desire.Member(group, address));
            }
        }
        for (GroupId group : before) {
            if (!now.contains(group)) {
                sizes.computeIfPresent(group, (_, size) -> size == 1 ? null : size - 1);
                effects.accept(new Effect.Desire.NoMember(group, address));
            }
        }
    }

    int size(GroupId group) {
        return sizes.getOrDefault(group, 0);
    }
}
