/// Fuzzing of the IKE decoder: what an input must hold, and its replay. docs/design/overlay.md says how to run it long.
@NullMarked
package slash32.overlay.ike.fuzz;

import org.jspecify.annotations.NullMarked;
