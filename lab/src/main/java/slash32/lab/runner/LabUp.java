package slash32.lab.runner;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import slash32.lab.runner.ImageMap.NativeImage;
import slash32.lab.runner.LabState.NodeState;
import slash32.lab.runner.ManagementNetwork.Connection;
import slash32.lab.topology.CommandLine;
import slash32.lab.topology.Healthcheck;
import slash32.lab.topology.Kind;
import slash32.lab.topology.LinkEnd;
import slash32.lab.topology.NetworkMode;
import slash32.lab.topology.NodeSpec;
import slash32.lab.topology.Stage;
import slash32.lab.topology.Topology;
import slash32.lab.yaml.Located;

/// Makes one lab: namespaces and the management network first, then every node through its stages.
final class LabUp implements NodeLife.NodeWork {
    private static final Duration COMMAND_TIMEOUT = Duration.ofMinutes(5);
    private static final String GO = "go\n";

    private final Topology topology;
    private final ImageMap images;
    private final Installation installation;
    private final PrintStream out;
    private final Map<String, Connection> connections = new HashMap<>();
    private final Map<String, RunningNode> running = new ConcurrentHashMap<>();
    private final long startNanos = System.nanoTime();
    private @Nullable LabState state;
    private @Nullable Links links;

    LabUp(Topology topology, ImageMap images, Installation installation, PrintStream out) {
        this.topology = topology;
        this.images = images;
        this.installation = installation;
        this.out = out;
    }

    /// @param digest of what the lab is made from
    void run(String digest) throws IOException {
        for (NodeSpec node : topology.nodes().values()) {
            refuseTaken(node);
        }
        String file = String.valueOf(topology.file().getFileName());
        LabState fresh = LabState.create(topology.labFolder(), topology.name(), file, digest);
        state = fresh;
        links = new Links(topology, fresh);
        for (NodeSpec node : topology.nodes().values()) {
            if (owns(node)) {
                fresh.addNamespace(topology.longName(node.name()));
                HostCommand.run("ip", "netns", "add", topology.longName(node.name()));
                Devices.setUp(topology.longName(node.name()), "lo");
            }
        }
        for (NodeSpec node : topology.nodes().values()) {
            String namespace = Links.namespace(topology, node);
            if (node.kind() == Kind.BRIDGE && namespace != null && !Devices.exists(namespace, node.bridgeName())) {
                Devices.addBridge(namespace, node.bridgeName());
            }
        }
        connectManagement(fresh);
        liveAll();
        fresh.setComplete();
        long millis = (System.nanoTime() - startNanos) / 1_000_000;
        out.println("lab " + topology.name() + ": " + running.size() + " nodes, "
                + topology.links().size() + " links up in " + millis + " ms");
    }

    private boolean owns(NodeSpec node) {
        return node.equals(topology.namespaceOwner(node));
    }

    /// Whether `ip netns` will know the node's name: its own namespace, or a second name for the one it shares.
    private boolean isNamed(NodeSpec node) {
        return Links.namespace(topology, node) != null;
    }

    /// A namespace of this lab's in which no process lives is what is left of a lab whose folder is gone: it goes too.
    /// One with processes in it belongs to somebody.
    private void refuseTaken(NodeSpec node) throws IOException {
        String name = topology.longName(node.name());
        if (!isNamed(node) || !Files.exists(Path.of("/run/netns", name))) {
            return;
        }
        String processes = HostCommand.run("ip", "netns", "pids", name).strip();
        if (!processes.isEmpty()) {
            throw new LabException("there is a network namespace " + name
                    + " that no lab of this file made, and processes live in it: "
                    + processes.replaceAll("\\s+", ", "));
        }
        out.println("lab " + topology.name() + ": takes away the network namespace " + name
                + ", in which no process is left");
        HostCommand.run("ip", "netns", "delete", name);
    }

