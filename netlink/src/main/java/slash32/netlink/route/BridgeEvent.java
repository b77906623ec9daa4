package slash32.netlink.route;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.MacAddress;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;

/// Something that the kernel reports of bridges and VXLAN devices, in the link and neighbour groups of NETLINK_ROUTE.
/// Who
/// did it is not said.
public sealed interface BridgeEvent {
    /// What a bridge does at a port is another, or the link is no port any more.
    record PortChanged(InterfaceIndex port) implements BridgeEvent {}

    /// An entry came, is another, or went.
    ///
    /// @param ofBridge of a bridge, that the MAC is behind {@code link}; else of {@code link}, a VXLAN device
    /// @param there false if it went
    /// @param entry null if it is none that {@link FdbEntry#put} makes
    record EntryChanged(
            InterfaceIndex link,
            MacAddress mac,
            boolean ofBridge,
            boolean there,
            @Nullable FdbEntry entry) implements BridgeEvent {}

    /// The event in {@code message}; null for one of another kind.
    static @Nullable BridgeEvent parse(Message message) {
        return switch (message.type()) {
            case Rt.RTM_NEWLINK, Rt.RTM_DELLINK -> isOfBridge(message) ? port(message) : null;
            case Rt.RTM_NEWNEIGH -> entry(message, true);
            case Rt.RTM_DELNEIGH -> entry(message, false);
            default -> null;
        };
    }

    /// True for what a bridge says of one of its ports: it is not the link that changed.
    static boolean isOfBridge(Message message) {
        return message.payloadLength() >= Rt.IFINFOMSG_BYTES && message.u8(0) == Rt.AF_BRIDGE;
    }

    private static @Nullable BridgeEvent port(Message message) {
        return message.u32(4) > 0 ? new PortChanged(new InterfaceIndex(message.u32(4))) : null;
    }

    private static @Nullable BridgeEvent entry(Message message, boolean there) {
        if (message.payloadLength() < Rt.NDMSG_BYTES || message.u32(4) <= 0 || message.u8(0) != Rt.AF_BRIDGE) {
            return null;
        }
        MacAddress mac = null;
        boolean ofBridge = false;
        Attributes attributes = message.attributes(Rt.NDMSG_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Rt.NDA_LLADDR -> mac = attributes.length() == 6 ? MacAddress.of(attributes.bytes(), 0) : null;
                case Rt.NDA_MASTER -> ofBridge = true;
                default -> {}
            }
        }
        return mac == null
                ? null
                : new EntryChanged(new InterfaceIndex(message.u32(4)), mac, ofBridge, there, FdbEntry.parse(message));
    }
}
