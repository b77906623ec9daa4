package slash32.agent;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import slash32.net.InterfaceIndex;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.overlay.evpn.GatewayAddress;
import slash32.overlay.evpn.Segment;
import slash32.overlay.vxlan.SegmentPlane;
import slash32.tap.GatewayLoop;
import slash32.tap.gateway.SegmentRouter;

/// The segments whose gateway has IPv6 and tells their guests here so, and the segment's MTU: each once its bridge has
/// the gateway. Of the segments' loop.
final class SegmentRouters {
    private final SegmentPlane plane;
    private final GatewayLoop gateway;
    private final Map<Vni, SegmentRouter.Terms> wanted = new HashMap<>();
    private final Map<Vni, InterfaceIndex> served = new HashMap<>();
    private boolean unsettled;

    SegmentRouters(SegmentPlane plane, GatewayLoop gateway) {
        this.plane = plane;
        this.gateway = gateway;
    }

    void put(Segment segment) {
        List<Prefix> prefixes = segment.gateway().addresses().stream()
                .map(GatewayAddress::prefix)
                .filter(prefix -> !prefix.isIpv4())
                .toList();
        if (prefixes.isEmpty()) {
            remove(segment.vni());
        } else {
            wanted.put(segment.vni(), new SegmentRouter.Terms(segment.mtuBytes(), prefixes));
            unsettled = true;
        }
    }

    void remove(Vni vni) {
        wanted.remove(vni);
        InterfaceIndex bridge = served.remove(vni);
        if (bridge != null) {
            gateway.stopSegment(bridge);
        }
    }

    /// Something changed for bridges.
    void reconsider() {
        unsettled = !wanted.isEmpty();
    }

    /// Serves those that are in force, and no others.
    void settle() {
        if (!unsettled) {
            return;
        }
        unsettled = false;
        wanted.forEach((vni, terms) -> {
            InterfaceIndex bridge = plane.gatewayLink(vni);
            InterfaceIndex before = bridge == null ? served.remove(vni) : served.put(vni, bridge);
            if (before != null && !before.equals(bridge)) {
                gateway.stopSegment(before);
            }
            if (bridge == null) {
                unsettled = true;
            } else {
                gateway.serve(bridge, terms);
            }
        });
    }
}
