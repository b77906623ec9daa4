package slash32.lab.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `slash32 lab down`.
@Command(name = "down", description = "Takes a lab down, whatever its file says now; leaves nothing behind.")
final class DownCommand implements Callable<Integer> {
    @Mixin
    private final TopologyOptions options = new TopologyOptions();

    @Option(names = "--keep-logs", description = "Leaves the lab's folder, with what the nodes wrote.")
    private boolean keepLogs;

    @Override
    public Integer call() throws IOException {
        System.out.println(options.lab().down(keepLogs) ? "the lab is down" : "the lab was not up");
        return 0;
    }
}
