package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.agent.config.AgentConfig;
import slash32.agent.status.SasView;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.overlay.guard.SiteGuard;
import slash32.securitygroup.Direction;
import slash32.securitygroup.Drop;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.securitygroup.nft.DropCounters;
import slash32.securitygroup.nft.Firewall;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.NamedNetns;

/// Host rules and the guard between sites as one configuration makes them: what the world's datagrams reach.
@InNetns
class HostAndSiteGuardKernelTest {
    private static final String WORLD = "s32world" + ProcessHandle.current().pid();
    private static final String UNDERLAY = "10.0.0.1";
    private static final String EXTERNAL = "203.0.113.1";
    private static final String UNDERLAY_6 = "2001:db8::1";
    private static final String PEER = "203.0.113.9";
    private static final String STRANGER = "203.0.113.66";
    private static final String STRANGER_6 = "2001:db8::66";
    private static final int HANDSHAKES_AT_ONCE = 200;
    private static final String CONFIG = """
            node: hv1
            site: {id: 1}
            asn: 65000
            underlay: {address: 10.0.0.1, address6: "2001:db8::1", external: 203.0.113.1}
            peers: [{address: 10.0.0.2}]
            hostProtection: {failsafePorts: [22], allow: [{protocol: udp, port: 161}]}
            """;
    private static final String OVERLAY = "overlay: {certificates: /etc/slash32/pki, guests: [10.1.0.0/16]}\n";

    private Firewall firewall;

    @BeforeEach
    void cable() throws IOException {
        Command.run("ip", "netns", "add", WORLD);
        Command.run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1", "netns", WORLD);
        Command.run("ip", "link", "set", "lo", "up");
        Command.run("ip", "link", "set", "up0", "up");
        Command.run("ip", "-n", WORLD, "link", "set", "up1", "up");
        for (String address : List.of(UNDERLAY + "/24", EXTERNAL + "/24")) {
            Command.run("ip", "addr", "add", address, "dev", "up0");
        }
        Command.run("ip", "addr", "add", UNDERLAY_6 + "/64", "dev", "up0", "nodad");
        for (String address : List.of("10.0.0.2/24", "10.0.0.66/24", PEER + "/24", STRANGER + "/24")) {
            Command.run("ip", "-n", WORLD, "addr", "add", address, "dev", "up1");
        }
        Command.run("ip", "-n", WORLD, "addr", "add", STRANGER_6 + "/64", "dev", "up1", "nodad");
        firewall = Firewall.open(new RulesetCompiler(List.of("s32"), List.of()));
    }

    @AfterEach
    void away() {
        firewall.close();
        Command.tryRun("nft", "delete", "table", "inet", "slash32_overlay");
        Command.run("ip", "netns", "del", WORLD);
    }

    private void protect(AgentConfig config) {
        firewall.protectHost(HostSettings.of(config));
        assertThat(firewall.apply(0).failed()).isEmpty();
    }

    /// What an open port hears.
    private static boolean reaches(String from, String to, int port) throws Exception {
        try (var open = DatagramChannel.open()) {
            open.bind(new InetSocketAddress(InetAddress.getByName(to), port)).configureBlocking(false);
            send(from, to, port, 1);
            return open.receive(ByteBuffer.allocate(100)) != null; // a veth's frame is there when it is sent
        }
    }

    private static void send(String from, String to, int port, int times) throws Exception {
        NamedNetns.call(WORLD, () -> {
            try (var socket = DatagramChannel.open()) {
                socket.bind(new InetSocketAddress(InetAddress.getByName(from), 4_000));
                for (int i = 0; i < times; i++) {
                    socket.send(ByteBuffer.wrap(new byte[] {1}), new InetSocketAddress(to, port));
                }
            }
            return 0;
        });
    }

    @Test
    void withoutAnOverlayNobodyReachesIke() throws Exception {
        protect(Agents.config(CONFIG));
        assertThat(reaches("10.0.0.66", UNDERLAY, 161)).as("allowed").isTrue();
        for (int port : new int[] {500, 4500}) {
            assertThat(reaches(PEER, EXTERNAL, port)).isFalse();
            assertThat(reaches("10.0.0.2", UNDERLAY, port)).isFalse();
            assertThat(reaches(STRANGER_6, UNDERLAY_6, port)).isFalse();
        }
    }

    @Test
    void withOneTheExternalAddressIsForPeersAndTheGuardSaysWhoTheyAre() throws Exception {
        AgentConfig config = Agents.config(CONFIG + OVERLAY);
        var carrier = new SasView.Carrier(SasView.Carrier.Kind.USERSPACE, null);
        try (SiteGuard guard = SiteGuard.install(MeshKeys.guarded(config, carrier))) {
            guard.peer((Ipv4Address) IpAddress.parse(PEER), true);
            assertThat(guard.pass(System.nanoTime())).isEmpty();
            protect(config);
            for (int port : new int[] {500, 4500}) {
                assertThat(reaches(PEER, EXTERNAL, port)).isTrue();
                assertThat(reaches(STRANGER, EXTERNAL, port))
                        .as("a first message")
                        .isTrue();
                assertThat(reaches("10.0.0.2", UNDERLAY, port))
                        .as("another address")
                        .isFalse();
                assertThat(reaches(STRANGER_6, UNDERLAY_6, port))
                        .as("another family")
                        .isFalse();
            }
            assertThat(reaches(PEER, EXTERNAL, 161))
                    .as("allowed, and not there")
                    .isFalse();
            assertThat(reaches("10.0.0.66", UNDERLAY, 161)).as("allowed").isTrue();
            long dropped = dropped();
            send(STRANGER, EXTERNAL, 500, 3 * HANDSHAKES_AT_ONCE);
            assertThat(guard.drops()).extractingByKey("stranger").matches(packets -> packets >= HANDSHAKES_AT_ONCE);
            assertThat(reaches(PEER, EXTERNAL, 500)).as("a peer, meanwhile").isTrue();
            assertThat(dropped()).as("judged by one of them, not by both").isEqualTo(dropped);
        }
    }

    private static long dropped() throws IOException {
        try (var counters = DropCounters.open()) {
            return Objects.requireNonNull(counters.read().get(new Drop(DropReason.HOST_RULES, Direction.INGRESS)))
                    .packets();
        }
    }
}
