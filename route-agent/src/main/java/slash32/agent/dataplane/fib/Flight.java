package slash32.agent.dataplane.fib;

import java.util.List;

/// Differences that are on their way to the kernel.
///
/// @param launchedNanos when they set out
record Flight(List<RouteChange> changes, Rtnl.Outcomes outcomes, long launchedNanos) {
    /// What the kernel has of these routes is not known, nor theirs to change, until {@link #land}.
    Flight {
        changes.forEach(change -> change.table().launch(change.number()));
    }

    void land() {
        changes.forEach(change -> change.table().land(change.number()));
    }
}
