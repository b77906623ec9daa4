package slash32.agent.metrics;

import io.prometheus.client.Collector;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import java.util.List;
import java.util.function.Supplier;
import slash32.agent.status.PathsView;
import slash32.overlay.probe.PathState;
import slash32.overlay.probe.PathStatus;
import slash32.overlay.probe.ProbedPath;

/// Turns paths to other nodes into samples: sums, and a series for each path that something may be to be done about.
final class PathCollector extends Collector {
    private final Supplier<PathsView> source;

    PathCollector(Supplier<PathsView> source) {
        this.source = source;
    }

    @Override
    public List<MetricFamilySamples> collect() {
        PathsView view = source.get();
        var paths = new GaugeMetricFamily(
                "slash32_overlay_paths",
                "Paths to other nodes, by what goes there and what is known: open, narrow (a packet of full size does not"
                        + " pass), unreachable, silent (no echo ever came back), unknown.",
                List.of("kind", "state"));
        for (ProbedPath.Kind kind : ProbedPath.Kind.values()) {
            for (PathState state : PathState.values()) {
                long count = view.paths().stream()
                        .filter(path -> path.path().kind() == kind && path.state() == state)
                        .count();
                paths.addMetric(List.of(kind.label(), state.label()), (double) count);
            }
        }
        var troubled = new GaugeMetricFamily(
                "slash32_overlay_path_trouble",
                "1 for each path that is narrow, unreachable or silent.",
                List.of("kind", "local", "node", "state"));
        var fits = new GaugeMetricFamily(
                "slash32_overlay_path_fits_bytes",
                "The largest IP packet that passes a narrow path, where that is known.",
                List.of("kind", "local", "node"));
        for (PathStatus path : view.paths()) {
            List<String> labels = List.of(
                    path.path().kind().label(),
                    path.path().local().toString(),
                    path.path().node().toString());
            if (PathsView.isTroubled(path)) {
                troubled.addMetric(
                        List.of(
                                labels.get(0),
                                labels.get(1),
                                labels.get(2),
                                path.state().label()),
                        1);
            }
            if (path.fitsBytes() > 0) {
                fits.addMetric(labels, path.fitsBytes());
            }
        }
        var echoes = new CounterMetricFamily(
                "slash32_overlay_path_echoes_total",
                "Echoes that paths are judged by: sent, answered, and refused by this host's kernel.",
                List.of("outcome"));
        view.echoes().forEach((outcome, count) -> echoes.addMetric(List.of(outcome), (double) count));
        return List.of(paths, troubled, fits, echoes);
    }
}
