/// Fuzzing of the decoders: what an input must hold, and its replay. docs/design/bgp.md says how to run it for long.
@NullMarked
package slash32.bgp.fuzz;

import org.jspecify.annotations.NullMarked;
