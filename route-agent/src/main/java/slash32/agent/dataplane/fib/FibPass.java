package slash32.agent.dataplane.fib;

import org.jspecify.annotations.Nullable;

/// What one pass of a {@link FibWriter} did.
///
/// @param put routes now in force that were not, or led elsewhere
/// @param removed routes now gone
/// @param nexthopsWritten nexthop objects made, changed or deleted
/// @param failed routes refused, to be retried
/// @param firstFailure why the first of them was; null if none was
/// @param broken why the kernel could not be read or written at all; null if it could
public record FibPass(
        int put,
        int removed,
        int nexthopsWritten,
        int failed,
        @Nullable String firstFailure,
        @Nullable String broken) {
    static final FibPass NOTHING = new FibPass(0, 0, 0, 0, null, null);

    static FibPass broken(String reason) {
        return new FibPass(0, 0, 0, 0, null, reason);
    }

    FibPass and(int moreNexthopsWritten) {
        return new FibPass(put, removed, nexthopsWritten + moreNexthopsWritten, failed, firstFailure, broken);
    }

    /// Both, of which {@code later} is not broken.
    FibPass and(FibPass later) {
        return new FibPass(
                put + later.put,
                removed + later.removed,
                nexthopsWritten + later.nexthopsWritten,
                failed + later.failed,
                firstFailure == null ? later.firstFailure : firstFailure,
                broken);
    }

    /// Routes written.
    public int applied() {
        return put + removed;
    }

    public boolean changedNothing() {
        return equals(NOTHING);
    }
}
