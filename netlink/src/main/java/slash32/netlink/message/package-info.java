/// Netlink messages as bytes: headers, attributes, acknowledgements (netlink(7), linux/netlink.h).
///
/// Knows no family: what a route or a rule looks like is in {@code slash32.netlink.route} and
/// {@code slash32.netlink.netfilter}. Pure: no I/O, no clock. Entry types: {@link slash32.netlink.message.Request},
/// {@link slash32.netlink.message.Attributes}.
@NullMarked
package slash32.netlink.message;

import org.jspecify.annotations.NullMarked;
