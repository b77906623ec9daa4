package slash32.agent.metrics;

import io.prometheus.client.Collector;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import slash32.agent.status.AdminView;
import slash32.agent.status.BfdView;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;
import slash32.agent.status.GroupView;
import slash32.agent.status.PeerView;
import slash32.agent.status.RibView;
import slash32.agent.status.Snapshot;
import slash32.agent.status.TableView;

/// Turns a snapshot into samples. A table: each line is one metric.
final class SnapshotCollector extends Collector {
    private static final double NANOS_PER_SECOND = 1e9;

    private final Supplier<Snapshot> source;
    private final boolean host;

    /// What there is to say of {@code source}.
    ///
    /// @param host it has endpoints and kernel tables, unlike a route reflector
    SnapshotCollector(Supplier<Snapshot> source, boolean host) {
        this.source = source;
        this.host = host;
    }

    @Override
    public List<MetricFamilySamples> collect() {
        Snapshot snapshot = source.get();
        var families = new ArrayList<MetricFamilySamples>();
        node(snapshot, families);
        if (host) {
            endpoints(snapshot, families);
            tables(snapshot.tables(), families);
        }
        peers(snapshot.peers(), families);
        bfd(snapshot.peers(), families);
        ribs(snapshot.ribs(), families);
        return families;
    }

    private static void node(Snapshot snapshot, List<MetricFamilySamples> families) {
        var build = new GaugeMetricFamily("slash32_build_info", "The program, as labels of 1.", List.of("version"));
        families.add(build.addMetric(List.of(snapshot.node().version()), 1));
        families.add(new GaugeMetricFamily(
                "slash32_agent_in_sync", "1 if every source of desired state is complete.", snapshot.inSync() ? 1 : 0));
    }

    private static void endpoints(Snapshot snapshot, List<MetricFamilySamples> families) {
        families.add(new GaugeMetricFamily(
                "slash32_endpoints",
                "Endpoints that are desired.",
                snapshot.endpoints().size()));
        var conditions = new GaugeMetricFamily(
                "slash32_endpoint_conditions", "Endpoints by the state of a condition.", List.of("condition", "state"));
        for (ConditionKind kind : ConditionKind.values()) {
            for (ConditionState state : ConditionState.values()) {
                long count = snapshot.endpoints().stream()
                        .filter(endpoint -> endpoint.condition(kind).state() == state)
                        .count();
                conditions.addMetric(List.of(kind.label(), state.label()), (double) count);
            }
        }
        families.add(conditions);
        families.add(new GaugeMetricFamily(
                "slash32_groups",
                "Security groups that are desired.",
                snapshot.groups().size()));
        families.add(new GaugeMetricFamily(
                "slash32_endpoint_files_refused",
                "Files of endpoints.d of which not the latest but an earlier state is in force, or none.",
                snapshot.files().stream().filter(file -> file.problem() != null).count()));
        var members = new GaugeMetricFamily(
                "slash32_group_members", "Addresses in security groups, by where they are.", List.of("where"));
        members.addMetric(
                List.of("local"),
                snapshot.groups().stream().mapToInt(GroupView::localMembers).sum());
        members.addMetric(
                List.of("remote"),
                snapshot.groups().stream().mapToInt(GroupView::remoteMembers).sum());
        families.add(members);
        AdminView admin = snapshot.admin();
        if (admin != null) {
            families.add(new GaugeMetricFamily(
                    "slash32_overlay_admin_nodes",
                    "Other nodes with an address in the admin network.",
                    admin.nodes().size()));
            families.add(new GaugeMetricFamily(
                    "slash32_overlay_admin_problems",
                    "Addresses in the admin network that several nodes have, that are elsewhere, or that this node has not.",
                    admin.problems().size()));
        }
        families.add(new GaugeMetricFamily(
                "slash32_fib_routes", "Routes to other nodes that the kernel has.", (double) snapshot.fibRoutes()));
    }

    private static void peers(List<PeerView> peers, List<MetricFamilySamples> families) {
        families.add(perPeer(
                "slash32_bgp_peer_up",
                "1 if the session is Established.",
                peers,
                peer -> peer.isEstablished() ? 1 : 0));
        families.add(perPeer(
                "slash32_bgp_peer_last_transition_timestamp_seconds",
                "When the session came into its state.",
                peers,
                peer -> peer.since().getEpochSecond()));
        families.add(countPerPeer(
                "slash32_bgp_peer_established_total",
                "Times the session came to Established.",
                peers,
                PeerView::transitions));
        families.add(countPerPeer(
                "slash32_bgp_messages_received_total",
                "BGP messages received.",
                peers,
                peer -> peer.traffic().messagesReceived()));
        families.add(countPerPeer(
                "slash32_bgp_messages_sent_total",
                "BGP messages sent.",
                peers,
                peer -> peer.traffic().messagesSent()));
        families.add(countPerPeer(
                "slash32_bgp_updates_received_total",
                "UPDATE messages received.",
                peers,
                peer -> peer.traffic().updatesReceived()));
        families.add(countPerPeer(
                "slash32_bgp_updates_sent_total",
                "UPDATE messages sent.",
                peers,
                peer -> peer.traffic().updatesSent()));
        families.add(countPerPeer(
                "slash32_bgp_evpn_routes_without_target_total",
                "Routes of EVPN without a route target that the peer announced, which no segment imports.",
                peers,
                peer -> peer.traffic().untargetedRoutes()));
        families.add(perFamily(
                "slash32_bgp_peer_received_prefixes", "Prefixes in Adj-RIB-In.", peers, PeerView.Family::received));
        families.add(perFamily(
                "slash32_bgp_peer_advertised_prefixes",
                "Prefixes advertised to the peer.",
                peers,
                PeerView.Family::advertised));
    }

