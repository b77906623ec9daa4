/// The data path of ESP in user space: a TUN with offloads on one side, ESP in UDP (RFC 3948) on the other.
///
/// Not IKE, whose messages it hands on. A shell. Entry type: {@link slash32.overlay.esp.userspace.UserspacePath},
/// with one thread for each direction, `esp-out` and `esp-in`.
@NullMarked
package slash32.overlay.esp.userspace;

import org.jspecify.annotations.NullMarked;
