package slash32.overlay.pki;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// The time that peers are judged by which were trusted before: that of the wall clock, unless it was set by much
/// since the last look. Then it is what a clock that only goes forward makes of it, until the wall clock is back,
/// or for a day.
///
/// Asked at least every few hours: what a clock gains or loses by itself meanwhile is nothing beside what counts as
/// set.
public final class SteadyClock {
    /// As certificates are dated back for clocks that are a little slow.
    static final Duration MOST_SLACK = Duration.ofMinutes(5);

    static final Duration LONGEST_HELD = Duration.ofDays(1);

    private Instant wall;
    private long nanos;
    private @Nullable Long heldSinceNanos;

    /// What time it is.
    ///
    /// @param ahead of {@code time} the wall clock is; zero unless it was set
    public record Reading(Instant time, Duration ahead) {
        public boolean isHeld() {
            return !ahead.isZero();
        }
    }

    /// Trusts the wall clock as it is.
    public SteadyClock(Instant wall, long nowNanos) {
        this.wall = wall;
        nanos = nowNanos;
    }

    /// Compares the two clocks.
    public Reading read(Instant wallNow, long nowNanos) {
        Instant expected = wall.plusNanos(nowNanos - nanos);
        Duration ahead = Duration.between(expected, wallNow);
        if (ahead.abs().compareTo(MOST_SLACK) > 0) {
            if (heldSinceNanos == null) {
                heldSinceNanos = nowNanos;
            }
            if (nowNanos - heldSinceNanos < LONGEST_HELD.toNanos()) {
                return new Reading(expected, ahead);
            }
        }
        heldSinceNanos = null;
        wall = wallNow;
        nanos = nowNanos;
        return new Reading(wallNow, Duration.ZERO);
    }
}
