package slash32.securitygroup.nft;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.net.TableSize;
import slash32.securitygroup.GroupId;

/// The addresses of every group: those that several may state, as endpoints of this host and pairs of any host do, by
/// how often, whole prefixes likewise, and addresses of other hosts, of which there may be a million. Not thread-safe.
final class Members {
    private final Map<GroupId, Map<IpAddress, Integer>> counted = new HashMap<>();
    private final Map<GroupId, Map<Prefix, Integer>> prefixes = new HashMap<>();
    private final MemberSet remoteIpv4 = new MemberSet(1);
    private final MemberSet remoteIpv6 = new MemberSet(3);

    /// States a membership once more.
    ///
    /// @return true if nobody had stated it
    boolean addCounted(GroupId group, IpAddress address) {
        return counted.computeIfAbsent(group, _ -> new HashMap<>()).merge(address, 1, Integer::sum) == 1
                && !isRemote(group, address);
    }

    /// Takes back one statement of {@link #addCounted}.
    ///
    /// @return true if nobody else states it
    boolean removeCounted(GroupId group, IpAddress address) {
        Map<IpAddress, Integer> addresses = counted.get(group);
        if (addresses == null || !addresses.containsKey(address)) {
            throw new IllegalStateException(address + " is no member of group " + group);
        }
        if (addresses.computeIfPresent(address, (_, times) -> times == 1 ? null : times - 1) != null) {
            return false;
        }
        if (addresses.isEmpty()) {
            counted.remove(group);
        }
        return !isRemote(group, address);
    }

    /// An address behind another host is in the group.
    ///
    /// @return true if nobody had stated it
    boolean addRemote(GroupId group, IpAddress address) {
        boolean added = switch (address) {
            case Ipv4Address v4 -> remoteIpv4.add(narrow(group, v4), 0, 0);
            case Ipv6Address v6 -> remoteIpv6.add(group.number(), v6.high(), v6.low());
        };
        return added && !isCounted(group, address);
    }

    /// Takes back {@link #addRemote}, if it was said.
    ///
    /// @return true if it was, and nobody else states it
    boolean removeRemote(GroupId group, IpAddress address) {
        boolean removed = switch (address) {
            case Ipv4Address v4 -> remoteIpv4.remove(narrow(group, v4), 0, 0);
            case Ipv6Address v6 -> remoteIpv6.remove(group.number(), v6.high(), v6.low());
        };
        return removed && !isCounted(group, address);
    }

    /// States once more that all of a prefix is in the group.
    ///
    /// @return true if nobody had stated it
    boolean addPrefix(GroupId group, Prefix prefix) {
        return prefixes.computeIfAbsent(group, _ -> new HashMap<>()).merge(prefix, 1, Integer::sum) == 1;
    }

    /// Takes back one statement of {@link #addPrefix}.
    ///
    /// @return true if nobody else states it
    boolean removePrefix(GroupId group, Prefix prefix) {
        Map<Prefix, Integer> stated = Objects.requireNonNull(prefixes.get(group), prefix.toString());
        if (stated.computeIfPresent(prefix, (_, times) -> times == 1 ? null : times - 1) != null) {
            return false;
        }
        if (stated.isEmpty()) {
            prefixes.remove(group);
        }
        return true;
    }

    /// The members of a group that are no single addresses.
    Set<Prefix> prefixes(GroupId group) {
        return prefixes.getOrDefault(group, Map.of()).keySet();
    }

    /// Addresses of other hosts, and what the sets of them occupy.
    TableSize size() {
        return new TableSize(
                "group members", remoteIpv4.size() + remoteIpv6.size(), remoteIpv4.octets() + remoteIpv6.octets());
    }

    /// True if the address is a member, be it by a prefix.
    boolean has(GroupId group, IpAddress address) {
        return isCounted(group, address)
                || isRemote(group, address)
                || prefixes(group).stream()
                        .anyMatch(prefix -> prefix.isIpv4() == address.isIpv4() && prefix.contains(address));
    }

    private boolean isCounted(GroupId group, IpAddress address) {
        return counted.getOrDefault(group, Map.of()).containsKey(address);
    }

    private boolean isRemote(GroupId group, IpAddress address) {
        return switch (address) {
            case Ipv4Address v4 -> remoteIpv4.contains(narrow(group, v4), 0, 0);
            case Ipv6Address v6 -> remoteIpv6.contains(group.number(), v6.high(), v6.low());
        };
    }

    private static long narrow(GroupId group, Ipv4Address address) {
        return (group.number() << 32) | (address.value() & 0xffff_ffffL);
    }

    /// Hands out each member once, in no order. Costs the members of all groups.
    void forEach(GroupId group, Consumer<IpAddress> each) {
        Map<IpAddress, Integer> here = counted.getOrDefault(group, Map.of());
        here.keySet().forEach(each);
        Consumer<IpAddress> other = address -> {
            if (!here.containsKey(address)) {
                each.accept(address);
            }
        };
        remoteIpv4.forEach((first, _, _) -> {
            if (first >>> 32 == group.number()) {
                other.accept(new Ipv4Address((int) first));
            }
        });
        remoteIpv6.forEach((first, high, low) -> {
            if (first == group.number()) {
                other.accept(new Ipv6Address(high, low));
            }
        });
    }
}
