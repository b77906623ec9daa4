package slash32.securitygroup.nft;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// How long a running TCP stream outlives its rule, and that 100 streams beside it do not notice. No test, so run by
/// name ({@code make bench-rules}; {@code -Dcuts=N}).
@InNetns
class FlowCutBenchmark {
    private static final int CUTS = Integer.getInteger("cuts", 200);
    private static final int NEIGHBOURS = 100;
    private static final int MESSAGES_BEFORE = 10;
    /// Longer than a cut takes; the stream's own retransmissions are filtered too.
    private static final long QUIET_NANOS = 60_000_000;

    private static final long POLL_NANOS = 2_000_000;
    private static final GroupId IN = new GroupId(1);

    @TempDir
    Path folder;

    private final String guest = "s32cut-g" + ProcessHandle.current().pid();
    private final String fabric = "s32cut-f" + ProcessHandle.current().pid();

    @BeforeEach
    void connect() throws IOException {
        Requirement.program("python3", "python3");
        Requirement.program("ss", "iproute2");
        try (InputStream script = FlowCutBenchmark.class.getResourceAsStream("streams.py")) {
            Files.write(
                    folder.resolve("streams.py"), Objects.requireNonNull(script).readAllBytes());
        }
        Command.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
        attach(guest, "tapa", "10.0.0.1", "52:54:00:00:00:0a");
        attach(fabric, "up0", "10.9.0.1", "52:54:00:00:00:0f");
    }

    private static void attach(String namespace, String device, String address, String mac) {
        Command.run("ip", "netns", "add", namespace);
        Command.run("ip", "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", namespace);
        Command.run("ip", "link", "set", device, "up");
        Command.run("ip", "addr", "add", "169.254.1.1/32", "dev", device);
        Command.run("ip", "route", "add", address + "/32", "dev", device);
        for (String command : List.of(
                "ip link set lo up",
                "ip link set eth0 address " + mac,
                "ip link set eth0 up",
                "ip addr add " + address + "/32 dev eth0",
                "ip route add 169.254.1.1 dev eth0",
                "ip route add default via 169.254.1.1")) {
            Command.run(("ip netns exec " + namespace + " " + command).split(" "));
        }
    }

    @AfterEach
    void disconnect() {
        Command.tryRun("ip", "netns", "del", guest);
        Command.tryRun("ip", "netns", "del", fabric);
    }

    private static SecurityGroup allow(int... ports) {
        List<Rule> rules = IntStream.of(ports)
                .mapToObj(port -> new Rule(
                        "p" + port,
                        Direction.INGRESS,
                        EtherType.IPV4,
                        Traffic.of(EtherType.IPV4, "tcp", port, port),
                        new Remote.Anywhere()))
                .toList();
        return new SecurityGroup(IN, "", rules);
    }

    private static void apply(Firewall firewall) {
        assertThat(firewall.apply(System.nanoTime()).failed()).isEmpty();
    }

    /// A program that answers each line with one.
    private record Program(Process process, BufferedReader answers) implements AutoCloseable {
        static Program start(String namespace, Path script, String... words) throws IOException {
            var command = new ArrayList<>(List.of("ip", "netns", "exec", namespace, "python3", script.toString()));
            command.addAll(List.of(words));
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            var program = new Program(process, process.inputReader(UTF_8));
            assertThat(program.answers.readLine()).isEqualTo("ready");
            return program;
        }

        String ask(String question) throws IOException {
            process.getOutputStream().write((question + "\n").getBytes(UTF_8));
            process.getOutputStream().flush();
            return Objects.requireNonNull(answers.readLine(), question);
        }

        long[] numbers(String question) throws IOException {
            return Arrays.stream(ask(question).trim().split(" "))
                    .filter(word -> !word.isEmpty())
                    .mapToLong(Long::parseLong)
                    .toArray();
        }

        @Override
        public void close() {
            process.destroy();
        }
    }

    @Test
    void aStreamEndsWithItsRuleAndTheOthersGoOn() throws IOException {
        try (var firewall =
                Firewall.open(new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"))))) {
            firewall.putGroup(allow(7000, 7001));
            firewall.putEndpoint(new EndpointPolicy(
                    new InterfaceName("tapa"),
                    MacAddress.parse("52:54:00:00:00:0a"),
                    Set.of(Prefix.parse("10.0.0.1")),
                    List.of(IN),
                    true));
            firewall.inSync();
            apply(firewall);
            Path script = folder.resolve("streams.py");
            try (var receiver = Program.start(guest, script, "guest");
                    var sender = Program.start(fabric, script, "fabric", "10.0.0.1", "" + NEIGHBOURS)) {
                long[] nanos = new long[CUTS];
                for (int i = 0; i < CUTS; i++) {
                    nanos[i] = cut(firewall, receiver, sender);
                }
                long[] before = receiver.numbers("received");
                assertThat(before).hasSize(NEIGHBOURS);
                LockSupport.parkNanos(5 * QUIET_NANOS);
                long[] after = receiver.numbers("received");
                for (int i = 0; i < NEIGHBOURS; i++) {
                    assertThat(after[i]).as("bytes of a neighbour").isGreaterThan(before[i]);
                }
                Arrays.sort(nanos);
                BenchmarkReport.times(
                        "a TCP stream's last byte after its rule was taken away", "slash32", nanos, "p99 ≤ 20 ms");
                long retransmitting = retransmitting(guest) + retransmitting(fabric);
                BenchmarkReport.figure(
                        "of " + NEIGHBOURS
                                + " streams beside it, those that went on and those that sent anything twice",
                        "slash32",
                        NEIGHBOURS + " and " + retransmitting,
                        NEIGHBOURS + " and 0");
            }
        }
    }

    /// Takes the rule of a running stream away and gives it back; how long data came in after the call began.
    private static long cut(Firewall firewall, Program receiver, Program sender) throws IOException {
        assertThat(sender.ask("open")).isEqualTo("done");
        while (receiver.numbers("last")[1] < MESSAGES_BEFORE) {
            LockSupport.parkNanos(POLL_NANOS);
        }
        firewall.putGroup(allow(7001));
        long start = System.nanoTime();
        apply(firewall);
        LockSupport.parkNanos(QUIET_NANOS);
        long[] last = receiver.numbers("last");
        LockSupport.parkNanos(QUIET_NANOS);
        assertThat(receiver.numbers("last")).as("nothing comes any more").isEqualTo(last);
        apply(firewall); // as the agent's loop does when it is due: flows are marked again
        firewall.putGroup(allow(7000, 7001));
        apply(firewall);
        assertThat(sender.ask("close")).isEqualTo("done");
        return Math.max(0, last[0] - start);
    }

    private static long retransmitting(String namespace) {
        return Command.run("ip", "netns", "exec", namespace, "ss", "-tinH", "( sport = :7001 or dport = :7001 )")
                .lines()
                .filter(line -> line.contains("retrans:"))
                .count();
    }
}
