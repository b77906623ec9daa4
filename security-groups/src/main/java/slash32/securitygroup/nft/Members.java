package slash32.securitygroup.nft;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import slash32.net.IpAddress;
import slash32.securitygroup.GroupId;

/// The addresses of every group, by how many state each: endpoints of this host, and routes of others. Not thread-safe.
final class Members {
    private final Map<GroupId, Map<IpAddress, Integer>> statements = new HashMap<>();

    /// States a membership once more.
    ///
    /// @return true if nobody had stated it
    boolean add(GroupId group, IpAddress address) {
        return statements.computeIfAbsent(group, _ -> new HashMap<>()).merge(address, 1, Integer::sum) == 1;
    }

    /// Takes back one statement.
    ///
    /// @return true if it was the last
    boolean remove(GroupId group, IpAddress address) {
        Map<IpAddress, Integer> addresses = statements.get(group);
        if (addresses == null || !addresses.containsKey(address)) {
            throw new IllegalStateException(address + " is no member of group " + group);
        }
        if (addresses.computeIfPresent(address, (_, times) -> times == 1 ? null : times - 1) != null) {
            return false;
        }
        if (addresses.isEmpty()) {
            statements.remove(group);
        }
        return true;
    }

    Collection<IpAddress> of(GroupId group) {
        Map<IpAddress, Integer> addresses = statements.get(group);
        return addresses == null ? Set.of() : addresses.keySet();
    }
}
