package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.securitygroup.nft.BenchmarkReport.figure;
import static slash32.securitygroup.nft.BenchmarkReport.times;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
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

/// What a change of rules costs until the kernel has acknowledged it, and what the same costs by {@code nft} processes
/// on a table laid out as Felix does it: two chains an endpoint, its rules written out. No test, so run by name ({@code
/// make bench-rules}).
@InNetns
class FirewallBenchmark {
    private static final int MEMBERS = 100_000;
    private static final int RULES = 50;
    private static final int LOAD = 2_000;
    private static final int NFT_SAMPLES = 20;
    private static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"), IpAddress.parse("fe80::1")));
    private static final GroupId PEERS = new GroupId(4_000_000_000L);

    @TempDir
    Path folder;

    @BeforeEach
    void needsNft() {
        Requirement.program("nft", "nftables");
    }

    @Test
    void aMemberJoinsAHundredThousand() throws IOException {
        try (Firewall firewall = Firewall.open(COMPILER)) {
            var in = new Rule("in", Direction.INGRESS, EtherType.IPV4, new Traffic.Any(), new Remote.Members(PEERS));
            firewall.putGroup(new SecurityGroup(new GroupId(1), "", List.of(in)));
            firewall.putEndpoint(endpoint(0));
            for (int i = 0; i < MEMBERS; i++) {
                firewall.putMember(PEERS, member(i));
            }
            firewall.inSync();
            apply(firewall);
            IntConsumer join = i -> {
                firewall.putMember(PEERS, member(MEMBERS + i));
                apply(firewall);
            };
            measure(2_000, join); // so that the code is compiled
            times("a member joins 100,000", "slash32", measure(5_000, i -> join.accept(2_000 + i)), "p99 ≤ 1 ms");
        }
        var elements = new StringBuilder("table ip compare {\nset members {\ntype ipv4_addr\nelements = { ");
        for (int i = 0; i < MEMBERS; i++) {
            elements.append(i == 0 ? "" : ",").append(member(i));
        }
        load(elements.append(" }\n}\n}\n").toString());
        times(
                "a member joins 100,000",
                "nft processes",
                measure(
                        NFT_SAMPLES,
                        i -> Command.run("nft", "add element ip compare members { " + member(MEMBERS + i) + " }")),
                "");
    }

    @Test
    void anEndpointJoinsOthers() throws IOException {
        try (Firewall firewall = Firewall.open(COMPILER)) {
            firewall.inSync();
            apply(firewall);
            var medians = new ArrayList<Long>();
            int present = 0;
            for (int others : new int[] {10, 10, 500, LOAD}) { // the first 10 are the warm-up
                for (; present < others; present++) {
                    put(firewall, present);
                }
                apply(firewall);
                long[] samples = new long[100];
                for (int i = 0; i < samples.length; i++) {
                    put(firewall, LOAD + i);
                    samples[i] = time(() -> apply(firewall));
                    firewall.removeEndpoint(endpoint(LOAD + i).device());
                    firewall.removeGroup(new GroupId(LOAD + i + 1));
                    apply(firewall);
                }
                Arrays.sort(samples);
                medians.add(samples[samples.length / 2]);
                if (medians.size() > 1) {
                    times("an endpoint with 50 rules joins " + others, "slash32", samples, "");
                }
            }
            figure(
                    "the same, 2000 to 10",
                    "slash32",
                    String.format(Locale.ROOT, "%.2f", medians.getLast() / (double) medians.get(1)),
                    "≤ 1.3");
        }
    }

