package slash32.netlink.route;

import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Vni;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Request;

/// What a VXLAN device is made for. Its packets are not fragmented on their way (RFC 7348 §4.3): where a guest's packet
/// is too large for the route, the kernel tells the guest. Their UDP checksum is zero, as RFC 7348 §5 has it: what is
/// inside has checksums of its own, and network devices get that one wrong (docs/adr/0043).
///
/// @param local the source of its packets
/// @param port UDP, where packets go to and come from
public record VxlanTerms(Vni vni, Ipv4Address local, int port) {
    private static final String KIND = "vxlan";

    void write(Request info) {
        info.attribute(Rt.IFLA_INFO_KIND, KIND)
                .nested(
                        Rt.IFLA_INFO_DATA,
                        vxlan -> vxlan.attributeU32(Rt.IFLA_VXLAN_ID, vni.value())
                                .attribute(Rt.IFLA_VXLAN_LOCAL, local)
                                .attributeU8(Rt.IFLA_VXLAN_LEARNING, 0)
                                .attributeU8(Rt.IFLA_VXLAN_DF, Rt.VXLAN_DF_SET)
                                .attributeU8(Rt.IFLA_VXLAN_UDP_CSUM, 0)
                                .attributeU8(Rt.IFLA_VXLAN_UDP_ZERO_CSUM6_TX, 0)
                                .attributeU8(Rt.IFLA_VXLAN_UDP_ZERO_CSUM6_RX, 0)
                                .attribute(Rt.IFLA_VXLAN_PORT, new byte[] {(byte) (port >>> 8), (byte) port}));
    }

    /// Of the link in an RTM_NEWLINK message; null if it is none that {@link Link#createVxlan} makes.
    public static @Nullable VxlanTerms parse(Message message) {
        Attributes attributes = message.attributes(Rt.IFINFOMSG_BYTES);
        while (attributes.next()) {
            if (attributes.type() == Rt.IFLA_LINKINFO) {
                return info(attributes.nested());
            }
        }
        return null;
    }

    private static @Nullable VxlanTerms info(Attributes info) {
        String kind = "";
        VxlanTerms terms = null;
        while (info.next()) {
            switch (info.type()) {
                case Rt.IFLA_INFO_KIND -> kind = info.string();
                case Rt.IFLA_INFO_DATA -> terms = kind.equals(KIND) ? terms(info.nested()) : null;
                default -> {}
            }
        }
        return terms;
    }

    private static @Nullable VxlanTerms terms(Attributes data) {
        int vni = 0;
        IpAddress local = null;
        int port = 0;
        boolean learns = true;
        boolean fragmented = true;
        while (data.next()) {
            switch (data.type()) {
                case Rt.IFLA_VXLAN_ID -> vni = data.u32();
                case Rt.IFLA_VXLAN_LOCAL -> local = data.address();
                case Rt.IFLA_VXLAN_LEARNING -> learns = data.u8() != 0;
                case Rt.IFLA_VXLAN_DF -> fragmented = data.u8() != Rt.VXLAN_DF_SET;
                case Rt.IFLA_VXLAN_PORT -> {
                    byte[] octets = data.bytes();
                    port = (octets[0] & 0xff) << 8 | (octets[1] & 0xff);
                }
                default -> {}
            }
        }
        return learns || fragmented || vni == 0 || !(local instanceof Ipv4Address from)
                ? null
                : new VxlanTerms(new Vni(vni), from, port);
    }
}
