/// The data path of ESP by the kernel: an XFRM interface for each peer, with states and policies of its own
/// (ip-xfrm(8), linux/xfrm.h).
///
/// Not IKE, whose messages on port 4500 it hands on. A shell. Entry types: {@link slash32.overlay.esp.xfrm.XfrmPath},
/// with the threads `esp-in` and `esp-events`, and {@link slash32.overlay.esp.xfrm.KernelEsp}, which says if the kernel
/// can.
@NullMarked
package slash32.overlay.esp.xfrm;

import org.jspecify.annotations.NullMarked;
