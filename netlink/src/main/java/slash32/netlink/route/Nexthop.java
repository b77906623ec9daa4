package slash32.netlink.route;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// A nexthop object, which many routes share by its id (ip-nexthop(8)).
///
/// @param id unique in the namespace
/// @param target where it leads
/// @param protocol who installed it
public record Nexthop(int id, Target target, int protocol) {

    /// Where packets go.
    public sealed interface Target {
        /// Another router.
        ///
        /// @param onLink the gateway is taken to be on the link whatever its addresses say
        record Gateway(IpAddress address, InterfaceIndex link, boolean onLink) implements Target {
            /// Written out, as those of its parts are: thousands are compared when a cold agent learns its next hops.
            @Override
            public boolean equals(Object other) {
                return other instanceof Gateway that
                        && onLink == that.onLink
                        && address.equals(that.address)
                        && link.equals(that.link);
            }

            @Override
            public int hashCode() {
                return 31 * (31 * address.hashCode() + link.hashCode()) + (onLink ? 1 : 0);
            }
        }

        /// Packets are dropped.
        ///
        /// @param family AF_INET, or AF_INET6, which routes of both families can use
        record Blackhole(int family) implements Target {}

        /// Equal-cost use of other nexthop objects.
        record Group(List<Integer> ids) implements Target {
            public Group {
                ids = List.copyOf(ids);
            }
        }
    }

    /// Asks for every nexthop object.
    public static Request dump() {
        return header(Rt.RTM_GETNEXTHOP, Nl.NLM_F_DUMP, () -> "list nexthops", Rt.AF_UNSPEC, 0, 0);
    }

    /// Installs the object, replacing one with this id; routes that use it follow at once.
    public Request replace() {
        int flags = Nl.NLM_F_ACK | Nl.NLM_F_CREATE | Nl.NLM_F_REPLACE;
        return switch (target) {
            case Target.Gateway(var address, var link, var onLink) ->
                header(
                                Rt.RTM_NEWNEXTHOP,
                                flags,
                                () -> "add nexthop " + id + " via " + address + " dev " + link,
                                Rt.family(address),
                                protocol,
                                onLink ? Rt.RTNH_F_ONLINK : 0)
                        .attributeU32(Rt.NHA_ID, id)
                        .attributeU32(Rt.NHA_OIF, link.value())
                        .attribute(Rt.NHA_GATEWAY, address);
            case Target.Blackhole(int family) ->
                header(Rt.RTM_NEWNEXTHOP, flags, () -> "add nexthop " + id + " blackhole", family, protocol, 0)
                        .attributeU32(Rt.NHA_ID, id)
                        .flag(Rt.NHA_BLACKHOLE);
            case Target.Group(var ids) ->
                header(Rt.RTM_NEWNEXTHOP, flags, () -> "add nexthop " + id + " group " + ids, Rt.AF_UNSPEC, protocol, 0)
                        .attributeU32(Rt.NHA_ID, id)
                        .attribute(Rt.NHA_GROUP, group(ids));
        };
    }

    /// Deletes the object of this id, and with it every route that still uses it.
    public static Request delete(int id) {
        return header(Rt.RTM_DELNEXTHOP, Nl.NLM_F_ACK, () -> "delete nexthop " + id, Rt.AF_UNSPEC, 0, 0)
                .attributeU32(Rt.NHA_ID, id);
    }

    private static Request header(
            int type, int flags, Supplier<String> what, int family, int protocol, int nexthopFlags) {
        return Request.of(type, flags, what).u8(family).u8(0).u8(protocol).u8(0).u32(nexthopFlags);
    }

    private static byte[] group(List<Integer> ids) {
        var entries = java.nio.ByteBuffer.allocate(8 * ids.size()).order(java.nio.ByteOrder.nativeOrder());
        ids.forEach(member -> entries.putInt(member).putInt(0));
        return entries.array();
    }

    /// The object in an RTM_NEWNEXTHOP or RTM_DELNEXTHOP message; null if it is of a kind that we never make.
    public static @Nullable Nexthop parse(Message message) {
        if (message.payloadLength() < Rt.NHMSG_BYTES) {
            return null;
        }
        int id = 0;
        IpAddress gateway = null;
        InterfaceIndex link = null;
        Target target = null;
        Attributes attributes = message.attributes(Rt.NHMSG_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Rt.NHA_ID -> id = attributes.u32();
                case Rt.NHA_GATEWAY -> gateway = attributes.address();
                case Rt.NHA_OIF -> link = new InterfaceIndex(attributes.u32());
                case Rt.NHA_BLACKHOLE -> target = new Target.Blackhole(message.u8(0));
                case Rt.NHA_GROUP -> target = parseGroup(attributes.bytes());
                default -> {}
            }
        }
        if (gateway != null && link != null) {
            target = new Target.Gateway(gateway, link, (message.u32(4) & Rt.RTNH_F_ONLINK) != 0);
        }
        return target == null ? null : new Nexthop(id, target, message.u8(2));
    }

    private static Target parseGroup(byte[] entries) {
        var buffer = java.nio.ByteBuffer.wrap(entries).order(java.nio.ByteOrder.nativeOrder());
        var ids = new java.util.ArrayList<Integer>();
        while (buffer.remaining() >= 8) {
            ids.add(buffer.getInt());
            buffer.getInt();
        }
        return new Target.Group(ids);
    }
}
