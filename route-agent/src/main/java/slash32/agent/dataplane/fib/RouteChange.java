package slash32.agent.dataplane.fib;

import slash32.net.Prefix;
import slash32.netlink.message.Request;
import slash32.netlink.route.Route;
import slash32.netlink.route.Rt;

/// A difference between desired and owned, about to be written.
///
/// @param number of the prefix in {@code table}
/// @param id of the nexthop object that the route is to use; 0 to remove the route
/// @param present a route of ours is there now
record RouteChange(FibTable table, int number, Prefix prefix, int id, boolean present) {
    boolean removes() {
        return id == 0;
    }

    /// Replaces only what is ours: a new route gives way to one of others with its prefix and metric.
    Request request() {
        if (removes()) {
            return Route.remove(prefix, FibWriter.PRIORITY, Rt.RTPROT_SLASH32);
        }
        Route route = Route.byNexthop(prefix, FibWriter.PRIORITY, id);
        return present ? route.replace() : route.create();
    }
}
