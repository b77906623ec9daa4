package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.Direction;
import slash32.securitygroup.Drop;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.HostRule;
import slash32.securitygroup.HostRules;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Traffic;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// What reaches the host's own services: a closed port answers a SYN with a reset, a protected one with nothing.
@InNetns
@ExtendWith(ConformanceExtension.class)
class HostProtectionKernelTest {
    private static final String TAP = "tapa";
    private static final String OUTSIDE = "up0";
    private static final MacAddress GUEST_MAC = MacAddress.parse("52:54:00:00:00:0a");
    private static final MacAddress MAC = MacAddress.parse("52:54:00:00:00:0f");
    private static final List<String> PEER = List.of("10.9.0.1", "2001:db8:9::1");
    private static final List<String> NODE = List.of("10.9.0.2", "2001:db8:9::2");
    private static final List<String> STRANGER = List.of("10.9.0.9", "2001:db8:9::9");
    private static final List<String> HOST = List.of("10.9.0.254", "2001:db8:9::fe");
    private static final List<String> GUEST = List.of("10.0.0.1", "2001:db8::1");
    private static final int SSH = 22;
    private static final int BGP = 179;
    private static final int VXLAN = 4789;
    private static final int LIBVIRT = 16_509;
    private static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"), IpAddress.parse("fe80::1")));
    private static final HostRules RULES = new HostRules(
            Set.of(SSH), Set.of(prefix(PEER, false), prefix(PEER, true)), Set.of(BGP), List.of(), null, List.of());

    private Wire wire;
    private Firewall firewall;

    @BeforeEach
    void connect() throws IOException {
        wire = new Wire();
        wire.attach(TAP, GUEST_MAC, address(GUEST, false), address(GUEST, true));
        wire.attach(
                OUTSIDE,
                MAC,
                address(PEER, false),
                address(PEER, true),
                address(NODE, false),
                address(NODE, true),
                address(STRANGER, false),
                address(STRANGER, true));
        Command.run("ip", "addr", "add", HOST.getFirst() + "/32", "dev", OUTSIDE);
        Wire.hostAddress(OUTSIDE, HOST.getLast() + "/128");
        firewall = Firewall.open(COMPILER);
    }

    @AfterEach
    void disconnect() {
        firewall.close();
        wire.close();
    }

    private static IpAddress address(List<String> of, boolean v6) {
        return IpAddress.parse(v6 ? of.getLast() : of.getFirst());
    }

    private static Prefix prefix(List<String> of, boolean v6) {
        return address(of, v6).hostPrefix();
    }

    private static HostRules allowing(HostRule... allowed) {
        return new HostRules(RULES.failsafePorts(), RULES.peers(), RULES.bgpPorts(), List.of(), null, List.of(allowed));
    }

    private void protect(HostRules rules) {
        firewall.protectHost(rules);
        apply();
    }

    private void apply() {
        var pass = firewall.apply(0);
        assertThat(pass.broken()).isNull();
        assertThat(pass.failed()).isEmpty();
    }

    private boolean tcpReaches(List<String> from, boolean v6, int port) {
        return answered(Packets.tcp(address(from, v6), 4000, address(HOST, v6), port, Packets.SYN, wire.payload()));
    }

    private boolean pingReaches(List<String> from, boolean v6) {
        return answered(Packets.icmp(address(from, v6), address(HOST, v6), v6 ? 128 : 8, 0, wire.payload()));
    }

    /// A closed UDP port is answered with ICMP.
    private boolean udpReaches(List<String> from, boolean v6, int sourcePort, int port) {
        byte[] packet = Packets.udp(address(from, v6), sourcePort, address(HOST, v6), port, wire.payload());
        return !wire
                .exchange(OUTSIDE, Packets.frame(Wire.GATEWAY, MAC, packet))
                .getOrDefault(OUTSIDE, List.of())
                .stream()
                .filter(frame -> frame[v6 ? 54 : 34] == (v6 ? 1 : 3))
                .toList()
                .isEmpty();
    }

