package slash32.reconcile;

/// Exponential back-off: {@code first}, doubled at each further attempt, at most {@code longest}.
///
/// @param firstNanos delay after the first failure, positive
/// @param longestNanos no delay is longer
public record Backoff(long firstNanos, long longestNanos) {
    /// 100 ms to 30 s.
    public static final Backoff KERNEL = new Backoff(100_000_000L, 30_000_000_000L);

    public Backoff {
        if (firstNanos <= 0 || longestNanos < firstNanos) {
            throw new IllegalArgumentException(
                    "back-off must be positive and growing: " + firstNanos + ", " + longestNanos);
        }
    }

    /// The delay after {@code failures} failures in a row, one or more.
    public long delayNanos(int failures) {
        int doublings = Math.min(failures - 1, 62 - Long.SIZE + Long.numberOfLeadingZeros(firstNanos));
        return Math.min(longestNanos, firstNanos << Math.max(0, doublings));
    }
}
