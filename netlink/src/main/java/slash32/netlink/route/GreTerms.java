package slash32.netlink.route;

import slash32.net.InterfaceIndex;
import slash32.net.Ipv4Address;
import slash32.netlink.message.Request;

/// What a GRE device is made for: packets of both families between two nodes (RFC 2784), without key, checksum or
/// sequence numbers. Its packets are not fragmented on their way.
///
/// @param link by which they leave, whatever the routes say; where it is gone, none leaves
public record GreTerms(Ipv4Address local, Ipv4Address remote, InterfaceIndex link) {
    private static final String KIND = "gre";
    private static final int TTL = 64;

    void write(Request info) {
        info.attribute(Rt.IFLA_INFO_KIND, KIND)
                .nested(
                        Rt.IFLA_INFO_DATA,
                        gre -> gre.attributeU32(Rt.IFLA_GRE_LINK, link.value())
                                .attribute(Rt.IFLA_GRE_LOCAL, local)
                                .attribute(Rt.IFLA_GRE_REMOTE, remote)
                                .attributeU8(Rt.IFLA_GRE_TTL, TTL)
                                .attributeU8(Rt.IFLA_GRE_PMTUDISC, 1));
    }
}
