/// Tests of {@code slash32.overlay.admin}.
@NullMarked
package slash32.overlay.admin;

import org.jspecify.annotations.NullMarked;
