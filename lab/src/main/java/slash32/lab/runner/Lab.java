package slash32.lab.runner;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.lab.runner.LabState.NodeState;
import slash32.lab.topology.Topology;
import slash32.lab.topology.TopologyFile;
import slash32.lab.yaml.Finding;
import slash32.lab.yaml.Finding.Severity;

/// The lab of one topology file.
///
/// What is up is known from its state alone, so it can be looked at and taken down whatever the file says meanwhile.
public final class Lab {
    private static final String NATIVE = "native.yml";
    private static final Duration HEALTH_TIMEOUT = Duration.ofSeconds(10);

    private final Path file;
    private final @Nullable Path nativeFile;
    private final boolean hostAllowed;
    private final PrintStream out;

    /// @param nativeFile null for the `native.yml` beside the topology, which need not be there
    /// @param hostAllowed the topology may run commands on the host
    /// @param out for people
    public Lab(Path file, @Nullable Path nativeFile, boolean hostAllowed, PrintStream out) {
        this.file = file;
        Path beside = file.toAbsolutePath().resolveSibling(NATIVE);
        this.nativeFile = nativeFile != null ? nativeFile : Files.exists(beside) ? beside : null;
        this.hostAllowed = hostAllowed;
        this.out = out;
    }

    /// A node of a lab that is up.
    ///
    /// @param isRunning its namespaces are held
    /// @param exitCode how its own command ended; null while it runs
    /// @param isHealthy null if it has no health check
    public record NodeStatus(
            String name,
            String longName,
            String image,
            String kind,
            boolean isRunning,
            @Nullable Integer exitCode,
            @Nullable Boolean isHealthy,
            long holderPid,
            Duration age,
            String ipv4,
            String ipv6) {}

    /// All there is to say about the file, and about what it needs of this host.
    public List<Finding> check() throws IOException {
        TopologyFile read = TopologyFile.read(file, System.getenv());
        var findings = new ArrayList<>(read.findings());
        if (read.topology() != null) {
            findings.addAll(Readiness.check(read.topology(), images(), Severity.WARNING, hostAllowed));
        }
        return findings;
    }

    /// Brings it up; if it is up and whole, only starts the commands that have ended.
    ///
    /// @param reconfigure takes down first what is up
    /// @throws LabException naming everything that is missing, or what could not be done
    public void up(boolean reconfigure) throws IOException {
        Topology topology = readyTopology();
        LabState state = LabState.of(file);
        boolean keep = state != null && !reconfigure && isWhole(state);
        if (state != null && !keep) {
            out.println("lab " + state.lab() + ": taking down what is left of it");
            new LabDown(state).run(false);
        } else if (state != null) {
            if (!state.digest().equals(digest())) {
                throw new LabException("lab " + state.lab() + " is up from an earlier " + file.getFileName()
                        + "; run `slash32 lab down " + file + "` first, or `lab up --reconfigure`");
            }
            restartEnded(state);
            return;
        }
        new LabUp(topology, images(), Installation.find(), out).run(digest());
    }

    private Topology readyTopology() throws IOException {
        TopologyFile read = TopologyFile.read(file, System.getenv());
        var findings = new ArrayList<>(read.findings());
        Topology topology = read.topology();
        if (topology != null) {
            findings.addAll(Readiness.check(topology, images(), Severity.ERROR, hostAllowed));
        }
        List<Finding> errors = findings.stream().filter(Finding::isError).toList();
        if (topology == null || !errors.isEmpty()) {
            throw new LabException(
                    String.join("\n", errors.stream().map(Finding::toString).toList()));
        }
        findings.forEach(out::println);
        if (!"root".equals(System.getProperty("user.name"))) {
            throw new LabException("a lab needs root: it makes network namespaces");
        }
        return topology;
    }

    private static boolean isWhole(LabState state) throws IOException {
        for (NodeState node : state.nodes().values()) {
            if (node.holder() == null || !node.holder().isAlive()) {
                return false;
            }
        }
        return state.isComplete();
    }

    private void restartEnded(LabState state) throws IOException {
        for (var entry : state.nodes().entrySet()) {
            RunningNode node = running(state, entry.getKey(), entry.getValue());
            if (node.exitCode() != null) {
                node.start();
                out.println("node " + entry.getKey() + ": its command had ended and was started again");
            }
        }
        out.println("lab " + state.lab() + ": is up");
    }

    /// Takes it down, from its state; does nothing if it isn't up.
    ///
    /// @param keepLogs leaves the lab's folder with what the nodes wrote
    /// @return false if it wasn't up
    public boolean down(boolean keepLogs) throws IOException {
        LabState state = LabState.of(file);
        if (state == null) {
            return false;
        }
        new LabDown(state).run(keepLogs);
        return true;
    }

    /// The topology file.
    public Path topology() {
        return file;
    }

    /// Its name.
    ///
    /// @throws LabException if it isn't up
    public String name() throws IOException {
        return state().lab();
    }

    /// A node by its name in the topology, or its long name.
    ///
    /// @throws LabException if there is none, or it isn't running
    public RunningNode node(String name) throws IOException {
        LabState state = state();
        for (var entry : state.nodes().entrySet()) {
            NodeState node = entry.getValue();
            if (entry.getKey().equals(name) || node.longName().equals(name)) {
                if (node.holder() == null || !node.holder().isAlive()) {
                    throw new LabException("node " + name + " isn't running");
                }
                return running(state, entry.getKey(), node);
            }
        }
        throw new LabException("there is no node " + name + " in lab " + state.lab() + "; there are "
                + String.join(", ", state.nodes().keySet()));
    }

    /// The nodes in the order in which they were made.
    public List<NodeStatus> inspect() throws IOException {
        LabState state = state();
        var statuses = new ArrayList<NodeStatus>();
        for (Map.Entry<String, NodeState> entry : state.nodes().entrySet()) {
            NodeState node = entry.getValue();
            boolean isRunning = node.holder() != null && node.holder().isAlive();
            RunningNode running = running(state, entry.getKey(), node);
            statuses.add(new NodeStatus(
                    entry.getKey(),
                    node.longName(),
                    node.image(),
                    node.kind(),
                    isRunning,
                    isRunning ? running.exitCode() : null,
                    health(running, isRunning && !node.healthcheck().isEmpty()),
                    node.holder() == null ? 0 : node.holder().pid(),
                    Duration.ofMillis(System.currentTimeMillis() - node.startedMillis()),
                    node.ipv4() == null ? "" : node.ipv4(),
                    node.ipv6() == null ? "" : node.ipv6()));
        }
        return statuses;
    }

    private static @Nullable Boolean health(RunningNode node, boolean isChecked) throws IOException {
        return isChecked ? (Boolean) node.isHealthy(HEALTH_TIMEOUT) : null;
    }

    private LabState state() throws IOException {
        LabState state = LabState.of(file);
        if (state == null) {
            throw new LabException("no lab of " + file + " is up");
        }
        return state;
    }

    static RunningNode running(LabState state, String name, NodeState node) {
        return new RunningNode(name, node, state.folder().resolve(name));
    }

    private ImageMap images() throws IOException {
        return ImageMap.read(nativeFile, Installation.find().launcher().toString());
    }

    /// Of everything that a lab is made from.
    private String digest() throws IOException {
        String natives = nativeFile == null ? "" : Files.readString(nativeFile);
        return Devices.hash(Files.readString(file) + "\0" + natives, 32);
    }

    /// Deletes {@code folder} with all that is in it; no mount may be under it.
    static void deleteFolder(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
