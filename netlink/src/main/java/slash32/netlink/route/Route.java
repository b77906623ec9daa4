package slash32.netlink.route;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// A kernel route of the main table.
///
/// @param priority lower is preferred; with the prefix it is the route's key (RTA_PRIORITY)
/// @param protocol who installed it, {@link Rt#RTPROT_SLASH32} for us
/// @param type RTN_UNICAST or RTN_BLACKHOLE for those that we make
/// @param link where to; null when {@code nexthopId} says it
/// @param gateway the next hop; may be of the other family (RFC 8950, RTA_VIA); null for on-link or {@code nexthopId}
/// @param preferredSource what packets of this host itself come from; null to let the kernel choose
/// @param nexthopId a {@link Nexthop}; 0 for none
/// @param mtuBytes 0 for the link's
public record Route(
        Prefix prefix,
        int priority,
        int protocol,
        int type,
        @Nullable InterfaceIndex link,
        @Nullable IpAddress gateway,
        @Nullable IpAddress preferredSource,
        int nexthopId,
        int mtuBytes) {

    /// A route of ours to an address that is on {@code link}.
    public static Route onLink(
            Prefix prefix, int priority, InterfaceIndex link, @Nullable IpAddress preferredSource, int mtuBytes) {
        return new Route(prefix, priority, Rt.RTPROT_SLASH32, Rt.RTN_UNICAST, link, null, preferredSource, 0, mtuBytes);
    }

    /// A route of ours by a nexthop object.
    public static Route byNexthop(Prefix prefix, int priority, int nexthopId) {
        return new Route(prefix, priority, Rt.RTPROT_SLASH32, Rt.RTN_UNICAST, null, null, null, nexthopId, 0);
    }

    /// Asks for the main table's routes of one family and protocol.
    ///
    /// @param family AF_INET or AF_INET6
    /// @param protocol 0 for all
    public static Request dump(int family, int protocol) {
        return Request.of(Rt.RTM_GETROUTE, Nl.NLM_F_DUMP, () -> "list routes")
                .u8(family)
                .u8(0)
                .u8(0)
                .u8(0)
                .u8(Rt.RT_TABLE_MAIN)
                .u8(protocol)
                .u8(0)
                .u8(0)
                .u32(0)
                .attributeU32(Rt.RTA_TABLE, Rt.RT_TABLE_MAIN);
    }

    /// Asks for those of them that lead to one link.
    public static Request dump(int family, int protocol, InterfaceIndex link) {
        return dump(family, protocol).attributeU32(Rt.RTA_OIF, link.value());
    }

    /// Asks how packets to {@code destination} would leave.
    public static Request lookup(IpAddress destination) {
        return lookup(destination, 0);
    }

    /// Asks for the route that packets to {@code destination} take, as it was installed.
    public static Request match(IpAddress destination) {
        return lookup(destination, Rt.RTM_F_FIB_MATCH);
    }

    private static Request lookup(IpAddress destination, int flags) {
        return Request.of(Rt.RTM_GETROUTE, 0, () -> "get route to " + destination)
                .u8(Rt.family(destination))
                .u8(destination.bits())
                .u8(0)
                .u8(0)
                .u8(0)
                .u8(0)
                .u8(0)
                .u8(0)
                .u32(flags)
                .attribute(Rt.RTA_DST, destination);
    }

    /// Deletes the route of this prefix, priority and protocol, wherever it leads.
    public static Request remove(Prefix prefix, int priority, int protocol) {
        return Request.of(Rt.RTM_DELROUTE, Nl.NLM_F_ACK, () -> "delete route " + prefix + " metric " + priority)
                .u8(Rt.family(prefix.address()))
                .u8(prefix.length())
                .u8(0)
                .u8(0)
                .u8(Rt.RT_TABLE_MAIN)
                .u8(protocol)
                .u8(Rt.RT_SCOPE_NOWHERE)
                .u8(Rt.RTN_UNSPEC)
                .u32(0)
                .attribute(Rt.RTA_DST, prefix.address())
                .attributeU32(Rt.RTA_PRIORITY, priority);
    }

    /// Installs the route; EEXIST if there is one, of any protocol, with the same prefix and priority.
    public Request create() {
        return request(Rt.RTM_NEWROUTE, Nl.NLM_F_ACK | Nl.NLM_F_CREATE | Nl.NLM_F_EXCL, "add");
    }

    /// Installs the route, replacing one, of any protocol, with the same prefix and priority.
    public Request replace() {
        return request(Rt.RTM_NEWROUTE, Nl.NLM_F_ACK | Nl.NLM_F_CREATE | Nl.NLM_F_REPLACE, "add");
    }

    public Request delete() {
        return request(Rt.RTM_DELROUTE, Nl.NLM_F_ACK, "delete");
    }

    private Request request(int messageType, int flags, String verb) {
        boolean onLink = link != null && gateway == null && nexthopId == 0;
        Request request = Request.of(messageType, flags, () -> verb + " " + this)
                .u8(Rt.family(prefix.address()))
                .u8(prefix.length())
                .u8(0)
                .u8(0)
                .u8(Rt.RT_TABLE_MAIN)
                .u8(protocol)
                .u8(onLink && prefix.isIpv4() ? Rt.RT_SCOPE_LINK : Rt.RT_SCOPE_UNIVERSE)
                .u8(type)
                .u32(0)
                .attribute(Rt.RTA_DST, prefix.address())
                .attributeU32(Rt.RTA_PRIORITY, priority);
        if (nexthopId != 0) {
            request.attributeU32(Rt.RTA_NH_ID, nexthopId);
        }
        if (link != null) {
            request.attributeU32(Rt.RTA_OIF, link.value());
        }
        if (gateway != null && gateway.bits() == prefix.address().bits()) {
            request.attribute(Rt.RTA_GATEWAY, gateway);
        } else if (gateway != null) {
            request.attribute(Rt.RTA_VIA, via(gateway));
        }
        if (preferredSource != null) {
            request.attribute(Rt.RTA_PREFSRC, preferredSource);
        }
        if (mtuBytes != 0) {
            request.nested(Rt.RTA_METRICS, metrics -> metrics.attributeU32(Rt.RTAX_MTU, mtuBytes));
        }
        return request;
    }

    private static byte[] via(IpAddress gateway) {
        byte[] address = gateway.toArray();
        byte[] value = new byte[2 + address.length];
        value[0] = (byte) Rt.family(gateway); // sa_family_t in host order; both hosts that we run on are little-endian
        System.arraycopy(address, 0, value, 2, address.length);
        return value;
    }

    /// True if the route in the message leads to a nexthop object: cheaper than to parse it.
    public static boolean isByNexthop(Message message) {
        Attributes attributes = message.attributes(Rt.RTMSG_BYTES);
        while (attributes.next()) {
            if (attributes.type() == Rt.RTA_NH_ID) {
                return true;
            }
        }
        return false;
    }

    /// The route in an RTM_NEWROUTE or RTM_DELROUTE message; null if it is of another family or table.
    public static @Nullable Route parse(Message message) {
        if (message.payloadLength() < Rt.RTMSG_BYTES) {
            return null;
        }
        int family = message.u8(0);
        if (family != Rt.AF_INET && family != Rt.AF_INET6) {
            return null;
        }
        var parsed = new Parsed();
        Attributes attributes = message.attributes(Rt.RTMSG_BYTES);
        while (attributes.next()) {
            parsed.take(attributes);
        }
        int length = message.u8(1);
        IpAddress destination = parsed.destination == null ? unspecified(family) : parsed.destination;
        if (length > destination.bits() || parsed.table(message.u8(4)) != Rt.RT_TABLE_MAIN) {
            return null;
        }
        return new Route(
                Prefix.containing(destination, length),
                parsed.priority,
                message.u8(5),
                message.u8(7),
                parsed.link,
                parsed.gateway,
                parsed.preferredSource,
                parsed.nexthopId,
                parsed.mtuBytes);
    }

    private static IpAddress unspecified(int family) {
        return family == Rt.AF_INET ? IpAddress.of(new byte[4]) : IpAddress.of(new byte[16]);
    }

    private static final class Parsed {
        @Nullable
        IpAddress destination;

        @Nullable
        IpAddress gateway;

        @Nullable
        IpAddress preferredSource;

        @Nullable
        InterfaceIndex link;

        int priority;
        int table;
        int nexthopId;
        int mtuBytes;

        /// @param inHeader 8 bits, to which RTA_TABLE, where present, is preferred
        int table(int inHeader) {
            return table == 0 ? inHeader : table;
        }

        void take(Attributes attributes) {
            switch (attributes.type()) {
                case Rt.RTA_DST -> destination = attributes.address();
                case Rt.RTA_GATEWAY -> gateway = attributes.address();
                case Rt.RTA_VIA -> gateway = via(attributes.bytes());
                case Rt.RTA_PREFSRC -> preferredSource = attributes.address();
                case Rt.RTA_OIF -> link = new InterfaceIndex(attributes.u32());
                case Rt.RTA_PRIORITY -> priority = attributes.u32();
                case Rt.RTA_TABLE -> table = attributes.u32();
                case Rt.RTA_NH_ID -> nexthopId = attributes.u32();
                case Rt.RTA_METRICS -> mtuBytes = mtu(attributes.nested());
                default -> {}
            }
        }

        private static @Nullable IpAddress via(byte[] value) {
            return value.length == 6 || value.length == 18
                    ? IpAddress.of(java.util.Arrays.copyOfRange(value, 2, value.length))
                    : null;
        }

        private static int mtu(Attributes metrics) {
            while (metrics.next()) {
                if (metrics.type() == Rt.RTAX_MTU) {
                    return metrics.u32();
                }
            }
            return 0;
        }
    }

    /// As {@code ip route} would print it.
    @Override
    public String toString() {
        return "route " + prefix
                + (type == Rt.RTN_BLACKHOLE ? " blackhole" : "")
                + (gateway == null ? "" : " via " + gateway)
                + (link == null ? "" : " dev " + link)
                + (nexthopId == 0 ? "" : " nhid " + nexthopId)
                + (preferredSource == null ? "" : " src " + preferredSource)
                + " metric " + priority;
    }
}
