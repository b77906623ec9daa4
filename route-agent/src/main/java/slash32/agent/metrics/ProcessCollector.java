package slash32.agent.metrics;

import io.prometheus.client.Collector;
import io.prometheus.client.hotspot.BufferPoolsExports;
import io.prometheus.client.hotspot.GarbageCollectorExports;
import io.prometheus.client.hotspot.MemoryPoolsExports;
import io.prometheus.client.hotspot.StandardExports;
import io.prometheus.client.hotspot.ThreadExports;
import java.util.List;

/// What the process and its JVM say of themselves. The beans that know it are made at the first scrape: no start has to
/// wait for them.
final class ProcessCollector extends Collector {
    private List<Collector> parts = List.of();

    @Override
    public synchronized List<MetricFamilySamples> collect() {
        if (parts.isEmpty()) {
            parts = List.of(
                    new StandardExports(),
                    new MemoryPoolsExports(),
                    new GarbageCollectorExports(),
                    new ThreadExports(),
                    new BufferPoolsExports());
        }
        return parts.stream().flatMap(part -> part.collect().stream()).toList();
    }
}
