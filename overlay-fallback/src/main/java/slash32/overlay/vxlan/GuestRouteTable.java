package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import slash32.net.InterfaceIndex;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.netlink.route.Route;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.ChangeRequests;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// The host routes to guests in segments with a gateway: each leads to the bridge of its segment, whose tables have the
/// guest's MAC and port. Ours are those of protocol 132 that lead to a bridge of ours.
final class GuestRouteTable implements Table<Prefix, Vni> {
    /// That of host routes to routed guests: lower wins, and routes to other nodes have a higher one.
    private static final int PRIORITY = 64;

    private final NetlinkSocket rtnl;

    GuestRouteTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    @Override
    public String name() {
        return "segment_route";
    }

    /// True for a route that a host route of this table would replace, and that would replace one.
    static boolean isInPlace(Route route) {
        return route.priority() == PRIORITY && route.prefix().isHost();
    }

    /// True for a route that this table would make, if its link is a bridge of ours.
    static boolean isOurs(Route route) {
        return isInPlace(route)
                && route.protocol() == Rt.RTPROT_SLASH32
                && route.gateway() == null
                && route.nexthopId() == 0;
    }

    /// Asks for the routes of those bridges alone that are or were gateways: there may be a million to other nodes.
    @Override
    public Map<Prefix, Vni> owned() throws IOException {
        var found = new HashMap<Prefix, Vni>();
        for (Links.Seen seen : Links.read(rtnl).all()) {
            Vni vni = seen.segment();
            InterfaceIndex index = seen.link().index();
            if (vni != null && MacAddress.GATEWAY.equals(seen.link().mac())) {
                for (int family : new int[] {Rt.AF_INET, Rt.AF_INET6}) {
                    var some = new ArrayList<Prefix>();
                    rtnl.dump(Route.dump(family, Rt.RTPROT_SLASH32, index), some::clear, message -> {
                        Route route = Route.parse(message);
                        if (route != null && isOurs(route) && index.equals(route.link())) {
                            some.add(route.prefix());
                        }
                    });
                    some.forEach(prefix -> found.put(prefix, vni));
                }
            }
        }
        return found;
    }

    @Override
    public List<Failure<Prefix>> apply(List<Change<Prefix, Vni>> batch) throws IOException {
        var requests = new ChangeRequests<Prefix>();
        Links links = Links.read(rtnl);
        for (Change<Prefix, Vni> change : batch) {
            Prefix prefix = change.key();
            switch (change) {
                case Change.Put<Prefix, Vni>(Prefix _, Vni vni, var _) -> {
                    Links.Seen bridge = links.bridge(vni);
                    if (bridge == null) {
                        requests.fail(prefix, "no interface " + SegmentDevices.bridge(vni));
                    } else {
                        requests.put(prefix, route(prefix, bridge).replace());
                    }
                }
                case Change.Remove<Prefix, Vni>(Prefix _, Vni vni) -> {
                    Links.Seen bridge = links.bridge(vni);
                    if (bridge != null) {
                        requests.delete(prefix, route(prefix, bridge).delete());
                    }
                }
            }
        }
        return requests.execute(rtnl);
    }

    private static Route route(Prefix prefix, Links.Seen bridge) {
        return Route.onLink(prefix, PRIORITY, bridge.link().index(), null, 0);
    }
}
