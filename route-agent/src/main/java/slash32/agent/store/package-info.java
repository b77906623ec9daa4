/// Desired state that outlives the agent: endpoints and groups in one file and a journal of what changed since, so
/// that a restart enforces before any caller is back.
///
/// Not a database: it is read once, at start (docs/adr/0019). Entry type: {@link slash32.agent.store.StateStore}.
/// Its {@code run} is the one thread that writes; everything else is thread-safe.
@NullMarked
package slash32.agent.store;

import org.jspecify.annotations.NullMarked;
