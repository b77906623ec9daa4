package slash32.agent.cli;

import java.io.InputStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import slash32.agent.cni.CniPlugin;

/// {@code slash32 cni}: what a container runtime starts, by the name bin/slash32-cni.
@Command(
        name = "cni",
        description = {
            "The CNI plugin: called by container runtimes, with CNI_COMMAND and its like in the environment and the"
                    + " network's configuration on standard input."
        })
record Cni(Console console, InputStream input) implements Callable<Integer> {
    @Override
    public Integer call() {
        return new CniPlugin(System.getenv(), input, console.out()).run();
    }
}
