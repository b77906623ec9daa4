package slash32.netlink.route;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// Which packets look for their route in which table (ip-rule(8)).
///
/// @param family AF_INET or AF_INET6
/// @param priority rules are tried from the lowest
/// @param table its number, 1 to 4294967295 as unsigned
/// @param protocol who installed it
/// @param from sources; null for any
/// @param to destinations; null for any
/// @param incoming the interface that packets came in by; null for any
public record RoutingRule(
        int family,
        int priority,
        int table,
        int protocol,
        @Nullable Prefix from,
        @Nullable Prefix to,
        @Nullable InterfaceName incoming) {

    /// Asks for the rules of one family.
    ///
    /// @param family AF_INET or AF_INET6
    public static Request dump(int family) {
        return header(Rt.RTM_GETRULE, Nl.NLM_F_DUMP, "list rules", family, 0, 0, 0, 0);
    }

    /// Installs the rule; EEXIST if it is there.
    public Request create() {
        return request(Rt.RTM_NEWRULE, Nl.NLM_F_ACK | Nl.NLM_F_CREATE | Nl.NLM_F_EXCL, "add");
    }

    public Request delete() {
        return request(Rt.RTM_DELRULE, Nl.NLM_F_ACK, "delete");
    }

    private Request request(int type, int flags, String verb) {
        boolean isShort = table > 0 && table < 256;
        Request request = header(
                type,
                flags,
                verb + " " + this,
                family,
                to == null ? 0 : to.length(),
                from == null ? 0 : from.length(),
                isShort ? table : Rt.RT_TABLE_UNSPEC,
                Rt.FR_ACT_TO_TBL);
        if (from != null) {
            request.attribute(Rt.FRA_SRC, from.address());
        }
        if (to != null) {
            request.attribute(Rt.FRA_DST, to.address());
        }
        if (incoming != null) {
            request.attribute(Rt.FRA_IIFNAME, incoming.value());
        }
        if (!isShort) {
            request.attributeU32(Rt.FRA_TABLE, table);
        }
        return request.attributeU32(Rt.FRA_PRIORITY, priority).attributeU8(Rt.FRA_PROTOCOL, protocol);
    }

    private static Request header(
            int type, int flags, String what, int family, int toLength, int fromLength, int table, int action) {
        return Request.of(type, flags, () -> what)
                .u8(family)
                .u8(toLength)
                .u8(fromLength)
                .u8(0)
                .u8(table)
                .u8(0)
                .u8(0)
                .u8(action)
                .u32(0);
    }

    /// The rule in an RTM_NEWRULE or RTM_DELRULE message; null if it does anything else than name a table.
    public static @Nullable RoutingRule parse(Message message) {
        if (message.payloadLength() < Rt.RTMSG_BYTES || message.u8(7) != Rt.FR_ACT_TO_TBL) {
            return null;
        }
        int priority = 0;
        int table = message.u8(4);
        int protocol = 0;
        IpAddress from = null;
        IpAddress to = null;
        InterfaceName incoming = null;
        Attributes attributes = message.attributes(Rt.RTMSG_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Rt.FRA_SRC -> from = attributes.address();
                case Rt.FRA_DST -> to = attributes.address();
                case Rt.FRA_IIFNAME -> incoming = Link.name(attributes.string());
                case Rt.FRA_PRIORITY -> priority = attributes.u32();
                case Rt.FRA_TABLE -> table = attributes.u32();
                case Rt.FRA_PROTOCOL -> protocol = attributes.u8();
                default -> {}
            }
        }
        return new RoutingRule(
                message.u8(0),
                priority,
                table,
                protocol,
                prefix(from, message.u8(2)),
                prefix(to, message.u8(1)),
                incoming);
    }

    private static @Nullable Prefix prefix(@Nullable IpAddress address, int length) {
        return address == null || length > address.bits() ? null : Prefix.containing(address, length);
    }
}
