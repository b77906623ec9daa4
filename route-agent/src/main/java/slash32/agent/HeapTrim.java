package slash32.agent;

/// When to give memory back that a burst of routes left behind: once, after the burst is over. Passive, pure.
///
/// The tables grow by copying, and the collector would let the copies lie until the heap is full. A full collection of
/// a million routes pauses the process for about 0.15 s, so it is not done for less than it gains.
final class HeapTrim {
    private static final long BURST_ROUTES = 100_000;
    /// So many in {@link #QUIET_NANOS} are no burst.
    private static final long FEW_ROUTES = 2_000;

    /// Short: the pause belongs to the burst, and not to the single changes that come after it.
    private static final long QUIET_NANOS = 300_000_000L;

    private long atQuiet;
    private long trimmed;
    private long quietSinceNanos;

    /// Notes what has happened so far.
    ///
    /// @param routes stated and written since the start: twice those of a load, once those that were in the kernel
    ///     already
    /// @return true if the memory is to be given back now
    boolean isDue(long routes, long nowNanos) {
        if (routes - atQuiet > FEW_ROUTES) {
            atQuiet = routes;
            quietSinceNanos = nowNanos;
        }
        if (atQuiet - trimmed < BURST_ROUTES || nowNanos - quietSinceNanos < QUIET_NANOS) {
            return false;
        }
        trimmed = routes;
        return true;
    }

    /// When to ask again; {@link Long#MAX_VALUE} for not before the next route.
    long nextDeadlineNanos() {
        return atQuiet - trimmed < BURST_ROUTES ? Long.MAX_VALUE : quietSinceNanos + QUIET_NANOS;
    }
}
