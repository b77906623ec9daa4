package slash32.lab.runner;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.lab.runner.LabState.NodeState;

/// A node whose namespaces are there: runs commands in it, and its own command.
public final class RunningNode {
    private static final String MAIN = "/run/slash32-lab/main";
    private static final String START = "rm -f " + MAIN + ".*; setsid sh /run/slash32-lab/supervise \"$@\" &\n"
            + "until [ -s " + MAIN + ".pid ]; do sleep 0.01; done";
    private static final Duration QUICK = Duration.ofSeconds(10);

    private final String name;
    private final NodeState state;
    private final Path folder;

    /// @param folder where the node's output goes
    RunningNode(String name, NodeState state, Path folder) {
        this.name = name;
        this.state = state;
        this.folder = folder;
    }

    /// Its name in the topology.
    public String name() {
        return name;
    }

    /// A file of the node, as the host sees it.
    public Path path(String inNode) {
        return Path.of("/proc/" + state.first() + "/root" + inNode);
    }

    /// Where the output of the node's command goes.
    public Path folder() {
        return folder;
    }

    /// A command line that runs {@code words} in the node, for a process with {@link #environment}.
    public List<String> enter(List<String> words) {
        var line = new ArrayList<>(List.of(
                "nsenter",
                "--target=" + state.first(),
                "--mount",
                "--uts",
                "--ipc",
                "--net",
                "--pid",
                "--root",
                "--wd",
                "--"));
        line.addAll(words);
        return line;
    }

    /// The environment of the node's commands.
    public Map<String, String> environment() {
        return state.environment();
    }

    /// Runs a command in the node to its end, and gives back how it ended.
    public HostCommand.Outcome run(List<String> words, Duration timeout) throws IOException {
        return HostCommand.run(enter(words), environment(), timeout);
    }

    /// Starts the node's own command. Its output is appended to `stdout.log` and `stderr.log`.
    public void start() throws IOException {
        Path supervise = path("/run/slash32-lab/supervise");
        if (!Files.exists(supervise)) {
            Files.writeString(supervise, NodeProgram.resource("supervise.sh"));
        }
        var words = new ArrayList<>(List.of("sh", "-c", START, "start"));
        words.addAll(state.command());
        var builder = new ProcessBuilder(enter(words))
                .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(Redirect.appendTo(folder.resolve("stdout.log").toFile()))
                .redirectError(Redirect.appendTo(folder.resolve("stderr.log").toFile()));
        builder.environment().clear();
        builder.environment().putAll(environment());
        try {
            int exitCode = builder.start().waitFor();
            if (exitCode != 0) {
                throw new LabException("node " + name + ": its command could not be started: see " + folder);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted");
        }
    }

    /// How the node's own command ended; null while it runs, and before it was started.
    public @Nullable Integer exitCode() throws IOException {
        Path exit = path(MAIN + ".exit");
        String text = Files.exists(exit) ? Files.readString(exit).strip() : "";
        return text.isEmpty() ? null : Integer.valueOf(text);
    }

    /// Sends {@code signal} to the node's own command.
    ///
    /// @param signal as kill(1) takes it, such as KILL
    public void signal(String signal) throws IOException {
        signal(signal, Files.readString(path(MAIN + ".pid")).strip());
    }

    /// Sends a signal to a process of the node.
    ///
    /// @param pid its number in the node
    public void signal(String signal, String pid) throws IOException {
        HostCommand.Outcome outcome = run(List.of("kill", "-" + signal, pid), QUICK);
        if (!outcome.isSuccess()) {
            throw new LabException("node " + name + ": kill -" + signal + " " + pid + ": "
                    + outcome.output().strip());
        }
    }

    /// One try of the node's health check; true if it has none.
    public boolean isHealthy(Duration timeout) throws IOException {
        return state.healthcheck().isEmpty()
                || run(state.healthcheck(), timeout).isSuccess();
    }
}
