package slash32.overlay.vxlan;

import slash32.net.InterfaceName;
import slash32.net.Ipv4Address;
import slash32.net.Vni;
import slash32.netlink.route.Rt;

/// A segment's bridge and VXLAN device.
///
/// @param local the source of encapsulated packets
/// @param port UDP, where they go to and come from
record SegmentDevices(Ipv4Address local, int port, int mtuBytes) {
    static InterfaceName bridge(Vni vni) {
        return new InterfaceName(Rt.SEGMENT_BRIDGE + vni);
    }

    static InterfaceName vxlan(Vni vni) {
        return new InterfaceName("v32-" + vni);
    }

    /// What both carry as their alias.
    static String mark(Vni vni) {
        return Rt.SEGMENT_ALIAS + vni; // not "slash32:", which marks endpoints
    }
}
