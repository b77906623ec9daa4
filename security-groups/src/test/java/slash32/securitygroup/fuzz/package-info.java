/// The decoder of dropped packets under coverage-guided fuzzing. Pure.
@NullMarked
package slash32.securitygroup.fuzz;

import org.jspecify.annotations.NullMarked;