    private boolean answered(byte[] packet) {
        return wire
                .exchange(OUTSIDE, Packets.frame(Wire.GATEWAY, MAC, packet))
                .getOrDefault(OUTSIDE, List.of())
                .stream()
                .anyMatch(frame -> Packets.kind(frame).isPresent());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void withoutHostRulesEverythingReachesTheHost(boolean v6) {
        apply();
        assertThat(tcpReaches(STRANGER, v6, LIBVIRT)).isTrue();
        assertThat(udpReaches(STRANGER, v6, 4000, 161)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void onlyTheOperatorAndPeersGetIn(boolean v6) throws IOException {
        protect(RULES);
        assertThat(tcpReaches(STRANGER, v6, SSH)).as("failsafe").isTrue();
        assertThat(tcpReaches(STRANGER, v6, BGP)).isFalse();
        assertThat(tcpReaches(STRANGER, v6, LIBVIRT)).isFalse();
        assertThat(udpReaches(STRANGER, v6, 4000, 161)).isFalse();
        assertThat(udpReaches(STRANGER, v6, 49_152, 3784)).isFalse();
        try (var counters = DropCounters.open()) {
            assertThat(Objects.requireNonNull(counters.read().get(new Drop(DropReason.HOST_RULES, Direction.INGRESS)))
                            .packets())
                    .isEqualTo(4);
        }
        assertThat(pingReaches(STRANGER, v6)).isTrue();
        assertThat(tcpReaches(PEER, v6, BGP)).isTrue();
        assertThat(tcpReaches(PEER, v6, LIBVIRT)).isFalse();
        assertThat(udpReaches(PEER, v6, 49_152, 3784)).as("BFD").isTrue();
        assertThat(udpReaches(PEER, v6, 49_152, 4784)).as("BFD, multihop").isTrue();
        assertThat(udpReaches(STRANGER, v6, v6 ? 547 : 67, v6 ? 546 : 68))
                .as("the host's own DHCP")
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatTheOperatorAllowsGetsIn(boolean v6) {
        protect(allowing(
                new HostRule(prefix(STRANGER, v6), new Traffic.Ports(IpProtocol.TCP, LIBVIRT, LIBVIRT + 1)),
                new HostRule(null, new Traffic.Ports(IpProtocol.UDP, 161, 161))));
        assertThat(tcpReaches(STRANGER, v6, LIBVIRT)).isTrue();
        assertThat(tcpReaches(STRANGER, v6, LIBVIRT + 1)).isTrue();
        assertThat(tcpReaches(STRANGER, v6, LIBVIRT + 2)).isFalse();
        assertThat(tcpReaches(PEER, v6, LIBVIRT)).as("not from there").isFalse();
        assertThat(udpReaches(PEER, v6, 4000, 161)).isTrue();
        protect(allowing(new HostRule(prefix(PEER, v6), new Traffic.Any())));
        assertThat(tcpReaches(STRANGER, v6, LIBVIRT)).as("changed").isFalse();
        assertThat(tcpReaches(PEER, v6, LIBVIRT)).isTrue();
        firewall.protectHost(null);
        apply();
        assertThat(tcpReaches(STRANGER, v6, LIBVIRT)).as("taken back").isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatTheHostAsksIsAnswered(boolean v6) throws IOException {
        protect(RULES);
        try (var socket = DatagramChannel.open()) {
            InetAddress host = InetAddress.getByAddress(address(HOST, v6).toArray());
            socket.bind(new InetSocketAddress(host, 5_000)).configureBlocking(false);
            InetAddress peer = InetAddress.getByAddress(address(PEER, v6).toArray());
            byte[] answer = Packets.udp(address(PEER, v6), 4_000, address(HOST, v6), 5_000, wire.payload());
            wire.exchange(OUTSIDE, Packets.frame(Wire.GATEWAY, MAC, answer));
            assertThat(socket.receive(ByteBuffer.allocate(100))).as("not asked").isNull();
            socket.send(ByteBuffer.wrap(new byte[] {1}), new InetSocketAddress(peer, 4_000));
            wire.exchange(OUTSIDE, Packets.frame(Wire.GATEWAY, MAC, answer));
            assertThat(socket.receive(ByteBuffer.allocate(100))).isNotNull();
        }
    }

    /// The agent's death changes nothing: the kernel holds the rules, and the way in with them.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theOperatorGetsInWhenTheAgentIsGone(boolean v6) throws IOException {
        protect(RULES);
        firewall.close();
        assertThat(tcpReaches(STRANGER, v6, SSH)).isTrue();
        assertThat(tcpReaches(STRANGER, v6, LIBVIRT)).isFalse();
        firewall = Firewall.open(COMPILER);
        firewall.protectHost(RULES);
        firewall.inSync();
        apply();
        assertThat(tcpReaches(STRANGER, v6, SSH)).isTrue();
        firewall.close();
        firewall = Firewall.open(COMPILER);
        firewall.protectHost(null);
        apply();
        assertThat(tcpReaches(STRANGER, v6, LIBVIRT))
                .as("another start without rules")
                .isTrue();
    }

    /// Where strangers can flush: the way in stays open meanwhile, and afterwards.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFlushLocksNobodyOut(boolean v6) throws IOException {
        firewall.close();
        firewall = Firewall.open(COMPILER, false);
        protect(RULES);
        Command.run("nft", "flush", "ruleset");
        assertThat(tcpReaches(STRANGER, v6, SSH)).isTrue();
        firewall.resync();
        apply();
        assertThat(tcpReaches(STRANGER, v6, SSH)).isTrue();
        assertThat(tcpReaches(STRANGER, v6, LIBVIRT)).isFalse();
    }

    /// Over a restart too, before its routes were heard again.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aNodesTunnelGetsInAsLongAsTheNodeIsKnown(boolean v6) throws IOException {
        var rules = new HostRules(
                RULES.failsafePorts(),
                RULES.peers(),
                RULES.bgpPorts(),
                List.of(new Traffic.Ports(IpProtocol.UDP, VXLAN, VXLAN)),
                null,
                List.of());
        protect(rules);
        assertThat(udpReaches(NODE, v6, 4000, VXLAN)).as("not known yet").isFalse();
        firewall.putNode(address(NODE, v6));
        apply();
        assertThat(udpReaches(NODE, v6, 4000, VXLAN)).isTrue();
        assertThat(udpReaches(NODE, v6, 4000, VXLAN + 1)).isFalse();
        assertThat(udpReaches(STRANGER, v6, 4000, VXLAN)).isFalse();
        firewall.close();
        firewall = Firewall.open(COMPILER);
        protect(rules);
        assertThat(udpReaches(NODE, v6, 4000, VXLAN)).as("after a restart").isTrue();
        firewall.putNode(address(PEER, v6));
        apply();
        assertThat(udpReaches(NODE, v6, 4000, VXLAN)).as("not in sync yet").isTrue();
        assertThat(udpReaches(PEER, v6, 4000, VXLAN)).isTrue();
        firewall.inSync();
        apply();
        assertThat(udpReaches(NODE, v6, 4000, VXLAN)).as("gone meanwhile").isFalse();
        firewall.removeNode(address(PEER, v6));
        apply();
        assertThat(udpReaches(PEER, v6, 4000, VXLAN)).isFalse();
        protect(RULES);
        assertThat(Command.run("nft", "list", "table", "inet", "slash32")).doesNotContain("nodes_");
    }

    /// The overlay's end is one address, of one family: nothing is open at others. Who may speak there is for the guard
    /// between sites to say.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ikeAndEspReachTheOverlaysEndAndNothingElse(boolean v6) {
        protect(RULES);
        assertThat(udpReaches(PEER, v6, 500, 500)).as("no overlay").isFalse();
        assertThat(udpReaches(PEER, v6, 4500, 4500)).as("no overlay").isFalse();
        assertThat(espReaches(PEER, v6)).as("no overlay").isFalse();
        protect(withOverlay(address(HOST, v6)));
        assertThat(udpReaches(PEER, v6, 500, 500)).isTrue();
        assertThat(udpReaches(PEER, v6, 40_001, 4500)).as("behind NAT").isTrue();
        assertThat(espReaches(PEER, v6)).isTrue();
        assertThat(udpReaches(PEER, v6, 500, 501)).isFalse();
        assertThat(tcpReaches(PEER, v6, 500)).isFalse();
        protect(withOverlay(address(HOST, !v6)));
        assertThat(udpReaches(PEER, v6, 500, 500)).as("the other family's end").isFalse();
        assertThat(espReaches(PEER, v6)).as("the other family's end").isFalse();
        protect(RULES);
        assertThat(udpReaches(PEER, v6, 500, 500)).as("taken back").isFalse();
    }

    private static HostRules withOverlay(IpAddress end) {
        return new HostRules(RULES.failsafePorts(), RULES.peers(), RULES.bgpPorts(), List.of(), end, List.of());
    }

    /// A host without IPsec answers that it has no such protocol.
    private boolean espReaches(List<String> from, boolean v6) {
        byte[] packet = Packets.protocol(address(from, v6), address(HOST, v6), 50, wire.payload());
        return wire
                .exchange(OUTSIDE, Packets.frame(Wire.GATEWAY, MAC, packet))
                .getOrDefault(OUTSIDE, List.of())
                .stream()
                .anyMatch(frame -> frame[v6 ? 20 : 23] == (v6 ? 58 : 1) && frame[v6 ? 54 : 34] == (v6 ? 4 : 3));
    }

    /// Host rules open nothing to guests: for them the services of the gateway are all there is.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aGuestStillReachesNoServiceOfTheHost(boolean v6) {
        firewall.putEndpoint(new EndpointPolicy(
                new InterfaceName(TAP), GUEST_MAC, Set.of(prefix(GUEST, false), prefix(GUEST, true)), List.of(), true));
        protect(allowing(new HostRule(prefix(GUEST, v6), new Traffic.Any())));
        for (int port : new int[] {SSH, BGP, LIBVIRT}) {
            byte[] packet = Packets.tcp(address(GUEST, v6), 4000, address(HOST, v6), port, Packets.SYN, wire.payload());
            assertThat(wire.exchange(TAP, Packets.frame(Wire.GATEWAY, GUEST_MAC, packet))
                            .getOrDefault(TAP, List.of()))
                    .as("port %d", port)
                    .noneMatch(frame -> Packets.kind(frame).isPresent());
        }
    }
}
