package slash32.agent.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.ConfigSchema;
import slash32.agent.config.ReflectorConfig;

/// The program.
@Command(
        name = "slash32",
        description = "Makes a hypervisor a router: every VM address is a host route, announced by BGP.",
        versionProvider = Version.class,
        footer = {"", "Exit codes: 0 fine, 1 failed, 2 wrong usage."})
public final class Slash32 {
    private Slash32() {}

    /// What this program can be, besides a command.
    public record Roles(RunningAgent.Factory<AgentConfig> agent, RunningAgent.Factory<ReflectorConfig> reflector) {}

    /// Runs the program, except for the agent and the reflector themselves, which {@code roles} makes.
    ///
    /// @return the exit code
    public static int run(Roles roles, String... arguments) {
        return run(roles, writer(System.out), writer(System.err), arguments);
    }

    static int run(Roles roles, PrintWriter out, PrintWriter err, String... arguments) {
        ServingCommand<?> daemon = daemon(roles, new Console(out, err), arguments);
        if (daemon == null) {
            return commandLine(roles, out, err).execute(arguments);
        }
        try {
            return daemon.call();
        } catch (RuntimeException fault) { // as picocli does with what a command throws
            fault.printStackTrace(err);
            return ExitCode.SOFTWARE;
        }
    }

    /// True for the form that starts the agent or the reflector in production. Its way round picocli, whose class files
    /// are of a version that no class archive takes, halves the time to the first OPEN.
    public static boolean isDaemon(String... arguments) {
        return arguments.length == 3
                && (arguments[0].equals("agent") || arguments[0].equals("reflector"))
                && arguments[1].equals("--config");
    }

    /// Null for anything but a daemon.
    private static @Nullable ServingCommand<?> daemon(Roles roles, Console console, String... arguments) {
        if (!isDaemon(arguments)) {
            return null;
        }
        Path file = Path.of(arguments[2]);
        return arguments[0].equals("agent")
                ? ServingCommand.agent(roles.agent(), console, file)
                : ServingCommand.reflector(roles.reflector(), console, file);
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    static CommandLine commandLine(Roles roles, PrintWriter out, PrintWriter err) {
        var console = new Console(out, err);
        var program = new CommandLine(new Slash32());
        program.getCommandSpec()
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .scopeType(ScopeType.INHERIT)
                        .description("Show this help.")
                        .build())
                .addOption(OptionSpec.builder("-V", "--version")
                        .versionHelp(true)
                        .description("Show the version.")
                        .build());
        program.addSubcommand("agent", ServingCommand.agent(roles.agent(), console))
                .addSubcommand("reflector", ServingCommand.reflector(roles.reflector(), console))
                .addSubcommand(new Asking.Status(console))
                .addSubcommand(new Asking.Peers(console))
                .addSubcommand(new Asking.Routes(console))
                .addSubcommand(new Asking.Endpoints(console))
                .addSubcommand(new Asking.Groups(console))
                .addSubcommand(new Asking.Segments(console))
                .addSubcommand(new Asking.Sas(console))
                .addSubcommand(new Asking.Paths(console))
                .addSubcommand(new Asking.Events(console))
                .addSubcommand(new Asking.Drops(console))
                .addSubcommand(new Explain(console))
                .addSubcommand(new CommandLine(new Bgp())
                        .addSubcommand(new BgpDecode(console, System.in))
                        .addSubcommand(new BgpEncode(console, System.in)))
                .addSubcommand(new CommandLine(new Mrt()).addSubcommand(new MrtDump(console, System.out)))
                .addSubcommand(Pki.commandLine(console))
                .addSubcommand(new Cni(console, System.in))
                .addSubcommand(new CommandLine(new Config()).addSubcommand(new Schema(console)))
                .addSubcommand(new Completion(program, console))
                .addSubcommand(new CommandLine(new Lab(console)).setUnmatchedArgumentsAllowed(true));
        return program.setOut(out).setErr(err).setCaseInsensitiveEnumValuesAllowed(true);
    }

    @Command(name = "bgp", description = "About BGP messages.")
    private static final class Bgp {}

    @Command(name = "mrt", description = "About MRT files.")
    private static final class Mrt {}

    @Command(name = "config", description = "About configuration files.")
    private static final class Config {}

    @Command(name = "schema", description = "Writes the JSON Schema of a configuration file.")
    private static final class Schema implements Callable<Integer> {
        private final Console console;

        @Parameters(
                arity = "0..1",
                paramLabel = "ROLE",
                defaultValue = "agent",
                description = "Whose: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.")
        private ConfigSchema role = ConfigSchema.AGENT;

        Schema(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() {
            console.out().print(role.text());
            console.out().flush();
            return ExitCode.OK;
        }
    }

    @Command(name = "completion", description = "Writes completion for bash and zsh: source <(slash32 completion)")
    private record Completion(CommandLine program, Console console) implements Callable<Integer> {
        @Override
        public Integer call() {
            console.out().print(AutoComplete.bash("slash32", program));
            console.out().flush();
            return ExitCode.OK;
        }
    }

    /// Listed here for its help; bin/slash32 starts the lab itself.
    @Command(name = "lab", description = "Runs Containerlab topologies in network namespaces: slash32 lab --help")
    private record Lab(Console console) implements Callable<Integer> {
        @Override
        public Integer call() {
            console.complain("the lab is started by bin/slash32 of a source tree");
            return ExitCode.SOFTWARE;
        }
    }
}
