/// Tests of IKEv2 over all its packages, and what they share.
@NullMarked
package slash32.overlay.ike;

import org.jspecify.annotations.NullMarked;
