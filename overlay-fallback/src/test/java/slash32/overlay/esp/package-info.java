/// Tests of ESP in user space.
@NullMarked
package slash32.overlay.esp;

import org.jspecify.annotations.NullMarked;
