package slash32.lab.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `slash32 lab bench`.
@Command(
        name = "bench",
        description = "Runs one benchmark, or all of them, and prints a table and a line of JSON of each.",
        subcommands = {EndpointLatencyCommand.class, BfdCommand.class})
final class BenchCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    /// All of them, as they are by default.
    @Override
    public Integer call() {
        int worst = 0;
        for (CommandLine benchmark : spec.subcommands().values()) {
            worst = Math.max(worst, benchmark.execute());
        }
        return worst;
    }
}
