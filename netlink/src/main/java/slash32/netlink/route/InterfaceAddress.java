package slash32.netlink.route;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// An address of this host on a link.
///
/// @param prefixLength of the on-link prefix that comes with it
public record InterfaceAddress(InterfaceIndex link, IpAddress address, int prefixLength) {

    /// Asks for every address of every link.
    public static Request dump() {
        return dump(0, "list addresses");
    }

    /// Asks for every address of {@code link}.
    public static Request dump(InterfaceIndex link) {
        return dump(link.value(), "list addresses dev " + link);
    }

    private static Request dump(int link, String what) {
        return Request.of(Rt.RTM_GETADDR, Nl.NLM_F_DUMP, () -> what)
                .u8(Rt.AF_UNSPEC)
                .u8(0)
                .u8(0)
                .u8(0)
                .u32(link);
    }

    /// Adds the address, without duplicate address detection; one that is there already is kept.
    public Request put() {
        return request(Rt.RTM_NEWADDR, Nl.NLM_F_ACK | Nl.NLM_F_CREATE | Nl.NLM_F_REPLACE, "add address ")
                .attributeU32(Rt.IFA_FLAGS, Rt.IFA_F_NODAD);
    }

    public Request delete() {
        return request(Rt.RTM_DELADDR, Nl.NLM_F_ACK, "delete address ");
    }

    private Request request(int type, int flags, String verb) {
        return Request.of(type, flags, () -> verb + address + "/" + prefixLength + " dev " + link)
                .u8(Rt.family(address))
                .u8(prefixLength)
                .u8(0)
                .u8(address.isLinkLocal() ? Rt.RT_SCOPE_LINK : Rt.RT_SCOPE_UNIVERSE)
                .u32(link.value())
                .attribute(Rt.IFA_LOCAL, address)
                .attribute(Rt.IFA_ADDRESS, address);
    }

    /// The address in an RTM_NEWADDR or RTM_DELADDR message; null if it is of another family.
    public static @Nullable InterfaceAddress parse(Message message) {
        if (message.payloadLength() < Rt.IFADDRMSG_BYTES || message.u32(4) <= 0) {
            return null;
        }
        IpAddress address = null;
        IpAddress local = null;
        Attributes attributes = message.attributes(Rt.IFADDRMSG_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Rt.IFA_ADDRESS -> address = attributes.address();
                case Rt.IFA_LOCAL -> local = attributes.address();
                default -> {}
            }
        }
        IpAddress own = local == null ? address : local;
        return own == null ? null : new InterfaceAddress(new InterfaceIndex(message.u32(4)), own, message.u8(1));
    }
}
