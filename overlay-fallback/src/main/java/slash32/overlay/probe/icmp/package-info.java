/// Asks for the echoes that {@link slash32.overlay.probe.PathProbes} judges paths by: of plain paths by ICMP
/// between the addresses that VXLAN goes between, of encrypted ones by ICMPv6 between the link-local addresses of
/// the overlay's device, so that they go through what they are about.
///
/// Judges nothing itself. Entry type: {@link slash32.overlay.probe.icmp.ProbeLoop}.
@NullMarked
package slash32.overlay.probe.icmp;

import org.jspecify.annotations.NullMarked;
