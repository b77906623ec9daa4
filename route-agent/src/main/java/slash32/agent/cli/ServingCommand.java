package slash32.agent.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.ConfigFile;
import slash32.agent.config.ConfigWatcher;
import slash32.agent.config.Loaded;
import slash32.agent.config.PeerConfig;
import slash32.agent.config.PeerRangeConfig;
import slash32.agent.config.ReflectorConfig;

/// Runs a program until it is told to end, and gives it its configuration anew whenever the file changes or SIGHUP
/// comes.
///
/// @param <C> its configuration
@Command
final class ServingCommand<C> implements Callable<Integer> {
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

    private final Role<C> role;
    private final Console console;

    @Option(names = "--check", description = "Only say what is wrong with the configuration.")
    private boolean check;

    @Option(names = "--config", paramLabel = "FILE", description = "The configuration; ${DEFAULT-VALUE} by default.")
    private Path file;

    /// What the program is.
    ///
    /// @param peers all of a configuration, those of its ranges included
    private record Role<C>(Reader<C> reader, Function<C, Stream<PeerConfig>> peers, RunningAgent.Factory<C> factory) {
        interface Reader<C> {
            Loaded<C> read(Path file) throws IOException;
        }
    }

    private ServingCommand(Role<C> role, Console console, Path file) {
        this.role = role;
        this.console = console;
        this.file = file;
    }

    /// {@code slash32 agent}.
    static CommandLine agent(RunningAgent.Factory<AgentConfig> factory, Console console) {
        return described(
                agent(factory, console, AgentConfig.DEFAULT_FILE), "Runs the agent, or checks its configuration.");
    }

    /// {@code slash32 agent --config FILE}.
    static ServingCommand<AgentConfig> agent(RunningAgent.Factory<AgentConfig> factory, Console console, Path file) {
        var role = new Role<>(ConfigFile::load, config -> peers(config.peers(), config.peerRanges()), factory);
        return new ServingCommand<>(role, console, file);
    }

    /// {@code slash32 reflector}.
    static CommandLine reflector(RunningAgent.Factory<ReflectorConfig> factory, Console console) {
        return described(
                reflector(factory, console, ReflectorConfig.DEFAULT_FILE),
                "Runs a BGP route reflector, or checks its configuration.");
    }

    /// {@code slash32 reflector --config FILE}.
    static ServingCommand<ReflectorConfig> reflector(
            RunningAgent.Factory<ReflectorConfig> factory, Console console, Path file) {
        var role = new Role<>(ConfigFile::loadReflector, config -> peers(config.peers(), config.peerRanges()), factory);
        return new ServingCommand<>(role, console, file);
    }

    private static CommandLine described(ServingCommand<?> command, String description) {
        var line = new CommandLine(command);
        line.getCommandSpec().usageMessage().description(description);
        return line;
    }

    private static Stream<PeerConfig> peers(List<PeerConfig> peers, List<PeerRangeConfig> ranges) {
        return Stream.concat(peers.stream(), ranges.stream().map(PeerRangeConfig::peer));
    }

    @Override
    public Integer call() {
        C config = load();
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
    private @Nullable C load() {
        try {
            return switch (role.reader().read(file)) {
                case Loaded.Accepted<C>(C config) -> {
                    checkKeys(config);
                    yield config;
                }
                case Loaded.Refused<C>(var problems) -> {
                    problems.forEach(problem -> console.err().println(problem.text(file.toString())));
                    yield null;
                }
            };
        } catch (IOException e) {
            console.complain("reading the configuration: " + e);
            return null;
        }
    }

    private void checkKeys(C config) throws IOException {
        for (PeerConfig peer : role.peers().apply(config).toList()) {
            if (peer.key() != null) {
                peer.key().check(peer.address());
            }
        }
    }

    private int run(C config) {
        var watcher = new ConfigWatcher(file, LOOK_INTERVAL);
        try {
            RunningAgent<C> agent = role.factory().create(config, Version.text());
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
    private void watch(ConfigWatcher watcher, RunningAgent<C> agent) {
        try {
            while (true) {
                watcher.await();
                reload(agent);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void reload(RunningAgent<C> agent) {
        try {
            switch (role.reader().read(file)) {
                case Loaded.Accepted<C>(C config) -> {
                    checkKeys(config);
                    List<String> needRestart = agent.reload(config);
                    log().info(
                                    "event=config-reloaded file={} needRestart=\"{}\"",
                                    file,
                                    String.join(", ", needRestart));
                }
                case Loaded.Refused<C>(var problems) -> {
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
        return LoggerFactory.getLogger(ServingCommand.class);
    }
}
