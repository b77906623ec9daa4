package slash32.lab.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `slash32 lab up`.
@Command(name = "up", description = "Brings a lab up; does nothing to one that is up, but starts commands that ended.")
final class UpCommand implements Callable<Integer> {
    @Mixin
    private final TopologyOptions options = new TopologyOptions();

    @Option(
            names = {"-c", "--reconfigure"},
            description = "Takes the lab down first.")
    private boolean reconfigure;

    @Override
    public Integer call() throws IOException {
        options.lab().up(reconfigure);
        return 0;
    }
}
