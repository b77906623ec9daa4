/// Tests of {@code slash32.overlay.mesh}.
@NullMarked
package slash32.overlay.mesh;

import org.jspecify.annotations.NullMarked;
