package slash32.lab.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import slash32.lab.bench.EchoProber;
import slash32.net.InterfaceName;
import slash32.net.Ipv4Address;

/// `slash32 lab probe`: the benchmark's own, in a guest.
@Command(
        name = "probe",
        hidden = true,
        description = "Asks each address on standard input for an echo, and prints when its first reply came.")
final class ProbeCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "DEVICE", description = "The guest's interface.")
    private String device = "";

    @Parameters(index = "1", paramLabel = "ADDRESS", description = "The guest's IPv4 address.")
    private String address = "";

    @Override
    public Integer call() throws IOException {
        EchoProber prober = EchoProber.open(new InterfaceName(device), Ipv4Address.parse(address), System.out);
        System.out.println("ready");
        prober.run(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
        return 0;
    }
}
