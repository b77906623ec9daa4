package slash32.securitygroup.nft;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.net.TableSize;
import slash32.securitygroup.GroupId;

/// The addresses of every group: those that several may state, as endpoints of this host and pairs of any host do, by
/// how often, whole prefixes likewise, those that are members in one segment alone, and addresses of other hosts, of
/// which there may be a million. Not thread-safe.
final class Members {
    private final Counted<IpAddress> counted = new Counted<>();
    private final Counted<Prefix> prefixes = new Counted<>();
    private final Counted<InSegment> inSegments = new Counted<>();
    private final Map<GroupId, MemberSet> remoteIpv4 = new HashMap<>();
    private final Map<GroupId, MemberSet> remoteIpv6 = new HashMap<>();

    private record InSegment(InterfaceName bridge, IpAddress address) {}

    /// States a membership once more.
    ///
    /// @return true if nobody had stated it
    boolean addCounted(GroupId group, IpAddress address) {
        return counted.add(group, address) && !isRemote(group, address);
    }

    /// Takes back one statement of {@link #addCounted}.
    ///
    /// @return true if nobody else states it
    boolean removeCounted(GroupId group, IpAddress address) {
        return counted.remove(group, address) && !isRemote(group, address);
    }

    /// States once more that an address is in the group in one segment, by its bridge.
    ///
    /// @return true if nobody had stated it
    boolean addInSegment(GroupId group, InterfaceName bridge, IpAddress address) {
        return inSegments.add(group, new InSegment(bridge, address));
    }

    /// Takes back one statement of {@link #addInSegment}.
    ///
    /// @return true if nobody else states it
    boolean removeInSegment(GroupId group, InterfaceName bridge, IpAddress address) {
        return inSegments.remove(group, new InSegment(bridge, address));
    }

    /// An address behind another host is in the group.
    ///
    /// @return true if nobody had stated it
    boolean addRemote(GroupId group, IpAddress address) {
        MemberSet set = remote(address).computeIfAbsent(group, _ -> new MemberSet(!address.isIpv4()));
        return set.add(high(address), low(address)) && !isCounted(group, address);
    }

    /// Takes back {@link #addRemote}, if it was said.
    ///
    /// @return true if it was, and nobody else states it
    boolean removeRemote(GroupId group, IpAddress address) {
        MemberSet set = remote(address).get(group);
        if (set == null || !set.remove(high(address), low(address))) {
            return false;
        }
        if (set.size() == 0) {
            remote(address).remove(group);
        }
        return !isCounted(group, address);
    }

    /// States once more that all of a prefix is in the group.
    ///
    /// @return true if nobody had stated it
    boolean addPrefix(GroupId group, Prefix prefix) {
        return prefixes.add(group, prefix);
    }

    /// Takes back one statement of {@link #addPrefix}.
    ///
    /// @return true if nobody else states it
    boolean removePrefix(GroupId group, Prefix prefix) {
        return prefixes.remove(group, prefix);
    }

    /// The members of a group that are no single addresses.
    Set<Prefix> prefixes(GroupId group) {
        return prefixes.of(group);
    }

    /// Addresses of other hosts, and what the sets of them occupy.
    TableSize size() {
        long addresses = 0;
        long octets = 0;
        for (var sets : List.of(remoteIpv4, remoteIpv6)) {
            for (MemberSet set : sets.values()) {
                addresses += set.size();
                octets += set.octets();
            }
        }
        return new TableSize("group members", addresses, octets);
    }

    /// True if the address is a member everywhere, be it by a prefix.
    boolean has(GroupId group, IpAddress address) {
        return isCounted(group, address)
                || isRemote(group, address)
                || prefixes(group).stream()
                        .anyMatch(prefix -> prefix.isIpv4() == address.isIpv4() && prefix.contains(address));
    }

    /// True if the address is a member in a segment, by its bridge, beside those that are everywhere.
    boolean has(GroupId group, InterfaceName bridge, IpAddress address) {
        return inSegments.has(group, new InSegment(bridge, address));
    }

    private boolean isCounted(GroupId group, IpAddress address) {
        return counted.has(group, address);
    }

    private boolean isRemote(GroupId group, IpAddress address) {
        MemberSet set = remote(address).get(group);
        return set != null && set.contains(high(address), low(address));
    }

    private Map<GroupId, MemberSet> remote(IpAddress address) {
        return address.isIpv4() ? remoteIpv4 : remoteIpv6;
    }

    private static long high(IpAddress address) {
        return address instanceof Ipv6Address v6 ? v6.high() : ((Ipv4Address) address).value() & 0xffff_ffffL;
    }

    private static long low(IpAddress address) {
        return address instanceof Ipv6Address v6 ? v6.low() : 0;
    }

    /// Hands out each member once, in no order.
    void forEach(GroupId group, Consumer<IpAddress> each) {
        Set<IpAddress> here = counted.of(group);
        here.forEach(each);
        Consumer<IpAddress> other = address -> {
            if (!here.contains(address)) {
                each.accept(address);
            }
        };
        MemberSet narrow = remoteIpv4.get(group);
        if (narrow != null) {
            narrow.forEach((high, _) -> other.accept(new Ipv4Address((int) high)));
        }
        MemberSet wide = remoteIpv6.get(group);
        if (wide != null) {
            wide.forEach((high, low) -> other.accept(new Ipv6Address(high, low)));
        }
    }

    /// Hands out each member that is one in a segment alone, with the segment's bridge, in no order.
    void forEachInSegments(GroupId group, BiConsumer<InterfaceName, IpAddress> each) {
        inSegments.of(group).forEach(member -> each.accept(member.bridge(), member.address()));
    }
}
