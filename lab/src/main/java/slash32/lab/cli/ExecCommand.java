package slash32.lab.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import slash32.lab.runner.RunningNode;

/// `slash32 lab exec`.
@Command(
        name = "exec",
        description = "Runs a command in a node, with this terminal; exits as the command does.",
        footer = {"", "Example: slash32 lab exec demo.clab.yml --node rr1 -- birdc show protocols"})
final class ExecCommand implements Callable<Integer> {
    @Mixin
    private final TopologyOptions options = new TopologyOptions();

    @Option(names = "--node", required = true, paramLabel = "NODE", description = "The node's name.")
    private String node = "";

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "COMMAND", description = "After --.")
    private List<String> command = List.of();

    @Override
    public Integer call() throws IOException {
        RunningNode running = options.lab().node(node);
        var builder = new ProcessBuilder(running.enter(command)).inheritIO();
        builder.environment().clear();
        builder.environment().putAll(running.environment());
        try {
            return builder.start().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }
}
