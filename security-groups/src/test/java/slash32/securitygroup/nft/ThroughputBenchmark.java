package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
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

/// What a guest's traffic loses by its rules: one TCP stream, and the smallest UDP packets, from a guest behind a veth
/// through this namespace to a server behind another, as a ratio to the same without any rule. All cases take turns, so
/// that what else the machine does hits all of them. No test, so run by name ({@code make bench-rules}).
@InNetns
class ThroughputBenchmark {
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final String SECONDS = System.getProperty("bench.seconds", "1");
    private static final int OTHERS = 2_000;
    private static final int OTHERS_RULES = 50;
    private static final String GUEST = "10.1.0.1";
    private static final String SERVER = "10.2.0.1";
    private static final String NONE = "no rules at all";
    private static final String CONNTRACK = "conntrack and one rule on its state";
    /// Of a frame of 64 octets.
    private static final String UDP_PAYLOAD = "18";

    private static final Pattern TCP =
            Pattern.compile("\"sum_received\":\\s*\\{[^}]*\"bits_per_second\":\\s*([0-9.e+]+)");
    private static final Pattern UDP = Pattern.compile(
            "\"sum\":\\s*\\{[^}]*\"seconds\":\\s*([0-9.e+]+)[^}]*\"lost_packets\":\\s*([0-9]+)[^}]*\"packets\":\\s*([0-9]+)");
    /// Of the sending process, with what the kernel does for its packets on their way.
    private static final Pattern PROCESSOR =
            Pattern.compile("\"cpu_utilization_percent\":\\s*\\{\\s*\"host_total\":\\s*([0-9.e+-]+)");

