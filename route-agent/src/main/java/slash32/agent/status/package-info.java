/// What the node is like right now, as immutable values, and how people and programs read it.
///
/// Not where it is kept: the agent makes a snapshot on demand. Pure: no I/O, no clock. Entry types:
/// {@link slash32.agent.status.Snapshot}, {@link slash32.agent.status.Event}.
@NullMarked
package slash32.agent.status;

import org.jspecify.annotations.NullMarked;
