/// Tests of segmentation and its reverse.
@NullMarked
package slash32.overlay.esp.offload;

import org.jspecify.annotations.NullMarked;
