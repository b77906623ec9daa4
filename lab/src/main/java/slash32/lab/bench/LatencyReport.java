package slash32.lab.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/// What `endpoint-latency` prints.
///
/// @param cold first replies of the warm-up; may have none
record LatencyReport(EndpointLatency.Plan plan, Latencies cold, List<LatencyStage> stages) {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final JsonMapper JSON = new JsonMapper();

    /// For people: when, after the `PUT` was sent, each of it held.
    String table() {
        var text = new StringBuilder();
        text.append("endpoint-latency: %d endpoints after a warm-up of %d, mode %s; milliseconds from the PUT%n"
                .formatted(plan.endpoints(), plan.warmUp(), plan.mode().label()));
        text.append("%-8s %-28s %8s %8s %8s %8s%n".formatted("PRESENT", "PHASE", "p50", "p99", "max", "RATIO"));
        if (cold.size() > 0) {
            row(text, "", cold, "");
        }
        for (LatencyStage stage : stages) {
            for (Latencies phase : stage.phases()) {
                row(text, Integer.toString(stage.present()), phase, ratio(stage, phase));
            }
        }
        for (LatencyStage stage : stages) {
            if (stage.filled() > 0) {
                text.append("%d endpoints at once, up to %d in all: the last was advertised after %.2f s%n"
                        .formatted(
                                stage.filled(), stage.present(), stage.filling().toNanos() / NANOS_PER_SECOND));
            }
        }
        return text.toString();
    }

    /// Of the median, to the first stage's.
    private String ratio(LatencyStage stage, Latencies phase) {
        LatencyStage first = stages.getFirst();
        return stage == first ? "" : "%.2f".formatted(stage.ratio(phase.name(), first));
    }

    private static void row(StringBuilder text, String present, Latencies phase, String ratio) {
        text.append("%-8s %-28s %8.2f %8.2f %8.2f %8s%n"
                .formatted(
                        present,
                        phase.name(),
                        phase.percentileMillis(50),
                        phase.percentileMillis(99),
                        phase.percentileMillis(100),
                        ratio));
    }

    /// For programs: the table in one line.
    String json() {
        ObjectNode root = JSON.createObjectNode()
                .put("benchmark", "endpoint-latency")
                .put("mode", plan.mode().label())
                .put("endpoints", plan.endpoints())
                .put("warmUp", plan.warmUp());
        if (cold.size() > 0) {
            root.set("warmUpMilliseconds", milliseconds(cold));
        }
        var all = root.putArray("stages");
        for (LatencyStage stage : stages) {
            ObjectNode one = all.addObject()
                    .put("present", stage.present())
                    .put("filled", stage.filled())
                    .put("fillingSeconds", stage.filling().toNanos() / NANOS_PER_SECOND);
            ObjectNode phases = one.putObject("milliseconds");
            stage.phases().forEach(phase -> phases.set(phase.name(), milliseconds(phase)));
        }
        return root.toString();
    }

    private static ObjectNode milliseconds(Latencies phase) {
        return JSON.createObjectNode()
                .put("p50", phase.percentileMillis(50))
                .put("p99", phase.percentileMillis(99))
                .put("max", phase.percentileMillis(100));
    }
}
