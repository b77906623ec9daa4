/// Segments in the kernel: a bridge and a VXLAN device for each, its ports, and where frames go (ip-link(8),
/// bridge(8)).
///
/// Decides nothing: what is desired comes from {@link slash32.overlay.evpn.EvpnNode}. Devices of ours carry the alias
/// {@code slash32-segment:VNI}, and all entries of such a device are ours. Entry type:
/// {@link slash32.overlay.vxlan.SegmentPlane}, owned by thread {@code overlay}.
@NullMarked
package slash32.overlay.vxlan;

import org.jspecify.annotations.NullMarked;
