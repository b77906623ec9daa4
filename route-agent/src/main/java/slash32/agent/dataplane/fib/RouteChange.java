package slash32.agent.dataplane.fib;

import slash32.net.Prefix;
import slash32.netlink.route.NexthopRoute;

/// A difference between desired and owned, about to be written.
///
/// @param number of the prefix in {@code table}
/// @param id of the nexthop object that the route is to use; 0 to remove the route
/// @param mtuBytes as {@link NexthopRoute} has it
/// @param source as {@link NexthopRoute} has it
/// @param present a route of ours is there now
record RouteChange(FibTable table, int number, int id, int mtuBytes, int source, boolean present) {
    boolean removes() {
        return id == 0;
    }

    Prefix prefix() {
        return table.prefix(number);
    }

    /// Replaces only what is ours: a new route gives way to one of others with its prefix and metric.
    NexthopRoute request() {
        NexthopRoute.Verb verb = NexthopRoute.Verb.REMOVE;
        if (!removes()) {
            verb = present ? NexthopRoute.Verb.REPLACE : NexthopRoute.Verb.CREATE;
        }
        return table.request(number, verb, id, mtuBytes, source);
    }
}
