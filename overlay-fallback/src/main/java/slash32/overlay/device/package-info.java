/// Devices of the kernel that packets to one node of another site go into: XFRM interfaces, and tunnels inside what is
/// sealed.
///
/// Not who seals ({@code overlay.esp}), nor the device of user space, which is one for all nodes. A shell. Entry type:
/// {@link slash32.overlay.device.NodeDevices}.
@NullMarked
package slash32.overlay.device;

import org.jspecify.annotations.NullMarked;
