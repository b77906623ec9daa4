package slash32.securitygroup.nft;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import slash32.securitygroup.GroupId;

/// What is in groups, each of which several may state: by how often. Not thread-safe.
final class Counted<V> {
    private final Map<GroupId, Map<V, Integer>> all = new HashMap<>();

    /// States a membership once more.
    ///
    /// @return true if nobody had stated it
    boolean add(GroupId group, V member) {
        return all.computeIfAbsent(group, _ -> new HashMap<>()).merge(member, 1, Integer::sum) == 1;
    }

    /// Takes back one statement of {@link #add}.
    ///
    /// @return true if nobody else states it
    /// @throws IllegalStateException if nobody did
    boolean remove(GroupId group, V member) {
        Map<V, Integer> stated = all.get(group);
        if (stated == null || !stated.containsKey(member)) {
            throw new IllegalStateException(member + " is no member of group " + group);
        }
        if (stated.computeIfPresent(member, (_, times) -> times == 1 ? null : times - 1) != null) {
            return false;
        }
        if (stated.isEmpty()) {
            all.remove(group);
        }
        return true;
    }

    Set<V> of(GroupId group) {
        return Objects.requireNonNullElse(all.get(group), Map.<V, Integer>of()).keySet();
    }

    boolean has(GroupId group, V member) {
        return of(group).contains(member);
    }
}
