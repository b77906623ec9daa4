package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.Layout.ENDPOINT_SETS;
import static slash32.securitygroup.compile.Layout.GROUP_SETS;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.netlink.netfilter.SetElement;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;

/// What owns a part of the ruleset: changed, refused and retried as a whole. The owner of everything in our tables is
/// known by its name alone, so a restarted agent needs no memory.
public sealed interface Subject {
    /// The tables, base chains, shared chains and dispatch maps.
    record Skeleton() implements Subject {
        @Override
        public String toString() {
            return "skeleton";
        }
    }

    /// The sets of a group's addresses, empty.
    record MemberSets(GroupId group) implements Subject {
        @Override
        public String toString() {
            return "member sets of group " + group;
        }
    }

    /// The sets and the chains by which packets are looked up among the rules of all groups.
    record Lookups() implements Subject {
        @Override
        public String toString() {
            return "lookups";
        }
    }

    /// The sets and chains of endpoints' limits, without the endpoints.
    record Limits() implements Subject {
        @Override
        public String toString() {
            return "limits";
        }
    }

    /// What may reach the host itself.
    record Host() implements Subject {
        @Override
        public String toString() {
            return "host rules";
        }
    }

    /// The conntrack zone of a segment, by its bridge.
    record Zone(InterfaceName bridge) implements Subject {
        @Override
        public String toString() {
            return "zone of " + bridge;
        }
    }

    /// What a segment's gateway answers for, by its bridge.
    record Gateway(InterfaceName bridge) implements Subject {
        @Override
        public String toString() {
            return "gateway of " + bridge;
        }
    }

    /// A group's rules.
    record Group(GroupId group) implements Subject {
        @Override
        public String toString() {
            return "group " + group;
        }
    }

    /// The counters and map entries of one interface.
    record Endpoint(InterfaceName device) implements Subject {
        @Override
        public String toString() {
            return "endpoint " + device;
        }
    }

    /// One address in a group's sets.
    ///
    /// @param bridge of the segment in which alone it is a member; null for one that is everywhere
    record Member(GroupId group, @Nullable InterfaceName bridge, IpAddress address) implements Subject {
        /// One that is a member everywhere.
        public Member(GroupId group, IpAddress address) {
            this(group, null, address);
        }

        /// The set's name.
        public String set() {
            EtherType family = EtherType.of(address);
            return bridge == null ? Layout.memberSet(group, family) : Layout.segmentMemberSet(group, family);
        }

        public SetElement element() {
            return SetElement.of(bridge == null ? Bytes.copyOf(address.toArray()) : Keys.key(bridge.value(), address));
        }

        @Override
        public String toString() {
            return "member " + address + " of group " + group + (bridge == null ? "" : " in " + bridge);
        }
    }

    /// Position in the order in which things may refer to one another: later ones to earlier ones.
    default int rank() {
        return switch (this) {
            case Skeleton() -> 0;
            case MemberSets _, Host(), Limits(), Zone _, Gateway _ -> 1;
            case Lookups() -> 2;
            case Group _ -> 3;
            case Endpoint _ -> 4;
            case Member _ -> 5;
        };
    }

    /// The owner of a chain that is not of the skeleton; null if it is nobody's.
    static @Nullable Subject ofChain(String name) {
        if (Layout.LOOKUP_CHAINS.contains(name)) {
            return new Lookups();
        } else if (name.equals(Layout.PROTECT_HOST)) {
            return new Host();
        } else if (Layout.LIMIT_CHAINS.contains(name)) {
            return new Limits();
        }
        for (String prefix : Layout.GROUP_CHAINS) {
            if (name.startsWith(prefix)) {
                GroupId group = group(name.substring(prefix.length()));
                return group == null ? null : new Group(group);
            }
        }
        return endpoint(name, Layout.GUARD_OF);
    }