    /// BFD, of the peers that have it.
    private static void bfd(List<PeerView> peers, List<MetricFamilySamples> families) {
        families.add(perLink(false, "slash32_bfd_session_up", "1 if BFD is Up.", peers, bfd -> bfd.isUp() ? 1 : 0));
        families.add(perLink(
                false,
                "slash32_bfd_session_detection_seconds",
                "Silence that is the peer's loss; 0 if it was never heard.",
                peers,
                bfd -> bfd.detectionTime().toNanos() / NANOS_PER_SECOND));
        families.add(perLink(
                true, "slash32_bfd_session_losses_total", "Times that BFD lost the peer.", peers, BfdView::lost));
        families.add(perLink(
                true, "slash32_bfd_packets_received_total", "BFD packets received.", peers, BfdView::packetsReceived));
        families.add(perLink(true, "slash32_bfd_packets_sent_total", "BFD packets sent.", peers, BfdView::packetsSent));
    }

    private static MetricFamilySamples perLink(
            boolean counts, String name, String help, List<PeerView> peers, ToDoubleFunction<BfdView> value) {
        var samples = new ArrayList<MetricFamilySamples.Sample>();
        for (PeerView peer : peers) {
            BfdView bfd = peer.bfd();
            if (bfd != null) {
                samples.add(new MetricFamilySamples.Sample(
                        name, List.of("peer"), List.of(peer.name()), value.applyAsDouble(bfd)));
            }
        }
        return new MetricFamilySamples(name, counts ? Type.COUNTER : Type.GAUGE, help, samples);
    }

    private static void ribs(List<RibView> ribs, List<MetricFamilySamples> families) {
        List<String> labels = List.of("family");
        Function<RibView, List<String>> values = rib -> List.of(rib.family());
        families.add(gauge("slash32_rib_paths", "Paths in all Adj-RIBs-In.", labels, ribs, values, RibView::paths));
        families.add(
                gauge("slash32_rib_best_prefixes", "Prefixes in the Loc-RIB.", labels, ribs, values, RibView::best));
        families.add(gauge(
                "slash32_rib_originated_prefixes",
                "Prefixes that this node advertises.",
                labels,
                ribs,
                values,
                RibView::originated));
    }

    private static void tables(List<TableView> tables, List<MetricFamilySamples> families) {
        List<String> labels = List.of("table");
        Function<TableView, List<String>> values = table -> List.of(table.name());
        families.add(gauge(
                "slash32_table_desired_objects",
                "Kernel objects that should be there.",
                labels,
                tables,
                values,
                TableView::desired));
        families.add(gauge(
                "slash32_table_owned_objects",
                "Kernel objects of ours that are there.",
                labels,
                tables,
                values,
                TableView::owned));
        families.add(gauge(
                "slash32_table_failing_objects",
                "Kernel objects that are refused now and tried again.",
                labels,
                tables,
                values,
                table -> table.failures().size()));
        families.add(counter(
                "slash32_table_changes_applied_total",
                "Changes put in force.",
                labels,
                tables,
                values,
                TableView::applied));
        families.add(counter(
                "slash32_table_changes_refused_total",
                "Changes that the kernel refused.",
                labels,
                tables,
                values,
                TableView::refused));
    }

    private static MetricFamilySamples perPeer(
            String name, String help, List<PeerView> peers, ToLongFunction<PeerView> value) {
        return gauge(name, help, List.of("peer"), peers, peer -> List.of(peer.name()), value);
    }

    private static MetricFamilySamples countPerPeer(
            String name, String help, List<PeerView> peers, ToLongFunction<PeerView> value) {
        return counter(name, help, List.of("peer"), peers, peer -> List.of(peer.name()), value);
    }

    private static MetricFamilySamples perFamily(
            String name, String help, List<PeerView> peers, ToLongFunction<PeerView.Family> value) {
        var gauge = new GaugeMetricFamily(name, help, List.of("peer", "family"));
        for (PeerView peer : peers) {
            for (PeerView.Family family : peer.families()) {
                gauge.addMetric(List.of(peer.name(), family.name()), (double) value.applyAsLong(family));
            }
        }
        return gauge;
    }

    private static <T> MetricFamilySamples gauge(
            String name,
            String help,
            List<String> labels,
            List<T> objects,
            Function<T, List<String>> labelValues,
            ToLongFunction<T> value) {
        var gauge = new GaugeMetricFamily(name, help, labels);
        objects.forEach(object -> gauge.addMetric(labelValues.apply(object), (double) value.applyAsLong(object)));
        return gauge;
    }

    private static <T> MetricFamilySamples counter(
            String name,
            String help,
            List<String> labels,
            List<T> objects,
            Function<T, List<String>> labelValues,
            ToLongFunction<T> value) {
        var counter = new CounterMetricFamily(name, help, labels);
        objects.forEach(object -> counter.addMetric(labelValues.apply(object), (double) value.applyAsLong(object)));
        return counter;
    }
}
