package slash32.netlink.route;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// A network interface as the kernel reports it.
///
/// @param up administratively
/// @param carrier something is at the other end (IFF_LOWER_UP)
/// @param mac null for a link without one of six octets
/// @param alias free text of its owner (IFLA_IFALIAS); empty if none
/// @param kind such as "tun", "veth", "bridge"; empty for a device without a link type
/// @param master the bridge it is a port of
public record Link(
        InterfaceIndex index,
        InterfaceName name,
        boolean up,
        boolean carrier,
        @Nullable MacAddress mac,
        int mtuBytes,
        int txQueueLength,
        String alias,
        String kind,
        @Nullable InterfaceIndex master) {
    private static final int IFF_UP = 0x1;
    private static final int IFF_LOWER_UP = 0x10000;

    /// Of {@code rp_filter}: the source has a route.
    private static final int LOOSE = 2;

    /// Asks for every link.
    public static Request dump() {
        return header(Rt.RTM_GETLINK, Nl.NLM_F_DUMP, () -> "list links", 0, 0, 0);
    }

    /// Asks for the link of this name; ENODEV if there is none.
    public static Request get(InterfaceName name) {
        return header(Rt.RTM_GETLINK, 0, () -> "get link " + name, 0, 0, 0).attribute(Rt.IFLA_IFNAME, name.value());
    }

    /// Asks for the link of this index; ENODEV if there is none.
    public static Request get(InterfaceIndex index) {
        return header(Rt.RTM_GETLINK, 0, () -> "get link " + index, index.value(), 0, 0);
    }

    /// Deletes the link.
    public static Request delete(InterfaceIndex index) {
        return header(Rt.RTM_DELLINK, Nl.NLM_F_ACK, () -> "delete link " + index, index.value(), 0, 0);
    }

    /// Deletes every link of a group; ENODEV if there is none.
    ///
    /// @param group not 0, which is everybody's
    public static Request deleteGroup(int group) {
        return header(Rt.RTM_DELLINK, Nl.NLM_F_ACK, () -> "delete links of group " + group, 0, 0, 0)
                .attributeU32(Rt.IFLA_GROUP, group);
    }

    /// Makes the link one of a group.
    public static Request setGroup(InterfaceIndex index, int group) {
        return change(index, "group " + group).attributeU32(Rt.IFLA_GROUP, group);
    }

    /// Brings the link up or down.
    public static Request setUp(InterfaceIndex index, boolean up) {
        return header(
                Rt.RTM_NEWLINK,
                Nl.NLM_F_ACK,
                () -> "set link " + index + (up ? " up" : " down"),
                index.value(),
                up ? IFF_UP : 0,
                IFF_UP);
    }

    /// Changes MAC, MTU, transmit queue length and alias of a link, and keeps the kernel from making an IPv6 link-local
    /// address of its own for it.
    ///
    /// @param mac null to leave it: the kernel drops every neighbour of the link when it is stated, changed or not
    /// @param alias empty to remove it
    public static Request configure(
            InterfaceIndex index, @Nullable MacAddress mac, int mtuBytes, int txQueueLength, String alias) {
        var request = change(index, (mac == null ? "" : "mac " + mac + " ") + "mtu " + mtuBytes);
        if (mac != null) {
            request = request.attribute(Rt.IFLA_ADDRESS, mac.toArray());
        }
        return withoutLinkLocal(request.attributeU32(Rt.IFLA_MTU, mtuBytes)
                .attributeU32(Rt.IFLA_TXQLEN, txQueueLength)
                .attribute(Rt.IFLA_IFALIAS, alias.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    /// Makes the link a port of a bridge.
    public static Request join(InterfaceIndex index, InterfaceIndex bridge) {
        return change(index, "master " + bridge).attributeU32(Rt.IFLA_MASTER, bridge.value());
    }

    /// Takes the link out of its bridge.
    public static Request leave(InterfaceIndex index) {
        return change(index, "nomaster").attributeU32(Rt.IFLA_MASTER, 0);
    }

    /// Changes the MAC alone; the kernel drops every neighbour of the link.
    public static Request setMac(InterfaceIndex index, MacAddress mac) {
        return change(index, "mac " + mac).attribute(Rt.IFLA_ADDRESS, mac.toArray());
    }

    /// Changes the MTU alone.
    public static Request setMtu(InterfaceIndex index, int mtuBytes) {
        return change(index, "mtu " + mtuBytes).attributeU32(Rt.IFLA_MTU, mtuBytes);
    }

    /// Makes a bridge without spanning tree, and leaves it down; multicast goes to all its ports.
    public static Request createBridge(InterfaceName name, int mtuBytes) {
        return create(name, mtuBytes)
                .nested(
                        Rt.IFLA_LINKINFO,
                        info -> info.attribute(Rt.IFLA_INFO_KIND, "bridge")
                                .nested(
                                        Rt.IFLA_INFO_DATA,
                                        bridge -> bridge.attributeU32(Rt.IFLA_BR_STP_STATE, 0)
                                                .attributeU8(Rt.IFLA_BR_MCAST_SNOOPING, 0)));
    }

    /// Makes a VXLAN device that learns nothing, and leaves it down.
    public static Request createVxlan(InterfaceName name, VxlanTerms terms, int mtuBytes) {
        return create(name, mtuBytes).nested(Rt.IFLA_LINKINFO, terms::write);
    }

    /// Makes an XFRM interface, and leaves it down: what goes into it goes through the IPsec policies of its id, or
    /// nowhere.
    public static Request createXfrm(InterfaceName name, int interfaceId, int mtuBytes) {
        return create(name, mtuBytes)
                .nested(
                        Rt.IFLA_LINKINFO,
                        info -> info.attribute(Rt.IFLA_INFO_KIND, "xfrm")
                                .nested(Rt.IFLA_INFO_DATA, xfrm -> xfrm.attributeU32(Rt.IFLA_XFRM_IF_ID, interfaceId)));
    }

    /// Makes a GRE device, and leaves it down; one that is there by this name and kind becomes like that.
    public static Request putGre(InterfaceName name, GreTerms terms, int mtuBytes) {
        return create(name, mtuBytes, Nl.NLM_F_ACK | Nl.NLM_F_CREATE).nested(Rt.IFLA_LINKINFO, terms::write);
    }

    private static Request create(InterfaceName name, int mtuBytes) {
        return create(name, mtuBytes, Nl.NLM_F_ACK | Nl.NLM_F_CREATE | Nl.NLM_F_EXCL);
    }

    private static Request create(InterfaceName name, int mtuBytes, int flags) {
        return header(Rt.RTM_NEWLINK, flags, () -> "add link " + name, 0, 0, 0)
                .attribute(Rt.IFLA_IFNAME, name.value())
                .attributeU32(Rt.IFLA_MTU, mtuBytes);
    }

    /// Keeps the kernel from making an IPv6 link-local address of its own for the link, once it is up.
    public static Request withoutLinkLocal(InterfaceIndex index) {
        return withoutLinkLocal(change(index, "addrgenmode none"));
    }

    private static Request withoutLinkLocal(Request request) {
        return request.nested(
                Rt.IFLA_AF_SPEC,
                families -> families.nested(
                        Rt.AF_INET6,
                        inet6 -> inet6.attributeU8(Rt.IFLA_INET6_ADDR_GEN_MODE, Rt.IN6_ADDR_GEN_MODE_NONE)));
    }

    /// Takes IPv4 packets from every source that there is a route to, by whatever interface: {@code rp_filter} is 2
    /// then, which is in force whatever that of all interfaces is.
    public static Request takeFromAnywhere(InterfaceIndex index) {
        return change(index, "rp_filter 2")
                .nested(
                        Rt.IFLA_AF_SPEC,
                        families -> families.nested(
                                Rt.AF_INET,
                                inet -> inet.nested(
                                        Rt.IFLA_INET_CONF,
                                        conf -> conf.attributeU32(Rt.IPV4_DEVCONF_RP_FILTER, LOOSE))));
    }

    /// Changes the alias alone.
    ///
    /// @param alias empty to remove it
    public static Request setAlias(InterfaceIndex index, String alias) {
        return change(index, "alias '" + alias + "'")
                .attribute(Rt.IFLA_IFALIAS, alias.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static Request change(InterfaceIndex index, String what) {
        return header(Rt.RTM_NEWLINK, Nl.NLM_F_ACK, () -> "set link " + index + " " + what, index.value(), 0, 0);
    }

    private static Request header(
            int type, int flags, Supplier<String> description, int index, int linkFlags, int changeMask) {
        return Request.of(type, flags, description)
                .u8(Rt.AF_UNSPEC)
                .u8(0)
                .u16(0)
                .u32(index)
                .u32(linkFlags)
                .u32(changeMask);
    }

    /// The link in an RTM_NEWLINK or RTM_DELLINK message; null if it has no name that we could use.
    public static @Nullable Link parse(Message message) {
        if (message.payloadLength() < Rt.IFINFOMSG_BYTES || message.u32(4) <= 0) {
            return null;
        }
        InterfaceName name = null;
        MacAddress mac = null;
        int mtuBytes = 0;
        int txQueueLength = 0;
        String alias = "";
        String kind = "";
        InterfaceIndex master = null;
        Attributes attributes = message.attributes(Rt.IFINFOMSG_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Rt.IFLA_IFNAME -> name = name(attributes.string());
                case Rt.IFLA_ADDRESS -> mac = attributes.length() == 6 ? MacAddress.of(attributes.bytes(), 0) : null;
                case Rt.IFLA_MTU -> mtuBytes = attributes.u32();
                case Rt.IFLA_TXQLEN -> txQueueLength = attributes.u32();
                case Rt.IFLA_IFALIAS -> alias = attributes.string();
                case Rt.IFLA_MASTER -> master = new InterfaceIndex(attributes.u32());
                case Rt.IFLA_LINKINFO -> kind = kind(attributes.nested());
                default -> {}
            }
        }
        if (name == null) {
            return null;
        }
        int flags = message.u32(8);
        boolean carrier = (flags & IFF_LOWER_UP) != 0;
        return new Link(
                new InterfaceIndex(message.u32(4)),
                name,
                (flags & IFF_UP) != 0,
                carrier,
                mac,
                mtuBytes,
                txQueueLength,
                alias,
                kind,
                master);
    }

    static @Nullable InterfaceName name(String text) {
        try {
            return new InterfaceName(text);
        } catch (IllegalArgumentException e) {
            return null; // the kernel allows a few names that nft would take for patterns; they are never ours
        }
    }

    private static String kind(Attributes info) {
        while (info.next()) {
            if (info.type() == Rt.IFLA_INFO_KIND) {
                return info.string();
            }
        }
        return "";
    }
}
