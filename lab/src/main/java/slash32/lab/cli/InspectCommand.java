package slash32.lab.cli;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import slash32.lab.runner.Lab;
import slash32.lab.runner.Lab.NodeStatus;

/// `slash32 lab inspect`.
@Command(name = "inspect", description = "Shows the nodes of a lab that is up.")
final class InspectCommand implements Callable<Integer> {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /// How nodes are shown.
    enum Format {
        table,
        json
    }

    @Mixin
    private final TopologyOptions options = new TopologyOptions();

    @Option(
            names = {"-f", "--format"},
            description = "${COMPLETION-CANDIDATES}; json is as upstream's.",
            defaultValue = "table")
    private Format format = Format.table;

    @Override
    public Integer call() throws IOException {
        Lab lab = options.lab();
        List<NodeStatus> nodes = lab.inspect();
        System.out.print(
                switch (format) {
                    case table -> table(nodes);
                    case json -> json(lab, nodes);
                });
        return 0;
    }

    static String table(List<NodeStatus> nodes) {
        var text = new StringBuilder();
        String row = "%-28s %-24s %-8s %-34s %-16s %s%n";
        text.append(row.formatted("NAME", "IMAGE", "KIND", "STATUS", "IPV4", "IPV6"));
        for (NodeStatus node : nodes) {
            text.append(
                    row.formatted(node.longName(), node.image(), node.kind(), status(node), node.ipv4(), node.ipv6()));
        }
        return text.toString();
    }

    /// In the words of docker, as upstream.
    static String status(NodeStatus node) {
        if (!node.isRunning()) {
            return "Exited";
        }
        String health = node.isHealthy() == null ? "" : node.isHealthy() ? " (healthy)" : " (unhealthy)";
        String command = node.exitCode() == null ? "" : ", command exited (" + node.exitCode() + ")";
        return "Up " + age(node.age()) + health + command;
    }

    private static String age(Duration age) {
        if (age.toSeconds() < 120) {
            return age.toSeconds() + " seconds";
        }
        return age.toMinutes() < 120 ? age.toMinutes() + " minutes" : age.toHours() + " hours";
    }

    private static String json(Lab lab, List<NodeStatus> nodes) throws IOException {
        ObjectNode root = JSON.createObjectNode();
        var array = root.putArray(lab.name());
        for (NodeStatus node : nodes) {
            array.addObject()
                    .put("lab_name", lab.name())
                    .put("labPath", lab.topology().toString())
                    .put("absLabPath", lab.topology().toAbsolutePath().toString())
                    .put("name", node.longName())
                    .put("container_id", String.valueOf(node.holderPid()))
                    .put("image", node.image())
                    .put("kind", node.kind())
                    .put("state", node.isRunning() ? "running" : "exited")
                    .put("status", status(node))
                    .put("ipv4_address", node.ipv4())
                    .put("ipv6_address", node.ipv6())
                    .put("owner", "root");
        }
        return JSON.writeValueAsString(root) + "\n";
    }
}
