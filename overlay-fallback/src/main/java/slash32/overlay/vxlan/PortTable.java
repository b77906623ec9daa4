package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.ArrayList;
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
/// no other: its port is locked. The host says nothing of its own there. A port that nobody stated is taken out.
final class PortTable implements Table<InterfaceName, PortTable.Membership> {
    private static final BridgePort GUEST = new BridgePort(false, true, false, true);
    private final NetlinkSocket rtnl;

    /// An interface is in this segment.
    ///
    /// @param whole it is up, locked and the guest's alone, as is always desired
    record Membership(Vni vni, boolean whole) {
        Membership(Vni vni) {
            this(vni, true);
        }
    }

    PortTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    @Override
    public String name() {
        return "segment_port";
    }

    @Override
    public Map<InterfaceName, Membership> owned() throws IOException {
        var found = new HashMap<InterfaceName, Membership>();
        Links links = Links.read(rtnl);
        for (Links.Seen seen : links.all()) {
            Vni vni = links.segmentOfPort(seen);
            if (vni != null && !links.isVxlan(seen, vni)) {
                InterfaceName name = seen.link().name();
                boolean whole = GUEST.equals(seen.port()) && seen.link().up() && HostIpv6.isOff(name);
                found.put(name, new Membership(vni, whole));
            }
        }
        return found;
    }

    @Override
    public List<Failure<InterfaceName>> apply(List<Change<InterfaceName, Membership>> batch) throws IOException {
        var requests = new ChangeRequests<InterfaceName>();
        var left = new ArrayList<InterfaceName>();
        Links links = Links.read(rtnl);
        for (Change<InterfaceName, Membership> change : batch) {
            Links.Seen device = links.find(change.key());
            switch (change) {
                case Change.Put<InterfaceName, Membership>(InterfaceName name, Membership wanted, var _) -> {
                    Links.Seen bridge = links.bridge(wanted.vni());
                    if (device == null || bridge == null) {
                        requests.fail(
                                name, "no interface " + (device == null ? name : SegmentDevices.bridge(wanted.vni())));
                    } else {
                        put(device.link(), bridge.link().index(), requests);
                    }
                }
                case Change.Remove<InterfaceName, Membership>(InterfaceName name, Membership present) -> {
                    if (device != null && present.vni().equals(links.segmentOfPort(device))) {
                        requests.delete(name, Link.leave(device.link().index()));
                        left.add(name);
                    }
                }
            }
        }
        List<Failure<InterfaceName>> failures = requests.execute(rtnl);
        for (InterfaceName name : left) {
            HostIpv6.asUsual(name);
        }
        return failures;
    }

    private static void put(Link device, InterfaceIndex bridge, ChangeRequests<InterfaceName> requests) {
        InterfaceName name = device.name();
        try {
            HostIpv6.off(name);
        } catch (IOException e) {
            requests.fail(name, String.valueOf(e.getMessage()));
            return;
        }
        requests.put(name, Link.join(device.index(), bridge));
        requests.put(name, GUEST.set(device.index()));
        requests.put(name, Link.setUp(device.index(), true));
    }
}
