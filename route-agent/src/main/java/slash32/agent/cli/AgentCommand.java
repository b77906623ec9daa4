package slash32.agent.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.ConfigFile;
import slash32.agent.config.ConfigWatcher;
import slash32.agent.config.Loaded;
import slash32.agent.config.PasswordFile;
import slash32.agent.config.PeerConfig;
import slash32.agent.config.PeerRangeConfig;

/// {@code slash32 agent}: runs the agent until it is told to end, and gives it its configuration anew whenever the file
/// changes or SIGHUP comes.
@Command(name = "agent", description = "Runs the agent, or checks its configuration.")
final class AgentCommand implements Callable<Integer> {
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

    private final RunningAgent.Factory factory;
    private final Console console;

    @Option(names = "--config", paramLabel = "FILE", description = "The configuration; ${DEFAULT-VALUE} by default.")
    private Path file = AgentConfig.DEFAULT_FILE;

    @Option(names = "--check", description = "Only say what is wrong with the configuration.")
    private boolean check;

    AgentCommand(RunningAgent.Factory factory, Console console) {
        this.factory = factory;
        this.console = console;
    }

    @Override
    public Integer call() {
        AgentConfig config = load();
        if (config == null) {
            return ExitCode.SOFTWARE;
        }
        if (check) {
            console.out().println(file + ": fine");
            return ExitCode.OK;
        }
        return run(config);
    }

    /// The configuration, or null after it was said what is wrong.
    private @Nullable AgentConfig load() {
        try {
            return switch (ConfigFile.load(file)) {
                case Loaded.Accepted(AgentConfig config) -> {
                    readPasswords(config);
                    yield config;
                }
                case Loaded.Refused(var problems) -> {
                    problems.forEach(problem -> console.err().println(problem.text(file.toString())));
                    yield null;
                }
            };
        } catch (IOException e) {
            console.complain("reading the configuration: " + e);
            return null;
        }
    }

    private static void readPasswords(AgentConfig config) throws IOException {
        for (PeerConfig peer : config.peers()) {
            readPassword(peer);
        }
        for (PeerRangeConfig range : config.peerRanges()) {
            readPassword(range.peer());
        }
    }

    private static void readPassword(PeerConfig peer) throws IOException {
        if (peer.passwordFile() != null) {
            PasswordFile.read(peer.passwordFile());
        }
    }

    private int run(AgentConfig config) {
        var watcher = new ConfigWatcher(file, LOOK_INTERVAL);
        try {
            RunningAgent agent = factory.create(config, Version.text());
            Runtime.getRuntime().addShutdownHook(new Thread(agent::close, "shutdown"));
            Hangup.onSignal(watcher::poke);
            agent.start();
            watch(watcher, agent);
            return ExitCode.OK;
        } catch (IOException e) {
            console.complain("starting the agent: " + e);
            return ExitCode.SOFTWARE;
        }
    }

    /// Hands on every change of the file, until the thread is interrupted.
    void watch(ConfigWatcher watcher, RunningAgent agent) {
        try {
            while (true) {
                watcher.await();
                reload(agent);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void reload(RunningAgent agent) {
        try {
            switch (ConfigFile.load(file)) {
                case Loaded.Accepted(AgentConfig config) -> {
                    readPasswords(config);
                    List<String> needRestart = agent.reload(config);
                    log().info(
                                    "event=config-reloaded file={} needRestart=\"{}\"",
                                    file,
                                    String.join(", ", needRestart));
                }
                case Loaded.Refused(var problems) -> {
                    agent.reloadRefused();
                    problems.forEach(problem ->
                            log().error("event=config-refused kept=old reason=\"{}\"", problem.text(file.toString())));
                }
            }
        } catch (IOException e) {
            agent.reloadRefused();
            log().error("event=config-refused kept=old reason=\"{}\"", e.toString());
        }
    }

    /// Not a constant, so that commands which log nothing don't wait for a logger.
    private static Logger log() {
        return LoggerFactory.getLogger(AgentCommand.class);
    }
}
