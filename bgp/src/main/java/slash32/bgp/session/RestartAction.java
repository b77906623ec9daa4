package slash32.bgp.session;

import java.util.List;
import slash32.bgp.wire.AddressFamily;

/// What is to be done with the routes of a peer that is or was away, in this order.
public sealed interface RestartAction {
    /// They stay, and go with the next {@link Sweep} unless they are announced again.
    record MarkStale(AddressFamily family) implements RestartAction {}

    /// What is still stale goes.
    record Sweep(AddressFamily family) implements RestartAction {}

    /// They stay as the last choice (RFC 9494 §4.2).
    ///
    /// @param seconds at the most
    record Relabel(AddressFamily family, int seconds) implements RestartAction {}

    /// All go.
    record Drop(AddressFamily family) implements RestartAction {}

    /// All go, for the peer did not come back.
    record NeverBack(AddressFamily family) implements RestartAction {}

    /// For the log: some stay, for so long.
    record Keeps(long seconds) implements RestartAction {}

    /// For the log: the peer is back, and never said that it has told all of these.
    record NeverComplete(List<AddressFamily> families) implements RestartAction {
        public NeverComplete {
            families = List.copyOf(families);
        }
    }
}
