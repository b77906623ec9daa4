package slash32.netlink.route;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// Where frames to a MAC go, stated and never aged (bridge(8) fdb): an entry of a bridge, that the MAC is behind
/// one of its ports, or of a VXLAN device, that it is behind a VTEP.
///
/// @param link the port, or the VXLAN device
/// @param mac {@link #FLOODED} at a VXLAN device for what is flooded, of which there may be one entry a VTEP
/// @param vtep of a VXLAN device's entry; null for a bridge's
/// @param through the one link by which packets to the VTEP leave; null for what the routes say
public record FdbEntry(
        InterfaceIndex link,
        MacAddress mac,
        @Nullable IpAddress vtep,
        @Nullable InterfaceIndex through) {
    public static final MacAddress FLOODED = new MacAddress(0);

    /// One whose packets the routes lead.
    public FdbEntry(InterfaceIndex link, MacAddress mac, @Nullable IpAddress vtep) {
        this(link, mac, vtep, null);
    }

    /// Asks for the entries of all bridges and VXLAN devices.
    public static Request dump() {
        return Request.of(Rt.RTM_GETNEIGH, Nl.NLM_F_DUMP, () -> "list fdb")
                .u8(Rt.AF_BRIDGE)
                .u8(0)
                .u16(0)
                .u32(0)
                .u16(0)
                .u8(0)
                .u8(0);
    }

    /// States the entry, instead of another one for its MAC; one of many for what is flooded.
    public Request put() {
        boolean appended = vtep != null && mac.equals(FLOODED);
        int flags = Nl.NLM_F_ACK | Nl.NLM_F_CREATE | (appended ? Nl.NLM_F_APPEND : Nl.NLM_F_REPLACE);
        return request(Rt.RTM_NEWNEIGH, flags, "add");
    }

    public Request delete() {
        return request(Rt.RTM_DELNEIGH, Nl.NLM_F_ACK, "delete");
    }

    private Request request(int type, int flags, String what) {
        int state = vtep == null ? Rt.NUD_NOARP : Rt.NUD_NOARP | Rt.NUD_PERMANENT;
        Request request = Request.of(type, flags, () -> what + " " + this)
                .u8(Rt.AF_BRIDGE)
                .u8(0)
                .u16(0)
                .u32(link.value())
                .u16(state)
                .u8(vtep == null ? Rt.NTF_MASTER : Rt.NTF_SELF)
                .u8(0)
                .attribute(Rt.NDA_LLADDR, mac.toArray());
        if (vtep != null) {
            request.attribute(Rt.NDA_DST, vtep);
        }
        return through == null ? request : request.attributeU32(Rt.NDA_IFINDEX, through.value());
    }

    /// The entry in an RTM_NEWNEIGH message; null if it is none that {@link #put} makes: a learned one, a device's own
    /// address.
    public static @Nullable FdbEntry parse(Message message) {
        if (message.payloadLength() < Rt.NDMSG_BYTES || message.u32(4) <= 0 || message.u8(0) != Rt.AF_BRIDGE) {
            return null;
        }
        MacAddress mac = null;
        IpAddress vtep = null;
        InterfaceIndex through = null;
        boolean ofBridge = false;
        Attributes attributes = message.attributes(Rt.NDMSG_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Rt.NDA_LLADDR -> mac = attributes.length() == 6 ? MacAddress.of(attributes.bytes(), 0) : null;
                case Rt.NDA_DST -> vtep = attributes.address();
                case Rt.NDA_IFINDEX -> through = new InterfaceIndex(attributes.u32());
                case Rt.NDA_MASTER -> ofBridge = true;
                default -> {}
            }
        }
        int state = message.u16(8);
        boolean stated = ofBridge ? state == Rt.NUD_NOARP : vtep != null && (state & Rt.NUD_PERMANENT) != 0;
        return mac == null || !stated
                ? null
                : new FdbEntry(
                        new InterfaceIndex(message.u32(4)), mac, ofBridge ? null : vtep, ofBridge ? null : through);
    }

    @Override
    public String toString() {
        return "fdb " + mac + (vtep == null ? "" : " dst " + vtep) + (through == null ? "" : " via " + through)
                + " dev " + link;
    }
}
