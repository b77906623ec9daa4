package slash32.netlink.route;

import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// A pair of interfaces, each of which receives what the other sends (veth(4)).
public final class Veth {
    private Veth() {}

    /// Makes a pair with one end here and the other, at once, in another network namespace; EEXIST if either name is
    /// taken.
    ///
    /// @param namespaceDescriptor open on the other end's namespace
    public static Request create(
            InterfaceName here, InterfaceName there, MacAddress macThere, int mtuBytes, int namespaceDescriptor) {
        return Request.of(
                        Rt.RTM_NEWLINK,
                        Nl.NLM_F_ACK | Nl.NLM_F_CREATE | Nl.NLM_F_EXCL,
                        () -> "add veth " + here + " with " + there + " in another namespace")
                .u8(Rt.AF_UNSPEC)
                .u8(0)
                .u16(0)
                .u32(0)
                .u32(0)
                .u32(0)
                .attribute(Rt.IFLA_IFNAME, here.value())
                .attributeU32(Rt.IFLA_MTU, mtuBytes)
                .nested(
                        Rt.IFLA_LINKINFO,
                        info -> info.attribute(Rt.IFLA_INFO_KIND, "veth")
                                .nested(
                                        Rt.IFLA_INFO_DATA,
                                        data -> data.nested(
                                                Rt.VETH_INFO_PEER,
                                                peer -> peer.u8(Rt.AF_UNSPEC)
                                                        .u8(0)
                                                        .u16(0)
                                                        .u32(0)
                                                        .u32(0)
                                                        .u32(0)
                                                        .attribute(Rt.IFLA_IFNAME, there.value())
                                                        .attribute(Rt.IFLA_ADDRESS, macThere.toArray())
                                                        .attributeU32(Rt.IFLA_MTU, mtuBytes)
                                                        .attributeU32(Rt.IFLA_NET_NS_FD, namespaceDescriptor))));
    }
}