    private static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of()).withUplink(new InterfaceName("up0"));

    private final String guestSpace = "s32b-g" + ProcessHandle.current().pid();
    private final String serverSpace = "s32b-s" + ProcessHandle.current().pid();

    @TempDir
    Path folder;

    /// Rules that are in force while something is measured.
    private interface Layout {
        void install() throws IOException;
    }

    @BeforeEach
    void connect() {
        Requirement.program("nft", "nftables");
        Requirement.program("iperf3", "iperf3");
        attach(guestSpace, "tap0", GUEST);
        attach(serverSpace, "up0", SERVER);
        Command.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    }

    private static void attach(String space, String device, String address) {
        Command.run("ip", "netns", "add", space);
        Command.run("ip", "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", space);
        Command.run("ip", "link", "set", device, "up");
        Command.run("ip", "addr", "add", "169.254.1.1/32", "dev", device);
        Command.run("ip", "-n", space, "link", "set", "eth0", "address", mac(0).toString(), "up");
        Command.run("ip", "-n", space, "addr", "add", address + "/32", "dev", "eth0");
        Command.run("ip", "-n", space, "route", "add", "169.254.1.1", "dev", "eth0", "scope", "link");
        Command.run("ip", "-n", space, "route", "add", "default", "via", "169.254.1.1");
        Command.run("ip", "route", "add", address, "dev", device);
    }

    @AfterEach
    void disconnect() {
        Command.run("ip", "netns", "del", guestSpace);
        Command.run("ip", "netns", "del", serverSpace);
    }

    @Test
    void aGuestsTraffic() throws IOException {
        Map<String, Layout> cases = new LinkedHashMap<>();
        cases.put(NONE, () -> {});
        cases.put(CONNTRACK, ThroughputBenchmark::conntrackAlone);
        for (int others : new int[] {0, OTHERS}) {
            for (int rules : new int[] {0, 50, 1_000}) {
                cases.put("slash32, " + rules + " rules, endpoints " + (others + 1), () -> ours(rules, others));
            }
        }
        cases.put("Felix-like, 50 rules, endpoints " + (OTHERS + 1), () -> felix(50, OTHERS));
        cases.put("Felix-like, 1000 rules, endpoints " + (OTHERS + 1), () -> felix(1_000, OTHERS));
        Map<String, List<Double>> tcp = new LinkedHashMap<>();
        Map<String, List<Double>> packets = new LinkedHashMap<>();
        Map<String, List<Double>> perSecond = new LinkedHashMap<>();
        Process server = new ProcessBuilder("ip", "netns", "exec", serverSpace, "iperf3", "-s")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("server").toFile())
                .start();
        try {
            for (int round = 0; round < ROUNDS; round++) {
                for (var layout : cases.entrySet()) {
                    Command.tryRun("nft", "flush", "ruleset");
                    layout.getValue().install();
                    tcp.computeIfAbsent(layout.getKey(), _ -> new ArrayList<>()).add(tcp());
                    Sent sent = packets();
                    packets.computeIfAbsent(layout.getKey(), _ -> new ArrayList<>())
                            .add(sent.received());
                    perSecond
                            .computeIfAbsent(layout.getKey(), _ -> new ArrayList<>())
                            .add(sent.perProcessorSecond());
                }
            }
        } finally {
            server.destroy();
        }
        report("TCP throughput", "Gbit/s", 1e9, tcp);
        report("packets of 64 octets", "million/s", 1e6, packets);
        report("packets of 64 octets, by processor time", "million/s", 1e6, perSecond);
    }

    private static void report(String what, String unit, double scale, Map<String, List<Double>> all) {
        double none = median(Objects.requireNonNull(all.get(NONE)));
        all.forEach((layout, samples) -> BenchmarkReport.figure(
                what,
                layout,
                String.format(
                        Locale.ROOT, "%.2f of none (%.3f %s)", median(samples) / none, median(samples) / scale, unit),
                layout.startsWith("slash32") ? "≥ 0.95" : ""));
    }

    private static double median(List<Double> samples) {
        return samples.stream().sorted().toList().get(samples.size() / 2);
    }

    /// What became of the smallest packets.
    ///
    /// @param received in a second
    /// @param perProcessorSecond sent in a second of the sender's processor time, which others' load changes little
    private record Sent(double received, double perProcessorSecond) {}

    private double tcp() {
        return number(TCP, measure(TCP), 1);
    }

    private Sent packets() {
        String result = measure(UDP, "-u", "-b", "0", "-l", UDP_PAYLOAD);
        double seconds = number(UDP, result, 1);
        double sent = number(UDP, result, 3);
        double processorSeconds = number(PROCESSOR, result, 1) / 100 * seconds;
        return new Sent((sent - number(UDP, result, 2)) / seconds, sent / processorSeconds);
    }

    private static double number(Pattern figure, String result, int group) {
        Matcher matcher = figure.matcher(result);
        if (!matcher.find()) {
            throw new AssertionError("no " + figure + " in " + result);
        }
        return Double.parseDouble(matcher.group(group));
    }

    /// What iperf3 says of one run, with {@code figure} in it.
    private String measure(Pattern figure, String... options) {
        var command = new ArrayList<>(
                List.of("ip", "netns", "exec", guestSpace, "iperf3", "-c", SERVER, "-J", "-t", SECONDS));
        command.addAll(Arrays.asList(options));
        for (int attempt = 0; attempt < 50; attempt++) { // the server is not listening yet, or has not closed the last
            Command.Outcome result = Command.tryRun(command.toArray(String[]::new));
            if (result.exitCode() == 0 && figure.matcher(result.output()).find()) {
                return result.output();
            }
        }
        throw new AssertionError("no figure from " + command);
    }

    /// The least that knows flows.
    private static void conntrackAlone() {
        Command.run(
                "nft",
                "add table inet flows; add chain inet flows forward { type filter hook forward priority 0; }"
                        + "; add rule inet flows forward ct state established accept");
    }

    /// {@code rules} rules that do not match beside the two that let the guest send what is measured.
    private static void ours(int rules, int others) throws IOException {
        try (Firewall firewall = Firewall.open(COMPILER, true)) {
            for (int i = 0; i <= others; i++) {
                var all = new ArrayList<Rule>();
                for (String protocol : List.of("tcp", "udp")) {
                    all.add(rule(protocol, Direction.EGRESS, protocol, 5_201));
                }
                for (int r = 0; r < (i == 0 ? rules : OTHERS_RULES); r++) {
                    all.add(rule("r" + r, r % 2 == 0 ? Direction.INGRESS : Direction.EGRESS, "tcp", 10_000 + r));
                }
                var group = new GroupId(i + 1);
                firewall.putGroup(new SecurityGroup(group, "", all));
                firewall.putEndpoint(new EndpointPolicy(
                        new InterfaceName("tap" + i), mac(i), Set.of(address(i).hostPrefix()), List.of(group), true));
            }
            firewall.inSync();
            assertThat(firewall.apply(0).failed()).isEmpty();
        }
    }

    private static Rule rule(String id, Direction direction, String protocol, int port) {
        return new Rule(
                id, direction, EtherType.IPV4, Traffic.of(EtherType.IPV4, protocol, port, port), new Remote.Anywhere());
    }

    private static MacAddress mac(int number) {
        return new MacAddress(0x5254_0000_0000L + number);
    }

    private static IpAddress address(int number) {
        return new Ipv4Address(0x0a01_0001 + number);
    }

    /// Two chains for each endpoint, its rules written out with a counter each, dispatched by verdict maps.
    private void felix(int rules, int others) throws IOException {
        var text = new StringBuilder("table inet felix {\n");
        for (String way : List.of("from", "to")) {
            var elements = new ArrayList<String>();
            for (int i = 0; i <= others; i++) {
                text.append("chain ").append(way).append(i).append(" {\nct state established,related accept\n");
                text.append("ct state invalid drop\n");
                for (int r = 0; r < (i == 0 ? rules : OTHERS_RULES) / 2; r++) {
                    text.append("ip saddr 10.0.0.0/8 tcp dport ")
                            .append(10_000 + r)
                            .append(" counter accept\n");
                }
                text.append("meta l4proto { tcp, udp } th dport 5201 counter accept\ncounter drop\n}\n");
                elements.add("\"tap" + i + "\" : goto " + way + i);
            }
            text.append("map ").append(way).append(" { type ifname : verdict; elements = { ");
            text.append(String.join(",", elements)).append(" } }\n");
        }
        text.append(
                "chain raw { type filter hook prerouting priority raw; iifname \"tap*\" fib saddr . iif oif 0 drop; }\n");
        text.append("chain forward { type filter hook forward priority 0;");
        text.append(" iifname vmap @from; oifname vmap @to; }\n}\n");
        Path file = Files.writeString(folder.resolve("felix.nft"), text);
        Command.run("nft", "-f", file.toString());
    }
}
