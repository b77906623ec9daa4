package slash32.agent.metrics;

import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.Gauge;
import io.prometheus.client.GaugeMetricFamily;
import io.prometheus.client.Histogram;
import io.prometheus.client.exporter.common.TextFormat;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import slash32.agent.metadata.MetadataProxy;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.EndpointView;
import slash32.agent.status.PathsView;
import slash32.agent.status.SasView;
import slash32.agent.status.SegmentsView;
import slash32.agent.status.Snapshot;
import slash32.bgp.bfd.Discard;
import slash32.net.InterfaceName;
import slash32.netlink.netfilter.Counts;
import slash32.overlay.mesh.Mesh;
import slash32.securitygroup.Drop;
import slash32.securitygroup.nft.DropCounts;
import slash32.tap.GatewayLoop;
import slash32.tap.gateway.Refusal;

/// Everything that is measured.
public final class AgentMetrics {
    /// From the 50 µs of a single netlink message to what an operator would call broken.
    private static final double[] SECONDS = {
        50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1, 2.5, 5, 10
    };

    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MILLIS_PER_SECOND = 1e3;

    private final CollectorRegistry registry = new CollectorRegistry();
    private final Histogram conditions = Histogram.build()
            .name("slash32_endpoint_condition_seconds")
            .help("From the PUT of an endpoint to the moment a condition of it held.")
            .labelNames("condition")
            .buckets(SECONDS)
            .register(registry);
    private final Histogram applies = Histogram.build()
            .name("slash32_table_apply_seconds")
            .help("Time to apply one batch of changes to a kernel table.")
            .labelNames("table")
            .buckets(SECONDS)
            .register(registry);
    private final Counter apiRefused = Counter.build()
            .name("slash32_api_requests_refused_total")
            .help("Requests to the API that were refused before they were handled, by HTTP status.")
            .labelNames("status")
            .register(registry);
    private final Counter metadataAsked = Counter.build()
            .name("slash32_metadata_upstream_requests_total")
            .help("Requests of guests for the metadata service beyond this node, by what became of them.")
            .labelNames("outcome")
            .register(registry);
    private final Gauge reloadSuccessful = Gauge.build()
            .name("slash32_config_last_reload_successful")
            .help("1 if the configuration file was accepted when it was last read.")
            .register(registry);
    private final Gauge reloadTime = Gauge.build()
            .name("slash32_config_last_reload_success_timestamp_seconds")
            .help("When a configuration file was last accepted.")
            .register(registry);

    /// Metrics of this process, and what its parts measure.
    public AgentMetrics() {
        registry.register(new ProcessCollector());
    }

    /// Adds those of the node that {@code snapshot} describes at each scrape.
    public void watch(Supplier<Snapshot> snapshot) {
        for (ConditionKind kind : ConditionKind.values()) {
            conditions.labels(kind.label());
        }
        registry.register(new SnapshotCollector(snapshot, true));
    }

    /// Adds those of the route reflector that {@code snapshot} describes, likewise.
    public void watchReflector(Supplier<Snapshot> snapshot) {
        registry.register(new SnapshotCollector(snapshot, false));
    }

    /// Shows the segments' state at each scrape.
    public void watchSegments(Supplier<SegmentsView> source) {
        registry.register(new SegmentCollector(source));
    }

    /// Shows the paths to other nodes at each scrape.
    public void watchPaths(Supplier<PathsView> source) {
        registry.register(new PathCollector(source));
    }

    /// Exposes what the gateway makes of the guests' frames.
    public void watchGateway(Supplier<GatewayLoop.Counts> counted) {
        registry.register(new Collector() {
            @Override
            public List<MetricFamilySamples> collect() {
                GatewayLoop.Counts counts = counted.get();
                var frames = new CounterMetricFamily(
                        "slash32_gateway_frames_total",
                        "ARP, Neighbor Discovery and DHCP frames of guests, by what the gateway made of them.",
                        List.of("outcome"));
                frames.addMetric(List.of("answered"), (double) counts.replies());
                frames.addMetric(List.of("announcement"), (double) counts.announcements());
                frames.addMetric(List.of("unsent"), (double) counts.unsent());
                for (Refusal why : Refusal.values()) {
                    frames.addMetric(
                            List.of(why.label()), (double) counts.refusals().getOrDefault(why, 0L));
                }
                return List.of(
                        frames,
                        new CounterMetricFamily(
                                "slash32_gateway_floods_total",
                                "Floods of such frames by a guest, which was not heard but for 5,000 a second then.",
                                (double) counts.floods()));
            }
        });
    }

    /// Adds the keys with nodes of other sites, and what was dropped for want of them.
    public void watchSas(Supplier<SasView> watched) {
        registry.register(new Collector() {
            @Override
            public List<MetricFamilySamples> collect() {
                SasView view = watched.get();
                var peers = new GaugeMetricFamily(
                        "slash32_overlay_peers", "Nodes of other sites, by the state of their keys.", List.of("state"));
                for (Mesh.Phase phase : Mesh.Phase.values()) {
                    long count = view.peers().stream()
                            .filter(peer -> peer.phase() == phase)
                            .count();
                    peers.addMetric(List.of(phase.name().toLowerCase(Locale.ROOT)), (double) count);
                }
                SasView.Carrier carrier = view.carrier();
                var families = new ArrayList<>(ProofSamples.of(view.proofs()));
                families.addAll(List.of(
                        new GaugeMetricFamily(
                                "slash32_overlay_fallback_active",
                                "1 if packets to other sites are sealed in user space since the kernel can not.",
                                carrier != null && carrier.isFallback() ? 1 : 0),
                        peers,
                        byReason(
                                "slash32_overlay_drops_total",
                                "Packets to and from other sites that the data path dropped, by reason.",
                                view.drops()),
                        byReason(
                                "slash32_overlay_guard_drops_total",
                                "Packets that would have crossed between sites in the clear, or came from strangers.",
                                view.guard().drops()),
                        new GaugeMetricFamily(
                                "slash32_overlay_guard_in_force",
                                "0 if others changed the guard between sites and it could not be put right.",
                                view.guard().inForce() ? 1 : 0),
                        new CounterMetricFamily(
                                "slash32_overlay_guard_repairs_total",
                                "How often others had changed the guard between sites, and it was put right.",
                                view.guard().repairs())));
                return families;
            }
        });
    }

