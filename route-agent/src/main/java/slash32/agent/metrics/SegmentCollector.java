package slash32.agent.metrics;

import io.prometheus.client.Collector;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import slash32.agent.status.SegmentsView;
import slash32.overlay.evpn.Refusal;
import slash32.overlay.evpn.SegmentStatus;
import slash32.overlay.vxlan.FrameCount;

/// Turns the segments' state into samples: sums over all segments, however many there are.
final class SegmentCollector extends Collector {
    private final Supplier<SegmentsView> source;

    SegmentCollector(Supplier<SegmentsView> source) {
        this.source = source;
    }

    @Override
    public List<MetricFamilySamples> collect() {
        SegmentsView view = source.get();
        var macs = new GaugeMetricFamily(
                "slash32_segment_macs",
                "MACs of segments: of ports here, of ports here that somebody else has by now, of other nodes, of nodes that"
                        + " may not be sent to; and those that moved too often and stay where they were.",
                List.of("where"));
        macs.addMetric(List.of("here"), sum(view, SegmentStatus::here));
        macs.addMetric(List.of("elsewhere"), sum(view, SegmentStatus::elsewhere));
        macs.addMetric(List.of("remote"), sum(view, SegmentStatus::remote));
        macs.addMetric(List.of("unreachable"), sum(view, SegmentStatus::unreachable));
        macs.addMetric(List.of("frozen"), sum(view, SegmentStatus::frozen));
        var refused = new CounterMetricFamily(
                "slash32_segment_refused_routes_total",
                "EVPN routes with a target of a segment here that were not used, or not all of them, by why.",
                List.of("reason"));
        for (Refusal why : Refusal.values()) {
            refused.addMetric(List.of(why.label()), (double) view.refusals().getOrDefault(why, 0L));
        }
        var frames = new CounterMetricFamily(
                "slash32_segment_frames_total",
                "Frames of guests in segments, by what became of them: dropped and why, kept from other nodes (suppressed),"
                        + " sent to all (flooded), and questions by ARP and neighbor discovery.",
                List.of("outcome"));
        for (FrameCount outcome : FrameCount.values()) {
            frames.addMetric(List.of(outcome.label()), (double) count(view, outcome));
        }
        var repairs = new CounterMetricFamily(
                "slash32_segment_repairs_total",
                "Devices, ports and entries of segments that somebody else changed, removed or added, and that were put right.",
                List.of("table"));
        new TreeMap<>(view.drifted()).forEach((table, count) -> repairs.addMetric(List.of(table), (double) count));
        var spoiling = new GaugeMetricFamily(
                "slash32_segment_offload_fault",
                "1 for a network device whose driver is known to spoil connections in segments, while it does.",
                List.of("device", "driver"));
        view.offloads()
                .forEach(fault -> spoiling.addMetric(List.of(fault.device().value(), fault.driver()), 1));
        return List.of(
                spoiling,
                new GaugeMetricFamily(
                        "slash32_segments",
                        "Layer 2 segments on this node.",
                        view.segments().size()),
                new GaugeMetricFamily(
                        "slash32_segment_ports_waiting",
                        "Ports that are in no segment and should be.",
                        view.waiting().size()),
                new GaugeMetricFamily("slash32_segment_vteps", "Nodes that get copies of broadcast.", (double)
                        view.segments().stream()
                                .flatMap(status -> status.flooded().stream())
                                .distinct()
                                .count()),
                macs,
                new GaugeMetricFamily(
                        "slash32_segment_grouped_addresses",
                        "Addresses at ports of other nodes whose EVPN routes say security groups.",
                        sum(view, SegmentStatus::grouped)),
                new CounterMetricFamily(
                        "slash32_segment_mac_moves_total",
                        "Times that a MAC moved between nodes.",
                        sum(view, SegmentStatus::moves)),
                new CounterMetricFamily(
                        "slash32_segment_mac_duplicates_total",
                        "Times that a MAC moved too often and was left where it was.",
                        sum(view, SegmentStatus::duplicates)),
                new GaugeMetricFamily(
                        "slash32_segment_routes_over_limit",
                        "EVPN routes that wait because their node has as many in the segment as are taken of one.",
                        sum(view, SegmentStatus::overLimit)),
                refused,
                frames,
                repairs,
                new CounterMetricFamily(
                        "slash32_segment_questions_answered_total",
                        "Questions of guests for an address, by ARP and neighbor discovery, that were answered from the tables.",
                        (double) Math.max(0, count(view, FrameCount.QUESTIONS) - count(view, FrameCount.UNANSWERED))));
    }

    private static double sum(SegmentsView view, ToLongFunction<SegmentStatus> of) {
        return (double) view.segments().stream().mapToLong(of).sum();
    }

    private static long count(SegmentsView view, FrameCount outcome) {
        return view.frames().getOrDefault(outcome, 0L);
    }
}
