package slash32.tap.gateway;

/// Lets through {@code burst} at once and {@code perSecond} in the long run. Owned by one thread.
public final class TokenBucket {
    private static final long SECOND_NANOS = 1_000_000_000L;

    private final long tokenNanos;
    private final long burstNanos;
    private long fullAtNanos;
    private boolean used;

    public TokenBucket(int perSecond, int burst) {
        tokenNanos = SECOND_NANOS / perSecond;
        burstNanos = tokenNanos * burst;
    }

    /// Takes a token; false if there is none.
    public boolean take(long nowNanos) {
        if (!used || fullAtNanos - nowNanos < 0) {
            used = true;
            fullAtNanos = nowNanos;
        }
        if (fullAtNanos + tokenNanos - nowNanos > burstNanos) {
            return false;
        }
        fullAtNanos += tokenNanos;
        return true;
    }
}
