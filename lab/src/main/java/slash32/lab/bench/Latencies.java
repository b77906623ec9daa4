package slash32.lab.bench;

import java.time.Duration;
import java.util.Arrays;

/// Latencies of one kind, in the order in which they were measured.
final class Latencies {
    private final String name;
    private long[] nanos = new long[256];
    private int size;

    /// @param name for the table
    Latencies(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    void add(Duration latency) {
        if (size == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * size);
        }
        nanos[size++] = latency.toNanos();
    }

    int size() {
        return size;
    }

    /// The smallest latency that {@code percent} of them don't exceed (nearest rank), in milliseconds.
    ///
    /// @param percent above 0, up to 100
    double percentileMillis(double percent) {
        if (size == 0) {
            throw new IllegalStateException("nothing was measured: " + name);
        }
        long[] sorted = Arrays.copyOf(nanos, size);
        Arrays.sort(sorted);
        int rank = (int) Math.ceil(percent / 100 * size);
        return sorted[Math.max(rank, 1) - 1] / 1e6;
    }
}
