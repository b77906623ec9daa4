package slash32.agent.dataplane;

/// When work that holds up changes may be done: when there have been none for a while, or when it has waited for long.
/// Passive, pure.
final class QuietTime {
    /// More than lies between two calls of a daemon that starts its guests one after the other.
    private static final long QUIET_NANOS = 100_000_000L;

    /// From then on the work goes on between the changes.
    private static final long LONGEST_WAIT_NANOS = 30_000_000_000L;

    private boolean isChanged;
    private boolean isWaiting;
    private long quietSinceNanos;
    private long waitingSinceNanos;

    /// There was a change.
    void change() {
        isChanged = true;
    }

    /// Notes what there is to do, after the changes that came until now.
    ///
    /// @param isWork that there is any
    /// @return true if it is to be done now
    boolean isDue(boolean isWork, long nowNanos) {
        if (isChanged) {
            isChanged = false;
            quietSinceNanos = nowNanos;
        }
        if (isWork && !isWaiting) {
            waitingSinceNanos = nowNanos;
        }
        isWaiting = isWork;
        return isWork && nowNanos - dueNanos() >= 0;
    }

    /// When to ask again; {@link Long#MAX_VALUE} for not before there is a change.
    long nextDeadlineNanos() {
        return isWaiting ? dueNanos() : Long.MAX_VALUE;
    }

    private long dueNanos() {
        long quiet = quietSinceNanos + QUIET_NANOS;
        long late = waitingSinceNanos + LONGEST_WAIT_NANOS;
        return quiet - late < 0 ? quiet : late;
    }
}
