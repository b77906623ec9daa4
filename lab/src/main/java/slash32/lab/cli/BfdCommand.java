package slash32.lab.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import slash32.lab.bench.BfdDetection;

/// `slash32 lab bench bfd`.
@Command(name = "bfd", description = "From a peer's SIGSTOP until its session is down and its route out of the kernel.")
final class BfdCommand implements Callable<Integer> {
    @Option(names = "--stops", paramLabel = "N", description = "How many are measured.", defaultValue = "50")
    private int stops;

    @Override
    public Integer call() throws IOException {
        new BfdDetection(stops, System.out).run();
        return 0;
    }
}
