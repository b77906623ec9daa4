/// Fuzzing of what reads packets in user space: what an input must hold, and its replay. docs/fuzzing.md says what
/// was run.
@NullMarked
package slash32.overlay.esp.fuzz;

import org.jspecify.annotations.NullMarked;
