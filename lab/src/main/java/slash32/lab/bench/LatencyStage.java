package slash32.lab.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What was measured beside a number of endpoints that were there already.
final class LatencyStage {
    private final int present;
    private final int filled;
    private final Duration filling;
    private final Map<String, Latencies> phases = new LinkedHashMap<>();

    /// A stage without a measurement.
    ///
    /// @param present endpoints before the first one that is measured
    /// @param filled of them, put for this stage, all at once
    /// @param filling from the first of those to the last one's advertisement
    LatencyStage(int present, int filled, Duration filling) {
        this.present = present;
        this.filled = filled;
        this.filling = filling;
    }

    int present() {
        return present;
    }

    int filled() {
        return filled;
    }

    Duration filling() {
        return filling;
    }

    void add(String phase, Duration latency) {
        phases.computeIfAbsent(phase, Latencies::new).add(latency);
    }

    List<Latencies> phases() {
        return new ArrayList<>(phases.values());
    }

    /// How much longer the median of {@code phase} is than in {@code first}.
    double ratio(String phase, LatencyStage first) {
        return median(phase) / first.median(phase);
    }

    private double median(String phase) {
        Latencies measured = phases.get(phase);
        if (measured == null) {
            throw new IllegalStateException("nothing was measured: " + phase);
        }
        return measured.percentileMillis(50);
    }
}
