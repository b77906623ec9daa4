package slash32.tap;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import slash32.net.InterfaceIndex;
import slash32.net.Prefix;
import slash32.netlink.message.Message;
import slash32.netlink.route.Route;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// The host routes to the guests of this node. Ours are those of protocol 132 that lead to an interface directly:
/// remote routes have the same protocol and a nexthop object, and those to guests in segments lead to a segment's
/// bridge. Owned by one thread.
public final class HostRouteTable implements Table<Prefix, HostRoute> {
    private final NetlinkSocket rtnl;
    private final OwnRoutes routes;

    /// Where this table finds the routes of protocol 132 that have no nexthop object: whoever has the others, of which
    /// there may be a million, reads them in the same walk.
    public interface OwnRoutes {
        /// Hands out those of a family.
        ///
        /// @param restarted called before each further attempt, to forget what {@code each} was given
        void readBack(int family, Runnable restarted, Consumer<Message> each) throws IOException;
    }

    /// A table that reads for itself.
    ///
    /// @param rtnl of NETLINK_ROUTE
    public HostRouteTable(NetlinkSocket rtnl) {
        this(rtnl, (family, restarted, each) -> rtnl.dump(Route.dump(family, Rt.RTPROT_SLASH32), restarted, each));
    }

    /// @param rtnl of NETLINK_ROUTE
    public HostRouteTable(NetlinkSocket rtnl, OwnRoutes routes) {
        this.rtnl = rtnl;
        this.routes = routes;
    }

    @Override
    public String name() {
        return "host_route";
    }

    @Override
    public Map<Prefix, HostRoute> owned() throws IOException {
        var found = new HashMap<Prefix, HostRoute>();
        Map<InterfaceIndex, TapLink> links = new TapLinks(rtnl).byIndex();
        dump(Rt.AF_INET, links, found);
        dump(Rt.AF_INET6, links, found);
        return found;
    }

    private void dump(int family, Map<InterfaceIndex, TapLink> links, Map<Prefix, HostRoute> found) throws IOException {
        boolean ipv4 = family == Rt.AF_INET;
        routes.readBack(family, () -> found.keySet().removeIf(prefix -> prefix.isIpv4() == ipv4), message -> {
            if (Route.isByNexthop(message)) {
                return; // to another host
            }
            Route route = Route.parse(message);
            if (route == null || !isOurs(route)) {
                return;
            }
            TapLink link = links.get(route.link());
            if (link != null && !link.link().alias().startsWith(Rt.SEGMENT_ALIAS)) {
                HostRoute value = new HostRoute(link.link().name(), route.priority(), route.preferredSource());
                found.merge(route.prefix(), value, HostRouteTable::theStale);
            }
        });
    }

    /// Of two routes to one address the one to be replaced: it goes, and the other stays.
    private static HostRoute theStale(HostRoute one, HostRoute other) {
        return one.priority() == HostRoute.PRIORITY ? other : one;
    }

    /// True for a route of this table.
    static boolean isOurs(Route route) {
        return route.protocol() == Rt.RTPROT_SLASH32
                && route.type() == Rt.RTN_UNICAST
                && route.prefix().isHost()
                && route.link() != null
                && route.gateway() == null
                && route.nexthopId() == 0;
    }

    @Override
    public List<Failure<Prefix>> apply(List<Change<Prefix, HostRoute>> batch) throws IOException {
        var requests = new RequestBatch<Prefix>(rtnl);
        for (Change<Prefix, HostRoute> change : batch) {
            switch (change) {
                case Change.Put<Prefix, HostRoute>(Prefix prefix, HostRoute wanted, HostRoute replaced) -> {
                    InterfaceIndex link = requests.require(prefix, wanted.device());
                    if (link != null) {
                        requests.put(prefix, route(prefix, wanted, link).replace());
                    }
                    if (replaced != null && replaced.priority() != wanted.priority()) {
                        delete(requests, prefix, replaced);
                    }
                }
                case Change.Remove<Prefix, HostRoute>(Prefix prefix, HostRoute present) ->
                    delete(requests, prefix, present);
            }
        }
        return requests.execute();
    }

    private static void delete(RequestBatch<Prefix> requests, Prefix prefix, HostRoute present) throws IOException {
        TapLink device = requests.find(present.device());
        if (device != null) {
            requests.delete(
                    prefix, route(prefix, present, device.link().index()).delete());
        }
    }

    private static Route route(Prefix prefix, HostRoute route, InterfaceIndex link) {
        return Route.onLink(prefix, route.priority(), link, route.preferredSource(), 0);
    }
}
