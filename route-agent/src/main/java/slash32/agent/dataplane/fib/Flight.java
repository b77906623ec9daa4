package slash32.agent.dataplane.fib;

/// Differences that are on their way to the kernel.
///
/// @param launchedNanos when they set out
record Flight(RouteBatch changes, Rtnl.Outcomes outcomes, long launchedNanos) {
    /// What the kernel has of these routes is not known, nor theirs to change, until {@link #land}.
    Flight {
        for (int i = 0; i < changes.size(); i++) {
            changes.table(i).launch(changes.number(i));
        }
    }

    void land() {
        for (int i = 0; i < changes.size(); i++) {
            changes.table(i).land(changes.number(i));
        }
    }
}
