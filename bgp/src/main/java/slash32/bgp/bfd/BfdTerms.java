package slash32.bgp.bfd;

import java.time.Duration;

/// What one end of a session asks for.
///
/// @param interval between packets, wanted both ways: 10 ms to 60 s
/// @param multiplier packets in a row whose loss is the neighbour's: 1 to 255
public record BfdTerms(Duration interval, int multiplier) {
    public static final Duration INTERVAL_MIN = Duration.ofMillis(10);
    public static final Duration INTERVAL_MAX = Duration.ofSeconds(60);

    public BfdTerms {
        if (interval.compareTo(INTERVAL_MIN) < 0 || interval.compareTo(INTERVAL_MAX) > 0) {
            throw new IllegalArgumentException("the interval must be 10 ms to 60 s, was " + interval);
        }
        if (multiplier < 1 || multiplier > 255) {
            throw new IllegalArgumentException("the multiplier must be 1 to 255, was " + multiplier);
        }
    }

    long intervalMicros() {
        return interval.toNanos() / 1_000;
    }
}
