/// The daemon: composition root and the loops of its threads.
///
/// The one place that names every feature. What is decided is in {@code slash32.agent.intent}, what the kernel gets in
/// {@code slash32.agent.dataplane}. Entry type: {@link slash32.agent.RouteAgent}.
@NullMarked
package slash32.agent;

import org.jspecify.annotations.NullMarked;
