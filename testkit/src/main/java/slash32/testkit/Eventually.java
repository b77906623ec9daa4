package slash32.testkit;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Waits for what comes about by itself.
public final class Eventually {
    private static final long LIMIT_SECONDS = 60;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private Eventually() {}

    /// Waits until {@code condition} holds.
    ///
    /// @param instead what there is while it does not hold
    /// @throws AssertionError after a minute, naming what was waited for and what there is instead
    public static void holds(String what, BooleanSupplier condition, Supplier<String> instead) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain for " + what + ":\n" + instead.get());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
