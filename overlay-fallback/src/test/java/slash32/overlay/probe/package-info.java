/// Tests of {@code slash32.overlay.probe}.
@NullMarked
package slash32.overlay.probe;

import org.jspecify.annotations.NullMarked;
