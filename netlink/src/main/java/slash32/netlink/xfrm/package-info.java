/// IPsec in the kernel: ESP states, policies and their events as NETLINK_XFRM messages (linux/xfrm.h, ip-xfrm(8)).
///
/// Only what this project uses: ESP with AES-GCM (RFC 4106), no AH, no IPComp, no marks. Pure: no I/O, no clock. Entry
/// types: {@link slash32.netlink.xfrm.XfrmState}, {@link slash32.netlink.xfrm.XfrmPolicy}, {@link
/// slash32.netlink.xfrm.XfrmEvent}.
@NullMarked
package slash32.netlink.xfrm;

import org.jspecify.annotations.NullMarked;
