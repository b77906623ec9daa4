package slash32.bgp.exabgp.command;

import java.util.List;
import slash32.bgp.wire.AddressFamily;

/// What a line of a helper process asks for.
public sealed interface Command {
    /// Routes to announce or to withdraw.
    ///
    /// @param announced else withdrawn
    /// @param routes at least one
    record Routes(boolean announced, List<Route> routes) implements Command {
        public Routes {
            routes = List.copyOf(routes);
        }
    }

    /// RFC 4724 §2.
    record EndOfRib(AddressFamily family) implements Command {}

    /// RFC 2918.
    record RouteRefresh(AddressFamily family) implements Command {}

    /// The routes that were announced with "watchdog NAME".
    record Watchdog(boolean announced, String name) implements Command {}

    /// "teardown 4": a Cease of this subcode.
    record Teardown(int subcode) implements Command {}

    /// A question or an order to the daemon itself, as "show neighbor" and "version": its words.
    record Daemon(String words) implements Command {}

    /// Nothing is asked.
    record Comment() implements Command {}
}
