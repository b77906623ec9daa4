/// Tests of the whole module.
@NullMarked
package slash32.overlay;

import org.jspecify.annotations.NullMarked;
