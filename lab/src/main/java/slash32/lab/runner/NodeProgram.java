package slash32.lab.runner;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import slash32.lab.runner.ImageMap.NativeImage;
import slash32.lab.topology.Bind;
import slash32.lab.topology.CommandLine;
import slash32.lab.topology.NodeSpec;
import slash32.lab.topology.ShellWords;
import slash32.lab.topology.Topology;

/// What a node runs and in which surroundings: its image, overridden by what the topology says.
///
/// @param command the node's own command; never empty
/// @param environment of everything that runs in the node
/// @param setup the script that makes the node's root and holds it
record NodeProgram(List<String> command, Map<String, String> environment, String setup) {
    private static final String PATH =
            "/run/slash32-lab/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    NodeProgram {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }

    /// Puts a node together.
    ///
    /// @param hosts lines for /etc/hosts
    /// @param root where the node's root is built: an empty folder of the host
    static NodeProgram of(
            Topology topology, NodeSpec node, NativeImage image, Installation installation, String hosts, Path root)
            throws IOException {
        return new NodeProgram(
                command(node, image),
                environment(topology, node, image, installation),
                setup(topology, node, image, installation, hosts, root));
    }

    private static List<String> command(NodeSpec node, NativeImage image) {
        var words = new ArrayList<String>();
        CommandLine entrypoint = node.entrypoint();
        CommandLine cmd = node.cmd();
        words.addAll(entrypoint == null ? image.entrypoint() : entrypoint.words());
        // As in docker, an entrypoint of the node's own doesn't get the image's cmd.
        words.addAll(cmd != null ? cmd.words() : entrypoint == null ? image.cmd() : List.of());
        return words.isEmpty() ? List.of("sleep", "infinity") : words;
    }

    private static Map<String, String> environment(
            Topology topology, NodeSpec node, NativeImage image, Installation installation) throws IOException {
        var environment = new LinkedHashMap<String, String>();
        environment.put("PATH", PATH);
        environment.put("HOME", "/root");
        environment.put("HOSTNAME", node.hostname());
        environment.put("LANG", "C.UTF-8");
        environment.put("TERM", Objects.requireNonNullElse(System.getenv("TERM"), "dumb"));
        environment.put("JAVA_HOME", installation.javaHome().toString());
        environment.putAll(image.env());
        labels(topology, node).forEach((name, value) -> environment.put(labelVariable(name), value));
        for (var file : node.envFiles()) {
            environment.putAll(variables(topology.folder().resolve(file.value())));
        }
        environment.putAll(node.env());
        return environment;
    }

    /// Upstream's labels, and the node's own.
    private static Map<String, String> labels(Topology topology, NodeSpec node) {
        var labels = new LinkedHashMap<String, String>();
        labels.put("containerlab", topology.name());
        labels.put("clab-node-name", node.name());
        labels.put("clab-node-longname", topology.longName(node.name()));
        labels.put("clab-node-kind", node.kind().toString());
        labels.put("clab-topo-file", topology.file().toString());
        labels.putAll(node.labels());
        return labels;
    }

    private static String labelVariable(String label) {
        return "CLAB_LABEL_" + label.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }

    private static Map<String, String> variables(Path file) throws IOException {
        var variables = new LinkedHashMap<String, String>();
        for (String line : Files.readAllLines(file)) {
            int equals = line.indexOf('=');
            if (!line.isBlank() && !line.startsWith("#") && equals > 0) {
                variables.put(line.substring(0, equals).strip(), line.substring(equals + 1));
            }
        }
        return variables;
    }

    private static String setup(
            Topology topology, NodeSpec node, NativeImage image, Installation installation, String hosts, Path root)
            throws IOException {
        var lines = new StringBuilder(resource("node-root.sh")).append('\n');
        call(lines, "make_root", root.toString());
        call(lines, "visible", installation.home().toString());
        call(lines, "visible", installation.javaHome().toString());
        for (String folder : image.directories()) {
            call(lines, "folder", folder);
        }
        node.tmpfs().forEach((folder, options) -> call(lines, "tmpfs", folder, options));
        for (Bind bind : node.binds()) {
            String source = source(topology, bind).toRealPath().toString();
            call(lines, "bind", source, bind.target(), bind.readOnly() ? "ro" : "");
        }
        image.programs().forEach((name, target) -> call(lines, "program", name, target));
        call(lines, "name_host", node.hostname());
        lines.append("cat >/etc/hosts <<'END'\n").append(hosts).append("END\n");
        lines.append("sysctl net.ipv6.conf.all.disable_ipv6 0\n");
        node.sysctls().forEach((name, value) -> call(lines, "sysctl", name, value));
        return lines.append("hold\n").toString();
    }

    private static void call(StringBuilder lines, String... words) {
        lines.append(List.of(words).stream().map(ShellWords::quote).collect(Collectors.joining(" ", "", "\n")));
    }

    /// Where a bind's source is on the host.
    static Path source(Topology topology, Bind bind) {
        String text = bind.source();
        if (text.equals("~") || text.startsWith("~/")) {
            text = System.getProperty("user.home") + text.substring(1);
        }
        return topology.folder().resolve(text).normalize();
    }

    static String resource(String name) throws IOException {
        try (InputStream stream = Objects.requireNonNull(NodeProgram.class.getResourceAsStream(name))) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
