package slash32.netlink.route;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// What a bridge does at one of its ports (bridge(8)).
///
/// @param learning MACs are taken from frames that come in
/// @param locked frames come in from stated MACs only
/// @param suppressing questions for addresses (ARP, ND) are answered by the bridge and don't go out
/// @param flooding broadcast and multicast go out; a frame to a MAC that nobody stated never does
public record BridgePort(boolean learning, boolean locked, boolean suppressing, boolean flooding) {
    private static final String KIND = "bridge";

    /// States all this of a port.
    public Request set(InterfaceIndex port) {
        return Request.of(Rt.RTM_NEWLINK, Nl.NLM_F_ACK, () -> "set bridge port " + port + " " + this)
                .u8(Rt.AF_UNSPEC)
                .u8(0)
                .u16(0)
                .u32(port.value())
                .u32(0)
                .u32(0)
                .nested(
                        Rt.IFLA_LINKINFO,
                        info -> info.attribute(Rt.IFLA_INFO_SLAVE_KIND, KIND)
                                .nested(Rt.IFLA_INFO_SLAVE_DATA, this::write));
    }

    private void write(Request port) {
        port.attributeU8(Rt.IFLA_BRPORT_LEARNING, bit(learning))
                .attributeU8(Rt.IFLA_BRPORT_UNICAST_FLOOD, 0)
                .attributeU8(Rt.IFLA_BRPORT_MCAST_FLOOD, bit(flooding))
                .attributeU8(Rt.IFLA_BRPORT_BCAST_FLOOD, bit(flooding))
                .attributeU8(Rt.IFLA_BRPORT_NEIGH_SUPPRESS, bit(suppressing))
                .attributeU8(Rt.IFLA_BRPORT_LOCKED, bit(locked));
    }

    private static int bit(boolean set) {
        return set ? 1 : 0;
    }

    /// Of the link in an RTM_NEWLINK message; null if it is no bridge's port, or one that {@link #set} does not make.
    public static @Nullable BridgePort parse(Message message) {
        Attributes attributes = message.attributes(Rt.IFINFOMSG_BYTES);
        while (attributes.next()) {
            if (attributes.type() == Rt.IFLA_LINKINFO) {
                Attributes info = attributes.nested();
                String kind = "";
                while (info.next()) {
                    switch (info.type()) {
                        case Rt.IFLA_INFO_SLAVE_KIND -> kind = info.string();
                        case Rt.IFLA_INFO_SLAVE_DATA -> {
                            return kind.equals(KIND) ? port(info.nested()) : null;
                        }
                        default -> {}
                    }
                }
            }
        }
        return null;
    }

    private static @Nullable BridgePort port(Attributes data) {
        boolean learning = false;
        boolean locked = false;
        boolean suppressing = false;
        boolean multicast = false;
        boolean broadcast = false;
        boolean unicast = false;
        while (data.next()) {
            switch (data.type()) {
                case Rt.IFLA_BRPORT_LEARNING -> learning = data.u8() != 0;
                case Rt.IFLA_BRPORT_LOCKED -> locked = data.u8() != 0;
                case Rt.IFLA_BRPORT_NEIGH_SUPPRESS -> suppressing = data.u8() != 0;
                case Rt.IFLA_BRPORT_MCAST_FLOOD -> multicast = data.u8() != 0;
                case Rt.IFLA_BRPORT_BCAST_FLOOD -> broadcast = data.u8() != 0;
                case Rt.IFLA_BRPORT_UNICAST_FLOOD -> unicast = data.u8() != 0;
                default -> {}
            }
        }
        return unicast || multicast != broadcast ? null : new BridgePort(learning, locked, suppressing, broadcast);
    }
}
