package slash32.lab.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import slash32.lab.mesh.MeshPeers;
import slash32.net.Ipv4Address;

/// `slash32 lab mesh-peers`: a scenario's own.
@Command(
        name = "mesh-peers",
        hidden = true,
        description = "Plays nodes of another site, without agents, each with IKE and ESP on an address and a TUN.")
final class MeshPeersCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FOLDER", description = "Where the certificates go.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path folder;

    @Option(names = "--count", required = true, description = "How many.")
    private int count;

    @Option(names = "--agent", required = true, description = "The underlay address of the agent.")
    private String agent = "";

    @Option(names = "--external", required = true, description = "Where the agent is reached.")
    private String external = "";

    @Option(names = "--first-node", required = true, description = "The first one's underlay address.")
    private String firstNode = "";

    @Option(names = "--first-external", required = true, description = "Where the first one is reached.")
    private String firstExternal = "";

    @Override
    public Integer call() throws IOException {
        var plan = new MeshPeers.Plan(
                folder,
                count,
                Ipv4Address.parse(agent),
                Ipv4Address.parse(external),
                Ipv4Address.parse(firstNode),
                Ipv4Address.parse(firstExternal));
        MeshPeers.run(plan, System.out);
        return 1;
    }
}
