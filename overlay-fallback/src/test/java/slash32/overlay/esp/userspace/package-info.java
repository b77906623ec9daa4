/// Tests of the data path, with devices of the kernel.
@NullMarked
package slash32.overlay.esp.userspace;

import org.jspecify.annotations.NullMarked;
