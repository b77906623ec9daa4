/// Tests of {@code slash32.overlay.probe.icmp}.
@NullMarked
package slash32.overlay.probe.icmp;

import org.jspecify.annotations.NullMarked;
