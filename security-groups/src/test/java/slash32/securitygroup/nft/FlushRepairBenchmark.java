package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.netlink.netfilter.ForeignChanges;
import slash32.netlink.netfilter.NftEvent;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.Subscription;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;
import slash32.securitygroup.compile.Layout;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// How long guests are shut after somebody flushed the ruleset of a kernel that lets him, from the event that says so
/// until all rules are in force again, while a flow goes on. No test, so run by name ({@code make bench-rules};
/// {@code -Dflushes=N}).
@InNetns
class FlushRepairBenchmark {
    private static final int FLUSHES = Integer.getInteger("flushes", 50);
    private static final int RULES = 10;
    private static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"), IpAddress.parse("fe80::1")));
    private static final MacAddress OUTSIDE = MacAddress.parse("52:54:00:00:00:0f");
    private static final IpAddress FABRIC = IpAddress.parse("10.9.0.9");

    private Wire wire;

    @BeforeEach
    void connect() throws IOException {
        Requirement.program("nft", "nftables");
        wire = new Wire();
        wire.attach("tap0", mac(0), address(0));
        wire.attach("up0", OUTSIDE, FABRIC);
        wire.spread();
    }

    @AfterEach
    void disconnect() {
        wire.close();
    }

    @Test
    void aRulesetComesBack() throws IOException {
        try (Firewall firewall = Firewall.open(COMPILER, false);
                Subscription events = Subscription.openToOthers(
                        NetlinkProtocol.NETFILTER, firewall.port(), NftEvent.MULTICAST_GROUP)) {
            firewall.inSync();
            int present = 0;
            for (int endpoints : new int[] {1, 500, 2_000}) {
                for (; present < endpoints; present++) {
                    put(firewall, present);
                }
                apply(firewall);
                long[] nanos = new long[FLUSHES];
                for (int i = 0; i < FLUSHES; i++) {
                    assertThat(passes(4_000 + i)).as("before flush " + i).isTrue();
                    nanos[i] = repair(firewall, events);
                }
                Arrays.sort(nanos);
                BenchmarkReport.times(
                        "rules are back after a flush, " + endpoints + " endpoints", "slash32", nanos, "");
            }
        }
    }

    private static long repair(Firewall firewall, Subscription events) throws IOException {
        var foreign = new ForeignChanges(Layout.TABLES);
        boolean[] heard = new boolean[1];
        Thread stranger = Thread.ofPlatform().start(() -> Command.run("nft", "flush", "ruleset"));
        while (!heard[0]) {
            events.receive(message -> heard[0] |= foreign.on(message));
        }
        long start = System.nanoTime();
        firewall.resync();
        apply(firewall);
        long nanos = System.nanoTime() - start;
        try {
            stranger.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return nanos;
    }

    private boolean passes(int port) {
        return !wire.send("tap0", mac(0), Packets.udp(address(0), port, FABRIC, 53, wire.payload()))
                .isEmpty();
    }

    private static void apply(Firewall firewall) {
        var pass = firewall.apply(System.nanoTime());
        assertThat(pass.broken()).isNull();
        assertThat(pass.failed()).isEmpty();
    }

    private static void put(Firewall firewall, int number) {
        var group = new GroupId(number + 1);
        List<Rule> rules = IntStream.range(0, RULES)
                .mapToObj(i -> new Rule(
                        "r" + i,
                        Direction.EGRESS,
                        EtherType.IPV4,
                        Traffic.of(EtherType.IPV4, "udp", 53 + i, 53 + i),
                        new Remote.Anywhere()))
                .toList();
        firewall.putGroup(new SecurityGroup(group, "", rules));
        firewall.putEndpoint(new EndpointPolicy(
                new InterfaceName("tap" + number),
                mac(number),
                Set.of(address(number).hostPrefix()),
                List.of(group),
                true));
    }

    private static MacAddress mac(int number) {
        return new MacAddress(0x5254_0100_0000L + number);
    }

    private static IpAddress address(int number) {
        return new Ipv4Address(0x0a01_0001 + number);
    }
}
