/// Numbers for Prometheus: what the agent measures as it goes, and what a scrape reads off a snapshot.
///
/// The one package that knows simpleclient. Names are {@code slash32_<area>_<noun>_<unit>}, in base units; labels
/// are bounded by the configuration (peer, family, table, condition), and by endpoints only where it asks for that.
/// Entry types: {@link slash32.agent.metrics.AgentMetrics}, {@link slash32.agent.metrics.MetricsPages}.
/// Thread-safe.
@NullMarked
package slash32.agent.metrics;

import org.jspecify.annotations.NullMarked;
