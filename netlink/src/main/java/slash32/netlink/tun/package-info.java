/// TAP and TUN devices: made, opened, read and written (Documentation/networking/tuntap, linux/if_tun.h).
///
/// Not the configuration of the link, which is {@code slash32.netlink.route}. Entry types: {@link
/// slash32.netlink.tun.Tap}, and {@link slash32.netlink.tun.OffloadDevice} where throughput counts.
@NullMarked
package slash32.netlink.tun;

import org.jspecify.annotations.NullMarked;
