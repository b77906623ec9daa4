package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.Vni;
import slash32.netlink.route.BridgePort;
import slash32.netlink.route.Link;
import slash32.netlink.socket.ChangeRequests;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// Which guests' interfaces are in which segment's bridge. A guest sends from the MACs that are stated for it and
/// no other: its port is locked.
final class PortTable implements Table<InterfaceName, Vni> {
    private static final BridgePort GUEST = new BridgePort(false, true, false, true);
    private final NetlinkSocket rtnl;

    PortTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    @Override
    public String name() {
        return "segment_port";
    }

    /// A port without its lock is left out, so that it is stated again.
    @Override
    public Map<InterfaceName, Vni> owned() throws IOException {
        var found = new HashMap<InterfaceName, Vni>();
        Links links = Links.read(rtnl);
        for (Links.Seen seen : links.all()) {
            Vni vni = links.segmentOfPort(seen);
            if (vni != null
                    && !links.isVxlan(seen, vni)
                    && GUEST.equals(seen.port())
                    && seen.link().up()) {
                found.put(seen.link().name(), vni);
            }
        }
        return found;
    }

    @Override
    public List<Failure<InterfaceName>> apply(List<Change<InterfaceName, Vni>> batch) throws IOException {
        var requests = new ChangeRequests<InterfaceName>();
        Links links = Links.read(rtnl);
        for (Change<InterfaceName, Vni> change : batch) {
            Links.Seen device = links.find(change.key());
            switch (change) {
                case Change.Put<InterfaceName, Vni>(InterfaceName name, Vni vni, var _) -> {
                    Links.Seen bridge = links.bridge(vni);
                    if (device == null || bridge == null) {
                        requests.fail(name, "no interface " + (device == null ? name : SegmentDevices.bridge(vni)));
                    } else {
                        InterfaceIndex index = device.link().index();
                        requests.put(name, Link.join(index, bridge.link().index()));
                        requests.put(name, GUEST.set(index));
                        requests.put(name, Link.setUp(index, true));
                    }
                }
                case Change.Remove<InterfaceName, Vni>(InterfaceName name, Vni vni) -> {
                    if (device != null && vni.equals(links.segmentOfPort(device))) {
                        requests.delete(name, Link.leave(device.link().index()));
                    }
                }
            }
        }
        return requests.execute(rtnl);
    }
}
