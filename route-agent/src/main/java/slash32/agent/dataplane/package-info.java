/// The kernel's one writer: in which order the tables come into force, and what becomes of each endpoint
/// (docs/design/dataplane.md).
///
/// Not the tables, which are the features'. Entry type: {@link slash32.agent.dataplane.Dataplane}, owned by thread
/// {@code kernel}.
@NullMarked
package slash32.agent.dataplane;

import org.jspecify.annotations.NullMarked;