    private static CounterMetricFamily byReason(String name, String help, Map<String, Long> counts) {
        var family = new CounterMetricFamily(name, help, List.of("reason"));
        counts.forEach((why, count) -> family.addMetric(List.of(why), (double) count));
        return family;
    }

    /// Adds how many packets were dropped, by reason.
    ///
    /// @param overruns how often samples of them were lost
    public void watchDrops(Supplier<Map<Drop, Counts>> counted, LongSupplier overruns) {
        registry.register(new Collector() {
            @Override
            public List<MetricFamilySamples> collect() {
                var packets = new CounterMetricFamily(
                        "slash32_dropped_packets_total",
                        "Packets from guests (egress) and to them (ingress) that were dropped, by reason.",
                        List.of("reason", "direction"));
                counted.get()
                        .forEach((drop, counts) -> packets.addMetric(
                                List.of(drop.reason().label(), drop.direction().toString()),
                                (double) counts.packets()));
                return List.of(
                        packets,
                        new CounterMetricFamily(
                                "slash32_drop_sample_overruns_total",
                                "Times that the kernel had more samples of dropped packets than were taken.",
                                (double) overruns.getAsLong()));
            }
        });
    }

    /// Adds how many packets of each endpoint were dropped: four series an endpoint, gone with it.
    ///
    /// @param counted by interface; costs a look at every endpoint's counters
    public void watchEndpointDrops(Supplier<Snapshot> snapshot, Supplier<Map<InterfaceName, DropCounts>> counted) {
        registry.register(new Collector() {
            @Override
            public List<MetricFamilySamples> collect() {
                var packets = new CounterMetricFamily(
                        "slash32_endpoint_dropped_packets_total",
                        "Packets of an endpoint that were dropped: sent under another's address (spoofed), sent to the"
                                + " host (to-host), or not allowed by its groups (egress, ingress).",
                        List.of("endpoint", "drop"));
                Map<InterfaceName, DropCounts> counts = counted.get();
                for (EndpointView endpoint : snapshot.get().endpoints()) {
                    DropCounts drops = counts.get(endpoint.spec().device());
                    if (drops != null) {
                        String id = endpoint.spec().id().value();
                        packets.addMetric(List.of(id, "spoofed"), (double) drops.spoofed());
                        packets.addMetric(List.of(id, "to-host"), (double) drops.toHost());
                        packets.addMetric(List.of(id, "egress"), (double) drops.fromGuest());
                        packets.addMetric(List.of(id, "ingress"), (double) drops.toGuest());
                    }
                }
                return List.of(packets);
            }
        });
    }

    /// Adds the BFD packets that no session took, by reason.
    public void watchBfdDiscards(ToLongFunction<Discard> discarded) {
        registry.register(new Collector() {
            @Override
            public List<MetricFamilySamples> collect() {
                var packets = new CounterMetricFamily(
                        "slash32_bfd_packets_discarded_total", "BFD packets that no session took.", List.of("reason"));
                for (Discard why : Discard.values()) {
                    packets.addMetric(List.of(why.label()), (double) discarded.applyAsLong(why));
                }
                return List.of(packets);
            }
        });
    }

    /// A condition came to hold for the first time since the PUT that needed it.
    public void conditionHeld(ConditionKind kind, Duration sincePut) {
        conditions.labels(kind.label()).observe(sincePut.toNanos() / NANOS_PER_SECOND);
    }

    /// A guest's request was for the metadata service beyond this node.
    public void metadataAsked(MetadataProxy.Outcome outcome) {
        metadataAsked.labels(outcome.label()).inc();
    }

    /// A request to the API was refused with {@code status} before it was handled.
    public void apiRefused(int status) {
        apiRefused.labels(Integer.toString(status)).inc();
    }

    /// A batch was applied to {@code table}, whole or in part.
    ///
    /// @param table the name of one of the agent's tables
    public void applied(String table, long tookNanos) {
        applies.labels(table).observe(tookNanos / NANOS_PER_SECOND);
    }

    /// The configuration file was accepted.
    public void configAccepted(Instant when) {
        reloadSuccessful.set(1);
        reloadTime.set(when.toEpochMilli() / MILLIS_PER_SECOND);
    }

    /// The configuration file was refused, and the one before it is still in force.
    public void configRefused() {
        reloadSuccessful.set(0);
    }

    /// A page in the format that {@code accept} asks for, in order of names.
    Exposition expose(String accept) {
        String contentType = TextFormat.chooseContentType(accept);
        var families = Collections.list(registry.metricFamilySamples());
        families.sort(Comparator.comparing(family -> family.name));
        var text = new StringWriter();
        try {
            TextFormat.writeFormat(contentType, text, Collections.enumeration(families));
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return new Exposition(contentType, text.toString());
    }

    /// One scrape.
    record Exposition(String contentType, String text) {}
}
