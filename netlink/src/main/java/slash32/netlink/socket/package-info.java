/// The kernel's sockets through libc: netlink requests, batches, dumps and subscriptions.
///
/// The only package that declares libc calls (docs/adr/0001). Knows no message's meaning. Entry type:
/// {@link slash32.netlink.socket.NetlinkSocket}; each instance is owned by one thread.
@NullMarked
package slash32.netlink.socket;

import org.jspecify.annotations.NullMarked;
