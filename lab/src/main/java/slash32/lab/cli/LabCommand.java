package slash32.lab.cli;

import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `slash32 lab`: what `bin/slash32` runs.
@Command(
        name = "slash32 lab",
        description = "Runs Containerlab topologies in network namespaces, without a container engine.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            UpCommand.class,
            DownCommand.class,
            InspectCommand.class,
            ExecCommand.class,
            CheckCommand.class,
            TestCommand.class,
            CableCommand.class,
            BenchCommand.class,
            ProbeCommand.class,
            EspEndCommand.class,
            MeshPeersCommand.class,
        })
public final class LabCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    /// Runs one command and ends the process.
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new LabCommand()).setExecutionExceptionHandler((failure, line, result) -> {
            // World's faults are for people; ours end with their stack trace.
            if (!(failure instanceof IOException)) {
                throw failure;
            }
            line.getErr().println(failure.getMessage());
            return CommandLine.ExitCode.SOFTWARE;
        });
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which command?");
    }
}
