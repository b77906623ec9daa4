/// Links, addresses, neighbours, routes and nexthop objects as values, with their requests and their parsers
/// (rtnetlink(7), linux/rtnetlink.h, linux/nexthop.h).
///
/// Not a cache. Pure: no I/O, no clock. Entry types: the records, and {@link slash32.netlink.route.RouteEvent} for what
/// the kernel reports.
@NullMarked
package slash32.netlink.route;

import org.jspecify.annotations.NullMarked;
