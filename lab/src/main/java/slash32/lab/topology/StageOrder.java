package slash32.lab.topology;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import slash32.lab.yaml.Findings;

/// Looks for stages that wait for each other for ever.
final class StageOrder {
    private record Step(String node, StageName stage) {}

    private final Map<String, NodeSpec> nodes;
    private final Set<Step> finished = new LinkedHashSet<>();
    private final List<Step> path = new ArrayList<>();

    private StageOrder(Map<String, NodeSpec> nodes) {
        this.nodes = nodes;
    }

    /// Notes the first wait of each circle.
    static void check(Map<String, NodeSpec> nodes, Findings findings) {
        var order = new StageOrder(nodes);
        for (NodeSpec node : nodes.values()) {
            for (StageName stage : StageName.values()) {
                order.visit(new Step(node.name(), stage), findings);
            }
        }
    }

    private void visit(Step step, Findings findings) {
        NodeSpec node = nodes.get(step.node());
        if (node == null || finished.contains(step)) {
            return;
        }
        path.add(step);
        StageName previous = step.stage().previous();
        if (previous != null) {
            visit(new Step(step.node(), previous), findings);
        }
        for (Stage.WaitFor wait : node.stage(step.stage()).waitFor()) {
            var next = new Step(wait.node(), wait.stage());
            if (path.contains(next)) {
                findings.error(
                        wait.place(),
                        node.key() + ".stages." + step.stage() + ".wait-for",
                        "waits for itself: " + circle(next));
            } else {
                visit(next, findings);
            }
        }
        path.removeLast();
        finished.add(step);
    }

    private String circle(Step from) {
        var text = new StringBuilder();
        for (Step step : path.subList(path.indexOf(from), path.size())) {
            text.append(step.node()).append(' ').append(step.stage()).append(" needs ");
        }
        return text.append(from.node()).append(' ').append(from.stage()).toString();
    }
}