    @Test
    void everythingIsLoadedAtOnce() throws IOException {
        for (String run : List.of("cold", "warm")) {
            Command.tryRun("nft", "delete table inet slash32");
            Command.tryRun("nft", "delete table arp slash32");
            try (Firewall firewall = Firewall.open(COMPILER)) {
                List<SecurityGroup> groups = IntStream.range(0, LOAD)
                        .mapToObj(FirewallBenchmark::group)
                        .toList();
                long took = time(() -> {
                    for (int i = 0; i < LOAD; i++) {
                        firewall.putGroup(groups.get(i));
                        firewall.putEndpoint(endpoint(i));
                    }
                    firewall.inSync();
                    apply(firewall);
                });
                figure(
                        "2,000 endpoints × 50 rules at once, JVM " + run,
                        "slash32",
                        String.format(Locale.ROOT, "%.2f s", took / 1e9),
                        "≤ 2 s");
            }
        }
        Command.run("nft", "delete table inet slash32");
        var felix = new StringBuilder("table inet felix {\n");
        for (int i = 0; i < LOAD; i++) {
            felix.append(felixChains(i));
        }
        felix.append("map from { type ifname : verdict; elements = { ");
        for (int i = 0; i < LOAD; i++) {
            felix.append(i == 0 ? "" : ",")
                    .append("\"tap")
                    .append(i)
                    .append("\" : goto from_")
                    .append(i);
        }
        String text = felix.append(" } }\n}\n").toString();
        long loaded = time(() -> load(text));
        figure(
                "2,000 endpoints × 50 rules at once",
                "Felix-like, nft",
                String.format(Locale.ROOT, "%.2f s", loaded / 1e9),
                "");
        times(
                "an endpoint with 50 rules joins 2000",
                "Felix-like, nft",
                measure(
                        NFT_SAMPLES,
                        i -> load("table inet felix {\n" + felixChains(LOAD + i)
                                + "}\nadd element inet felix from { \"tap" + (LOAD + i) + "\" : goto from_" + (LOAD + i)
                                + " }\n")),
                "");
    }

    private static String felixChains(int number) {
        var text = new StringBuilder();
        for (String chain : List.of("from_", "to_")) {
            text.append("chain ").append(chain).append(number).append(" {\nct state established,related accept\n");
            for (int rule = 0; rule < RULES / 2; rule++) {
                text.append("ip saddr 10.0.0.0/8 tcp dport ")
                        .append(1_000 + rule)
                        .append(" counter accept\n");
            }
            text.append("counter drop\n}\n");
        }
        return text.toString();
    }

    private void load(String ruleset) {
        try {
            Path file = Files.writeString(folder.resolve("rules.nft"), ruleset);
            Command.run("nft", "-f", file.toString());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void put(Firewall firewall, int number) {
        firewall.putGroup(group(number));
        firewall.putEndpoint(endpoint(number));
    }

    private static SecurityGroup group(int number) {
        var rules = new ArrayList<Rule>();
        for (int i = 0; i < RULES; i++) {
            Traffic port = Traffic.of(EtherType.IPV4, "tcp", 1_000 + i, 1_000 + i);
            Direction direction = i % 2 == 0 ? Direction.INGRESS : Direction.EGRESS;
            rules.add(new Rule("r" + i, direction, EtherType.IPV4, port, new Remote.Anywhere()));
        }
        return new SecurityGroup(new GroupId(number + 1), "", rules);
    }

    private static EndpointPolicy endpoint(int number) {
        return new EndpointPolicy(
                new InterfaceName("tap" + number),
                new MacAddress(0x5254_0000_0000L + number),
                Set.of(new Ipv4Address(0x0a00_0001 + number).hostPrefix()),
                List.of(new GroupId(number + 1)),
                true);
    }

    private static IpAddress member(int number) {
        return new Ipv4Address(0x0b00_0000 + number);
    }

    private static void apply(Firewall firewall) {
        var pass = firewall.apply(0);
        assertThat(pass.broken()).isNull();
        assertThat(pass.failed()).isEmpty();
    }

    private static long[] measure(int times, IntConsumer work) {
        long[] nanos = new long[times];
        for (int i = 0; i < times; i++) {
            int number = i;
            nanos[i] = time(() -> work.accept(number));
        }
        Arrays.sort(nanos);
        return nanos;
    }

    private static long time(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return System.nanoTime() - start;
    }
}