    /// The owner of a counter; null if it is nobody's.
    static @Nullable Subject ofCounter(String name) {
        return endpoint(name, Layout.SPOOFED, Layout.HOST, Layout.FROM, Layout.TO);
    }

    /// The owner of a set that is not of the skeleton; null if it is nobody's.
    static @Nullable Subject ofSet(String name) {
        if (Shape.parse(name) != null || position(name) > 0) {
            return new Lookups();
        }
        GroupId everywhere = memberSetGroup(name, Layout.MEMBERS);
        GroupId group = everywhere == null ? memberSetGroup(name, Layout.SEGMENT_MEMBERS) : everywhere;
        return group == null ? null : new MemberSets(group);
    }

    /// N of a map from an interface to its N-th group; 0 of any other set.
    static int position(String set) {
        boolean at = set.matches(Layout.GROUP_AT + "[1-9][0-9]{0,4}");
        return at ? Integer.parseInt(set.substring(Layout.GROUP_AT.length())) : 0;
    }

    /// The owner of an element; null if it is nobody's.
    static @Nullable Subject ofElement(String set, Bytes key) {
        GroupId group = memberSetGroup(set, Layout.MEMBERS);
        if (group != null) {
            return new Member(group, IpAddress.of(key.toArray()));
        }
        group = memberSetGroup(set, Layout.SEGMENT_MEMBERS);
        if (group != null) {
            IpAddress address = IpAddress.of(Arrays.copyOfRange(key.toArray(), Statements.AFTER_NAME, key.length()));
            return endpoint(key) instanceof Endpoint(var bridge) ? new Member(group, bridge, address) : null;
        }
        if (set.equals(Layout.FRESH) || set.equals(Layout.STAMP)) {
            return new Skeleton();
        }
        if (Layout.NODE_SETS.contains(set)) {
            return new Host();
        }
        if (set.equals(Layout.ZONES)) {
            return endpoint(key) instanceof Endpoint(var bridge) ? new Zone(bridge) : null;
        }
        if (Layout.GATEWAY_SETS.contains(set)) {
            return endpoint(key) instanceof Endpoint(var bridge) ? new Gateway(bridge) : null;
        }
        if (GROUP_SETS.contains(set) || Shape.parse(set) != null) {
            int number = ByteBuffer.wrap(key.toArray())
                    .order(ByteOrder.nativeOrder())
                    .getInt();
            return number == 0 ? null : new Group(new GroupId(Integer.toUnsignedLong(number)));
        }
        return ENDPOINT_SETS.contains(set) || Layout.LIMIT_SETS.contains(set) || position(set) > 0
                ? endpoint(key)
                : null;
    }

    private static @Nullable GroupId memberSetGroup(String set, String prefix) {
        boolean ours = set.startsWith(prefix) && (set.endsWith("_4") || set.endsWith("_6"));
        return ours && set.length() > prefix.length() + 2
                ? group(set.substring(prefix.length(), set.length() - 2))
                : null;
    }

    private static @Nullable GroupId group(String digits) {
        if (!digits.matches("[1-9][0-9]{0,9}") || Long.parseLong(digits) > 0xffff_ffffL) {
            return null;
        }
        return new GroupId(Long.parseLong(digits));
    }

    private static @Nullable Subject endpoint(String name, String... prefixes) {
        for (String prefix : prefixes) {
            if (name.startsWith(prefix)) {
                return device(name.substring(prefix.length()));
            }
        }
        return null;
    }

    private static @Nullable Subject endpoint(Bytes key) {
        int length = 0;
        while (length < Layout.INTERFACE_NAME_BYTES && key.at(length) != 0) {
            length++;
        }
        return device(new String(key.toArray(), 0, length, StandardCharsets.UTF_8));
    }

    private static @Nullable Subject device(String name) {
        try {
            return new Endpoint(new InterfaceName(name));
        } catch (IllegalArgumentException e) {
            return null; // put there by a stranger
        }
    }
}
