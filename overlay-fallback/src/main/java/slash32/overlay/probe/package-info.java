/// Whether packets of full size reach the nodes that this one has an overlay with.
///
/// Not the packets themselves: {@code overlay.probe.icmp} sends and hears them. RFC 4821 is the idea, of a tunnel's
/// ends in place of a transport's: nothing on the way has to say anything. Entry type: {@link
/// slash32.overlay.probe.PathProbes}; pure: no I/O, no clock.
@NullMarked
package slash32.overlay.probe;

import org.jspecify.annotations.NullMarked;