    private void connectManagement(LabState fresh) throws IOException {
        boolean isManaged = topology.nodes().values().stream().anyMatch(this::isManaged);
        boolean isLinked = topology.links().stream()
                .anyMatch(link -> link.a() instanceof LinkEnd.OfManagement || link.b() instanceof LinkEnd.OfManagement);
        if (!isManaged && !isLinked) {
            return;
        }
        var network = new ManagementNetwork(topology.management());
        fresh.setManagementBridge(network.bridge());
        network.make();
        // Those that say where they want to be come first.
        var nodes = new ArrayList<>(
                topology.nodes().values().stream().filter(this::isManaged).toList());
        nodes.sort((a, b) -> Boolean.compare(a.managementIpv4() == null, b.managementIpv4() == null));
        for (NodeSpec node : nodes) {
            String longName = topology.longName(node.name());
            fresh.addHostDevice(ManagementNetwork.port(longName));
            connections.put(node.name(), network.connect(node, longName));
        }
    }

    private boolean isManaged(NodeSpec node) {
        return node.kind() == Kind.LINUX && node.networkMode().value() instanceof NetworkMode.Managed;
    }

    /// The first failure ends the others.
    private void liveAll() throws IOException {
        var life = new NodeLife(topology, this);
        // Platform threads: they inherit this thread's network namespace, and so do the programs they start.
        try (var executor = Executors.newThreadPerTaskExecutor(
                Thread.ofPlatform().name("node-", 0).factory())) {
            var lives = new ExecutorCompletionService<NodeSpec>(executor);
            for (NodeSpec node : topology.nodes().values()) {
                lives.submit(() -> {
                    life.live(node);
                    return node;
                });
            }
            try {
                for (int i = 0; i < topology.nodes().size(); i++) {
                    lives.take().get();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LabException("interrupted; `slash32 lab down` takes away what was made");
            } catch (ExecutionException e) {
                throw cause(e);
            } finally {
                executor.shutdownNow();
            }
        }
    }

    private static IOException cause(ExecutionException e) {
        return switch (e.getCause()) {
            case IOException failure -> failure;
            case RuntimeException bug -> throw bug;
            case Error bug -> throw bug;
            case null, default -> new LabException(String.valueOf(e.getCause()));
        };
    }

    @Override
    public void create(NodeSpec node) throws IOException {
        if (node.kind() == Kind.LINUX) {
            createLinux(node);
        }
    }

    private void createLinux(NodeSpec node) throws IOException {
        Located<String> image = node.image();
        NativeImage host = image == null ? null : images.find(image.value());
        if (image == null || host == null) {
            throw new IllegalStateException("readiness let an unknown image of " + node.name() + " pass");
        }
        Path folder = topology.labFolder().resolve(node.name());
        Path root = Files.createDirectories(folder.resolve("root"));
        NodeProgram program = NodeProgram.of(topology, node, host, installation, hosts(), root);
        NodeState prepared = prepared(node, image.value(), program);
        NodeState held = hold(node, folder, program, prepared);
        if (!owns(node) && isNamed(node)) {
            // A second name for the namespace, as upstream gives every node one.
            state().addNamespace(held.longName());
            HostCommand.run("ip", "netns", "attach", held.longName(), "" + held.first());
        }
        RunningNode made = Lab.running(state(), node.name(), held);
        running.put(node.name(), made);
        made.start();
    }

    private NodeState prepared(NodeSpec node, String image, NodeProgram program) {
        Connection connection = connections.get(node.name());
        Healthcheck check = node.healthcheck();
        return new NodeState(
                topology.longName(node.name()),
                image,
                node.kind().toString(),
                null,
                0,
                System.currentTimeMillis(),
                connection == null ? null : connection.ipv4(),
                connection == null ? null : connection.ipv6(),
                check == null ? List.of() : check.command(),
                program.environment(),
                program.command());
    }

    /// Starts the process that holds a node's namespaces. It goes on only after the state names it, so that a lab that
    /// was killed here leaves nothing which `down` doesn't find.
    private NodeState hold(NodeSpec node, Path folder, NodeProgram program, NodeState prepared) throws IOException {
        Path script = Files.writeString(folder.resolve("setup.sh"), program.setup());
        Path log = folder.resolve("setup.log");
        var words = new ArrayList<>(List.of("setsid"));
        String namespace = Links.namespace(topology, node);
        if (namespace != null) {
            words.addAll(List.of("ip", "netns", "exec", namespace));
        }
        words.addAll(List.of("unshare", "-m", "-u", "-i", "-p", "-f", "--kill-child", "--mount-proc"));
        words.addAll(List.of("sh", script.toString()));
        Process process = new ProcessBuilder(words)
                .redirectError(Redirect.to(log.toFile()))
                .start();
        HeldProcess holder = HeldProcess.of(process.pid());
        try (OutputStream answer = process.getOutputStream();
                var said =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = said.readLine();
            if (!"ready".equals(line)) {
                throw new LabException("node " + node.name() + ": its files could not be set up: "
                        + Files.readString(log).strip());
            }
            NodeState held = prepared.heldBy(holder, holder.child());
            state().putNode(node.name(), held);
            answer.write(GO.getBytes(StandardCharsets.US_ASCII));
            return held;
        }
    }

    private LabState state() {
        if (state == null) {
            throw new IllegalStateException("run() has not been called");
        }
        return state;
    }

    private String hosts() {
        var lines = new StringBuilder("127.0.0.1 localhost\n::1 localhost ip6-localhost\n");
        for (NodeSpec node : topology.nodes().values()) {
            Connection connection = connections.get(node.name());
            if (connection != null) {
                String names = " " + topology.longName(node.name()) + " " + node.name() + "\n";
                lines.append(connection.ipv4()).append(names);
                lines.append(connection.ipv6()).append(names);
            }
        }
        return lines.toString();
    }

    @Override
    public void link(NodeSpec node) throws IOException {
        if (links != null) {
            links.ready(node.name());
        }
    }

    @Override
    public void configure(NodeSpec node) throws IOException {
        for (CommandLine command : node.exec()) {
            run(node, command, node.kind() == Kind.HOST);
        }
    }

    @Override
    public void run(NodeSpec node, Stage.StageCommand command) throws IOException {
        run(node, command.command(), command.onHost());
    }

    /// As upstream, a command that fails doesn't end the lab.
    private void run(NodeSpec node, CommandLine command, boolean onHost) throws IOException {
        RunningNode inside = running.get(node.name());
        if (!onHost && inside == null) {
            warn(node, "isn't there yet for: " + command.text());
            return;
        }
        HostCommand.Outcome outcome = onHost || inside == null
                ? HostCommand.run(command.words(), null, COMMAND_TIMEOUT)
                : inside.run(command.words(), COMMAND_TIMEOUT);
        Path log = Files.createDirectories(topology.labFolder().resolve(node.name()))
                .resolve("exec.log");
        Files.writeString(
                log,
                "$ " + command.text() + "\n" + outcome.output() + "exit code " + outcome.exitCode() + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
        if (!outcome.isSuccess()) {
            warn(
                    node,
                    "exit code " + outcome.exitCode() + " of " + command.text() + ": "
                            + outcome.output().strip());
        }
    }

    @Override
    public boolean isHealthy(NodeSpec node, Duration timeout) throws IOException {
        RunningNode inside = running.get(node.name());
        return inside == null || inside.isHealthy(timeout);
    }

    @Override
    public boolean hasExited(NodeSpec node) throws IOException {
        RunningNode inside = running.get(node.name());
        return inside == null || inside.exitCode() != null;
    }

    @Override
    public void warn(NodeSpec node, String text) {
        out.println("node " + node.name() + ": " + text);
    }
}
