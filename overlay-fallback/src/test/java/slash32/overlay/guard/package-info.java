/// Tests of {@code slash32.overlay.guard}.
@NullMarked
package slash32.overlay.guard;

import org.jspecify.annotations.NullMarked;
