package slash32.lab.cli;

import java.io.IOException;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import slash32.lab.bench.EspEnd;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.Secret;

/// `slash32 lab esp-end`: the benchmark's own.
@Command(
        name = "esp-end",
        hidden = true,
        description =
                "One end of a tunnel of ESP in user space between a TUN and UDP port 4500, until standard input ends.")
final class EspEndCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "DEVICE", description = "The TUN.")
    private String device = "";

    @Parameters(index = "1", paramLabel = "LOCAL", description = "The address of this end.")
    private String local = "";

    @Parameters(index = "2", paramLabel = "REMOTE", description = "The address of the other end.")
    private String remote = "";

    @Option(names = "--first", description = "This is the first end.")
    private boolean first;

    @Option(names = "--to-first", required = true, description = "Key and salt in hex, 36 octets.")
    private String toFirst = "";

    @Option(names = "--to-second", required = true, description = "The same of the other direction.")
    private String toSecond = "";

    @Override
    public Integer call() throws IOException {
        var plan = new EspEnd.Plan(
                new InterfaceName(device),
                IpAddress.parse(local),
                IpAddress.parse(remote),
                first,
                Secret.copyOf(HexFormat.of().parseHex(toFirst)),
                Secret.copyOf(HexFormat.of().parseHex(toSecond)));
        EspEnd.run(plan, System.in);
        return 0;
    }
}
