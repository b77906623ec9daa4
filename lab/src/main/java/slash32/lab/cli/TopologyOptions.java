package slash32.lab.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import slash32.lab.runner.Lab;

/// What every command about one lab takes.
final class TopologyOptions {
    @Parameters(paramLabel = "TOPOLOGY", description = "A Containerlab topology file, NAME.clab.yml.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path topology;

    @Option(
            names = "--native",
            paramLabel = "FILE",
            description = "Maps images to host programs; native.yml beside the topology if not given.")
    private @Nullable Path nativeFile;

    @Option(names = "--allow-host", description = "Lets the topology run commands on the host.")
    private boolean hostAllowed;

    Lab lab() {
        return new Lab(topology, nativeFile, hostAllowed, System.out);
    }
}
