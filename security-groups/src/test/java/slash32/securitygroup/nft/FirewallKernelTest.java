package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.securitygroup.nft.Packets.ACK;
import static slash32.securitygroup.nft.Packets.PUSH_ACK;
import static slash32.securitygroup.nft.Packets.SYN;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
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

/// Packets that must pass and packets that must not: two guests, a and b, and the fabric behind "up0", which is none of
/// our interfaces.
@InNetns
@ExtendWith(ConformanceExtension.class)
class FirewallKernelTest {
    private static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"), IpAddress.parse("fe80::1")));

    private static final Guest A = new Guest("tapa", "52:54:00:00:00:0a", "10.0.0.1", "2001:db8::1");
    private static final Guest B = new Guest("tapb", "52:54:00:00:00:0b", "10.0.0.2", "2001:db8::2");
    private static final Guest FABRIC = new Guest("up0", "52:54:00:00:00:0f", "10.9.0.1", "2001:db8:9::1");
    private static final IpAddress ELSEWHERE_4 = IpAddress.parse("10.9.128.1");
    private static final IpAddress ELSEWHERE_6 = IpAddress.parse("2001:db8:9:8000::1");

    private static final GroupId OUT = new GroupId(1);
    private static final GroupId IN = new GroupId(2);
    private static final GroupId PEERS = new GroupId(4_294_967_295L);

    private Wire wire;
    private Firewall firewall;

    private record Guest(String device, MacAddress mac, IpAddress ipv4, IpAddress ipv6) {
        Guest(String device, String mac, String ipv4, String ipv6) {
            this(device, MacAddress.parse(mac), IpAddress.parse(ipv4), IpAddress.parse(ipv6));
        }

        IpAddress address(boolean v6) {
            return v6 ? ipv6 : ipv4;
        }

        EndpointPolicy in(GroupId... groups) {
            return new EndpointPolicy(
                    new InterfaceName(device),
                    mac,
                    Set.of(ipv4.hostPrefix(), ipv6.hostPrefix()),
                    List.of(groups),
                    true);
        }
    }

    @BeforeEach
    void connect() throws IOException {
        wire = new Wire();
        wire.attach(A.device, A.mac, A.ipv4, A.ipv6);
        wire.attach(B.device, B.mac, B.ipv4, B.ipv6);
        wire.attach(FABRIC.device, FABRIC.mac, FABRIC.ipv4, FABRIC.ipv6, ELSEWHERE_4, ELSEWHERE_6);
        firewall = Firewall.open(COMPILER);
    }

    @AfterEach
    void disconnect() {
        firewall.close();
        wire.close();
    }

    private void apply() {
        var pass = firewall.apply(0);
        assertThat(pass.broken()).isNull();
        assertThat(pass.failed()).isEmpty();
    }

    private static Rule rule(String id, Direction direction, boolean v6, Traffic traffic, Remote remote) {
        return new Rule(id, direction, v6 ? EtherType.IPV6 : EtherType.IPV4, traffic, remote);
    }

    private static SecurityGroup group(GroupId id, Rule... rules) {
        return new SecurityGroup(id, "g" + id, List.of(rules));
    }

    private static SecurityGroup everythingOut() {
        return group(
                OUT,
                rule("out4", Direction.EGRESS, false, new Traffic.Any(), new Remote.Anywhere()),
                rule("out6", Direction.EGRESS, true, new Traffic.Any(), new Remote.Anywhere()));
    }

    private static SecurityGroup allow(boolean v6, Traffic traffic, Remote remote) {
        return group(IN, rule("in", Direction.INGRESS, v6, traffic, remote));
    }

    private static Traffic traffic(boolean v6, String protocol, @Nullable Integer min, @Nullable Integer max) {
        return Traffic.of(v6 ? EtherType.IPV6 : EtherType.IPV4, protocol, min, max);
    }

    private List<String> udp(Guest from, IpAddress source, IpAddress to, int port) {
        return wire.send(from.device, from.mac, Packets.udp(source, 4000, to, port, wire.payload()));
    }

    private List<String> udp(Guest from, Guest to, boolean v6, int port) {
        return udp(from, from.address(v6), to.address(v6), port);
    }

    private List<String> tcp(Guest from, int sourcePort, Guest to, boolean v6, int port, int flags) {
        return wire.send(
                from.device,
                from.mac,
                Packets.tcp(from.address(v6), sourcePort, to.address(v6), port, flags, wire.payload()));
    }

    /// What the host itself answers to a frame of A's.
    private List<String> answers(byte[] frame) {
        return wire.exchange(A.device, frame).getOrDefault(A.device, List.of()).stream()
                .flatMap(answer -> Packets.kind(answer).stream())
                .toList();
    }

    @Test
    void theWireCarriesEverythingWhileNothingIsInForce() {
        assertThat(udp(A, B, false, 53)).containsExactly("tapb");
        assertThat(udp(A, FABRIC, true, 53)).containsExactly("up0");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void dropsEverythingOfAnEndpointWithoutGroups(boolean v6) throws IOException {
        firewall.putEndpoint(A.in());
        apply();
        assertThat(udp(A, FABRIC, v6, 53)).isEmpty();
        assertThat(udp(FABRIC, A, v6, 53)).isEmpty();
        assertThat(udp(FABRIC, B, v6, 53)).as("not ours").containsExactly("tapb");
        assertThat(firewall.drops().get(new InterfaceName("tapa"))).isEqualTo(new DropCounts(0, 0, 1, 1));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void repliesPassAndNothingElseComesIn(boolean v6) {
        firewall.putGroup(everythingOut());
        firewall.putEndpoint(A.in(OUT));
        apply();
        assertThat(tcp(A, 4000, FABRIC, v6, 80, SYN)).containsExactly("up0");
        assertThat(tcp(FABRIC, 80, A, v6, 4000, SYN | ACK)).containsExactly("tapa");
        assertThat(tcp(A, 4000, FABRIC, v6, 80, PUSH_ACK)).containsExactly("up0");
        assertThat(tcp(FABRIC, 81, A, v6, 4000, SYN | ACK)).isEmpty();
        assertThat(tcp(FABRIC, 80, A, v6, 4000, SYN))
                .as("a new flow is no reply")
                .isEmpty();
        assertThat(udp(FABRIC, A, v6, 4000)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void guestsOfOneHostPassTheRulesOfBoth(boolean v6) {
        firewall.putGroup(everythingOut());
        firewall.putGroup(allow(v6, traffic(v6, "udp", 53, 53), new Remote.Anywhere()));
        firewall.putEndpoint(A.in(OUT));
        firewall.putEndpoint(B.in(IN));
        apply();
        assertThat(udp(A, B, v6, 53)).containsExactly("tapb");
        assertThat(udp(A, B, v6, 54)).as("b's ingress").isEmpty();
        assertThat(udp(A, B, !v6, 53)).as("the other family").isEmpty();
        assertThat(wire.send(B.device, B.mac, Packets.udp(B.address(v6), 53, A.address(v6), 4000, wire.payload())))
                .as("reply")
                .containsExactly("tapa");
        assertThat(udp(B, A, v6, 53)).as("b's egress").isEmpty();
    }

    @ParameterizedTest(name = "{0} {1} {2}-{3}: {4}")
    @CsvSource(
            nullValues = "-",
            value = {
                // v6, protocol, min, max, then what passes: u=udp53 U=udp54 t=tcp80 T=tcp90 e=echo E=echo reply code 1
                // g=gre
                "false, any, -, -, u U t T e E g",
                "true,  any, -, -, u U t T e E g",
                "false, udp, -, -, u U",
                "true,  udp, 53, 53, u",
                "false, udp, 1, 53, u",
                "true,  udp, 54, 65535, U",
                "false, tcp, 80, 89, t",
                "true,  tcp, 80, 90, t T",
                "false, tcp, 81, 90, T",
                "false, icmp, -, -, e E",
                "true,  icmp, -, -, e E",
                "false, icmp, 8, -, e",
                "false, icmp, 8, 0, e",
                "false, icmp, 8, 1, -",
                "true,  icmp, 128, 0, e",
                "true,  icmp, 139, 1, E",
                "false, gre, -, -, g",
                "true,  47, -, -, g",
                "true,  51, -, -, -",
            })
    void letsPassWhatARuleNames(
            boolean v6, String protocol, @Nullable Integer min, @Nullable Integer max, @Nullable String passing) {
        firewall.putGroup(allow(v6, traffic(v6, protocol, min, max), new Remote.Anywhere()));
        firewall.putEndpoint(A.in(IN));
        apply();
        String passed = Arrays.stream(new String[] {"u", "U", "t", "T", "e", "E", "g"})
                .filter(probe ->
                        wire.send(FABRIC.device, FABRIC.mac, probe(probe, v6)).contains("tapa"))
                .collect(Collectors.joining(" "));
        assertThat(passed).isEqualTo(passing == null ? "" : passing);
    }

    private byte[] probe(String kind, boolean v6) {
        IpAddress from = FABRIC.address(v6);
        IpAddress to = A.address(v6);
        return switch (kind) {
            case "u" -> Packets.udp(from, 4000, to, 53, wire.payload());
            case "U" -> Packets.udp(from, 4000, to, 54, wire.payload());
            case "t" -> Packets.tcp(from, 4000, to, 80, SYN, wire.payload());
            case "T" -> Packets.tcp(from, 4000, to, 90, SYN, wire.payload());
            case "e" -> Packets.icmp(from, to, v6 ? 128 : 8, 0, wire.payload());
            case "E" -> Packets.icmp(from, to, v6 ? 139 : 13, 1, wire.payload()); // timestamp, node information

            case "g" -> Packets.protocol(from, to, 47, wire.payload());
            default -> throw new IllegalArgumentException(kind);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "false, 10.9.0.0/17, true, false",
        "false, 10.9.0.1/32, true, false",
        "false, 10.9.0.0/16, true, true",
        "false, 10.9.128.0/17, false, true",
        "false, 0.0.0.0/0, true, true",
        "true, 2001:db8:9::/49, true, false",
        "true, 2001:db8:9::1/128, true, false",
        "true, 2001:db8:9:8000::/49, false, true",
        "true, ::/0, true, true",
    })
    void aPrefixIsMetToTheBit(boolean v6, String prefix, boolean first, boolean second) {
        firewall.putGroup(allow(v6, traffic(v6, "udp", 53, 53), new Remote.Addresses(Prefix.parse(prefix))));
        firewall.putEndpoint(A.in(IN));
        apply();
        assertThat(udp(FABRIC, FABRIC.address(v6), A.address(v6), 53).contains("tapa"))
                .isEqualTo(first);
        assertThat(udp(FABRIC, v6 ? ELSEWHERE_6 : ELSEWHERE_4, A.address(v6), 53)
                        .contains("tapa"))
                .isEqualTo(second);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRemoteGroupIsItsMembersOfNow(boolean v6) {
        firewall.putGroup(allow(v6, traffic(v6, "udp", 53, 53), new Remote.Members(PEERS)));
        firewall.putEndpoint(A.in(IN));
        firewall.inSync();
        apply();
        assertThat(udp(FABRIC, A, v6, 53)).as("nobody is in it").isEmpty();
        firewall.putMember(PEERS, FABRIC.address(v6));
        apply();
        assertThat(udp(FABRIC, A, v6, 53)).containsExactly("tapa");
        assertThat(udp(FABRIC, v6 ? ELSEWHERE_6 : ELSEWHERE_4, A.address(v6), 53))
                .isEmpty();
        firewall.removeMember(PEERS, FABRIC.address(v6));
        apply();
        assertThat(udp(FABRIC, FABRIC.address(v6), A.address(v6), 53)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void endpointsOfThisHostAreMembersOfTheirGroups(boolean v6) {
        firewall.putGroup(everythingOut());
        firewall.putGroup(allow(v6, new Traffic.Any(), new Remote.Members(OUT)));
        firewall.putEndpoint(A.in(OUT));
        firewall.putEndpoint(B.in(IN));
        apply();
        assertThat(udp(A, B, v6, 53)).containsExactly("tapb");
        firewall.putEndpoint(A.in(OUT, IN));
        firewall.putEndpoint(B.in(IN, OUT));
        apply();
        assertThat(udp(B, A, v6, 99)).containsExactly("tapa");
        firewall.putMember(OUT, A.address(v6)); // a route of the same address from elsewhere comes and goes
        firewall.removeMember(OUT, A.address(v6));
        apply();
        assertThat(udp(A, B, v6, 54)).containsExactly("tapb");
    }

    @Test
    void dropsForgedSources() throws IOException {
        firewall.putGroup(everythingOut());
        firewall.putEndpoint(A.in(OUT));
        apply();
        MacAddress other = MacAddress.parse("52:54:00:00:00:99");
        assertThat(udp(A, A.ipv4, FABRIC.ipv4, 53)).containsExactly("up0");
        assertThat(udp(A, B.ipv4, FABRIC.ipv4, 53)).as("another guest's IPv4").isEmpty();
        assertThat(udp(A, B.ipv6, FABRIC.ipv6, 53)).as("another guest's IPv6").isEmpty();
        assertThat(wire.send(A.device, other, Packets.udp(A.ipv4, 1, FABRIC.ipv4, 53, wire.payload())))
                .as("another MAC")
                .isEmpty();
        assertThat(wire.send(A.device, B.mac, Packets.udp(B.ipv6, 1, FABRIC.ipv6, 53, wire.payload())))
                .as("another guest altogether")
                .isEmpty();
        assertThat(udp(A, IpAddress.parse("fe80::1"), FABRIC.ipv6, 53))
                .as("the gateway")
                .isEmpty();
        assertThat(firewall.drops().get(new InterfaceName("tapa"))).isEqualTo(new DropCounts(5, 0, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void withoutPortSecurityEverythingPassesFromAnySource(boolean v6) {
        firewall.putEndpoint(new EndpointPolicy(
                new InterfaceName("tapa"), A.mac, Set.of(A.address(v6).hostPrefix()), List.of(), false));
        apply();
        IpAddress foreign = IpAddress.parse(v6 ? "2001:db8:cc::1" : "203.0.113.1");
        assertThat(udp(A, foreign, FABRIC.address(v6), 53)).containsExactly("up0");
        assertThat(udp(FABRIC, A, v6, 53)).containsExactly("tapa");
        assertThat(udp(A, foreign, FABRIC.address(v6), 54)).containsExactly("up0");
    }

    private DropCounts dropsAtA() throws IOException {
        return Objects.requireNonNull(firewall.drops().get(new InterfaceName("tapa")));
    }

    @Test
    void forgedArpReachesNoNeighbourTable() throws IOException {
        Command.run("sysctl", "-qw", "net.ipv4.conf.tapa.arp_accept=1"); // the worst case: the kernel would learn
        IpAddress gateway = IpAddress.parse("169.254.1.1");
        firewall.putEndpoint(A.in());
        apply();
        byte[] claim = Packets.arp(A.mac, 2, A.mac, B.ipv4, A.mac, B.ipv4);
        wire.exchange(A.device, claim);
        assertThat(Command.run("ip", "neigh", "show", "dev", "tapa")).doesNotContain("10.0.0.2");
        // what is to the guest may be the host's own multicast listener report
        assertThat(dropsAtA()).extracting(DropCounts::spoofed).isEqualTo(1L);

        byte[] request = Packets.arp(A.mac, 1, A.mac, A.ipv4, new MacAddress(0), gateway);
        assertThat(answers(request)).as("its own is answered").containsExactly("arp");
        byte[] forged = Packets.arp(A.mac, 1, B.mac, A.ipv4, new MacAddress(0), gateway);
        assertThat(answers(forged)).as("with another MAC it is not").isEmpty();

        firewall.removeEndpoint(new InterfaceName("tapa"));
        firewall.inSync();
        apply();
        wire.exchange(A.device, claim);
        assertThat(Command.run("ip", "neigh", "show", "dev", "tapa"))
                .as("without our rules it does")
                .contains("10.0.0.2");
    }

    @Test
    void theHostIsReachedForItsGuestServicesOnly() throws IOException {
        firewall.putGroup(everythingOut());
        firewall.putEndpoint(A.in(OUT));
        apply();
        IpAddress gateway4 = IpAddress.parse("169.254.1.1");
        IpAddress gateway6 = IpAddress.parse("fe80::1");
        IpAddress linkLocal = A.mac.linkLocal();
        Command.run("ip", "neigh", "add", linkLocal.toString(), "lladdr", A.mac.toString(), "dev", "tapa");
        Command.run("ip", "addr", "add", "192.0.2.1/32", "dev", "lo");
        Wire.hostAddress("lo", "2001:db8:f::1/128");
        byte[] echo = Packets.icmp(A.ipv4, gateway4, 8, 0, new byte[12]);
        assertThat(answers(Packets.frame(Wire.GATEWAY, A.mac, echo))).containsExactly("echo");
        byte[] echo6 = Packets.icmp(linkLocal, gateway6, 128, 0, new byte[12]);
        assertThat(answers(Packets.frame(Wire.GATEWAY, A.mac, echo6))).containsExactly("echo");
        byte[] underlay = Packets.icmp(A.ipv4, IpAddress.parse("192.0.2.1"), 8, 0, new byte[12]);
        assertThat(answers(Packets.frame(Wire.GATEWAY, A.mac, underlay)))
                .as("an address of the host itself")
                .isEmpty();
        byte[] underlay6 = Packets.icmp(A.ipv6, IpAddress.parse("2001:db8:f::1"), 128, 0, new byte[12]);
        assertThat(answers(Packets.frame(Wire.GATEWAY, A.mac, underlay6)))
                .as("an address of the host itself")
                .isEmpty();
        byte[] ssh = Packets.tcp(A.ipv4, 4000, gateway4, 22, SYN, new byte[0]);
        assertThat(answers(Packets.frame(Wire.GATEWAY, A.mac, ssh)))
                .as("not even a reset")
                .isEmpty();
        byte[] ssh6 = Packets.tcp(linkLocal, 4000, gateway6, 22, SYN, new byte[0]);
        assertThat(answers(Packets.frame(Wire.GATEWAY, A.mac, ssh6)))
                .as("not even a reset")
                .isEmpty();
        assertThat(firewall.drops().get(new InterfaceName("tapa")))
                .extracting(DropCounts::toHost)
                .as("beside them the host's own IPv6 may have said something to the guest's multicast groups")
                .isEqualTo(4L);
    }

    @Test
    void aLinkLocalAddressOfAnyMakingServesOnTheLinkOnly() throws IOException {
        firewall.putGroup(everythingOut());
        firewall.putEndpoint(A.in(OUT));
        apply();
        IpAddress gateway = IpAddress.parse("fe80::1");
        IpAddress stable = IpAddress.parse("fe80::7217:1234:5678:9abc");
        Command.run("ip", "neigh", "add", stable.toString(), "lladdr", A.mac.toString(), "dev", "tapa");
        byte[] echo = Packets.icmp(stable, gateway, 128, 0, new byte[12]);
        assertThat(answers(Packets.frame(Wire.GATEWAY, A.mac, echo))).containsExactly("echo");
        assertThat(answers(Packets.frame(Wire.GATEWAY, B.mac, echo)))
                .as("another MAC")
                .isEmpty();
        assertThat(udp(A, stable, FABRIC.ipv6, 53)).as("beyond the link").doesNotContain("up0");
    }

    @Test
    void onlyAdvertisementsOfItsOwnAddressesReachTheNeighbourTable() throws IOException {
        firewall.putEndpoint(A.in());
        apply();
        Command.run("ip", "neigh", "add", "2001:db8::66", "nud", "stale", "lladdr", A.mac.toString(), "dev", "tapa");
        MacAddress forged = MacAddress.parse("52:54:00:00:00:66");
        wire.exchange(A.device, advertisement("2001:db8::66", forged));
        assertThat(Command.run("ip", "neigh", "show", "2001:db8::66", "dev", "tapa"))
                .contains(A.mac.toString());
        assertThat(dropsAtA()).extracting(DropCounts::toHost).isEqualTo(1L);

        firewall.putEndpoint(new EndpointPolicy(
                new InterfaceName("tapa"),
                A.mac,
                Set.of(A.ipv6.hostPrefix(), Prefix.parse("2001:db8::66")),
                List.of(),
                true));
        apply();
        wire.exchange(A.device, advertisement("2001:db8::66", forged));
        assertThat(Command.run("ip", "neigh", "show", "2001:db8::66", "dev", "tapa"))
                .contains(forged.toString());
    }

    /// Sent by A, overriding (RFC 4861 §4.4), with a target link-layer address.
    private static byte[] advertisement(String target, MacAddress mac) {
        byte[] body = ByteBuffer.allocate(28)
                .putInt(0x2000_0000)
                .put(IpAddress.parse(target).toArray())
                .put((byte) 2)
                .put((byte) 1)
                .put(mac.toArray())
                .array();
        IpAddress gateway = IpAddress.parse("fe80::1");
        return Packets.frame(Wire.GATEWAY, A.mac, Packets.icmp(A.mac.linkLocal(), gateway, 136, 0, body));
    }

    @Test
    void aGuestIsNoRouterAndNoDhcpServer() {
        firewall.putGroup(everythingOut());
        firewall.putEndpoint(A.in(OUT));
        apply();
        assertThat(wire.send(A.device, A.mac, Packets.icmp(A.ipv6, FABRIC.ipv6, 134, 0, wire.payload())))
                .isEmpty();
        assertThat(wire.send(A.device, A.mac, Packets.icmp(A.ipv6, FABRIC.ipv6, 137, 0, wire.payload())))
                .isEmpty();
        assertThat(wire.send(A.device, A.mac, Packets.udp(A.ipv4, 67, FABRIC.ipv4, 68, wire.payload())))
                .isEmpty();
        assertThat(wire.send(A.device, A.mac, Packets.udp(A.ipv6, 547, FABRIC.ipv6, 546, wire.payload())))
                .isEmpty();
        assertThat(wire.send(A.device, A.mac, Packets.udp(A.ipv4, 68, FABRIC.ipv4, 67, wire.payload())))
                .containsExactly("up0");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anInterfaceKeptForGuestsCarriesNothingUntilItIsKnown(boolean v6) throws IOException {
        var guest = new Guest("s32x", "52:54:00:00:00:0c", "10.0.0.3", "2001:db8::3");
        wire.attach(guest.device, guest.mac, guest.ipv4, guest.ipv6);
        assertThat(udp(guest, FABRIC, v6, 53)).as("nothing in force").containsExactly("up0");
        apply();
        assertThat(udp(guest, FABRIC, v6, 53)).isEmpty();
        assertThat(udp(FABRIC, guest, v6, 53)).isEmpty();
        firewall.putGroup(everythingOut());
        firewall.putEndpoint(guest.in(OUT));
        apply();
        assertThat(udp(guest, FABRIC, v6, 53)).containsExactly("up0");
        firewall.blockEndpoint(new InterfaceName("s32x"));
        apply();
        assertThat(udp(guest, FABRIC, v6, 53)).as("also what was a flow").isEmpty();
        assertThat(udp(FABRIC, guest, v6, 53)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rulesAreInForceBeforeTheInterfaceIs(boolean v6) throws IOException {
        var guest = new Guest("tapc", "52:54:00:00:00:0c", "10.0.0.3", "2001:db8::3");
        firewall.putEndpoint(guest.in());
        apply();
        assertThat(firewall.inForce(new InterfaceName("tapc"))).isTrue();
        wire.attach(guest.device, guest.mac, guest.ipv4, guest.ipv6);
        assertThat(udp(guest, FABRIC, v6, 53)).isEmpty();
        assertThat(udp(FABRIC, guest, v6, 53)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aChangeOfRulesGroupsAndPoliciesTakesEffect(boolean v6) {
        IpAddress elsewhere = v6 ? ELSEWHERE_6 : ELSEWHERE_4;
        firewall.putEndpoint(A.in(IN));
        apply();
        assertThat(udp(FABRIC, A, v6, 53)).as("a group that nobody stated").isEmpty();
        firewall.putGroup(allow(v6, traffic(v6, "udp", 53, 53), new Remote.Anywhere()));
        apply();
        assertThat(udp(FABRIC, A, v6, 53)).containsExactly("tapa");
        firewall.putGroup(allow(v6, traffic(v6, "udp", 54, 54), new Remote.Anywhere()));
        apply();
        assertThat(udp(FABRIC, A, v6, 54)).containsExactly("tapa");
        assertThat(udp(FABRIC, elsewhere, A.address(v6), 53)).isEmpty();
        firewall.putEndpoint(A.in());
        apply();
        assertThat(udp(FABRIC, elsewhere, A.address(v6), 54)).isEmpty();
        assertThat(Command.run("nft", "list", "ruleset")).doesNotContain("ingress_2");
        firewall.removeEndpoint(new InterfaceName("tapa"));
        firewall.inSync();
        apply();
        assertThat(udp(FABRIC, elsewhere, A.address(v6), 55))
                .as("none of ours any more")
                .containsExactly("tapa");
        assertThat(Command.run("nft", "list", "ruleset")).doesNotContain("tapa");
    }

    /// Where anybody may change our tables.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFlushClosesGuestsUntilTheRulesAreBack(boolean v6) throws IOException {
        firewall.close();
        firewall = Firewall.open(COMPILER, false);
        firewall.putGroup(everythingOut());
        firewall.putGroup(allow(v6, traffic(v6, "udp", 53, 53), new Remote.Anywhere()));
        firewall.putEndpoint(A.in(OUT, IN));
        firewall.inSync();
        apply();
        assertThat(udp(FABRIC, A, v6, 53)).containsExactly("tapa");
        assertThat(udp(A, FABRIC, v6, 99)).containsExactly("up0");
        Command.run("nft", "flush", "ruleset");
        for (int port : new int[] {53, 54}) {
            assertThat(udp(FABRIC, A, v6, port)).as("port %d", port).isEmpty();
        }
        assertThat(udp(A, FABRIC, v6, 99)).as("even what may").isEmpty();
        assertThat(udp(A, B.address(v6), FABRIC.address(v6), 99)).as("forged").isEmpty();
        firewall.resync();
        apply();
        assertThat(udp(FABRIC, A, v6, 53)).containsExactly("tapa");
        assertThat(udp(FABRIC, A, v6, 54)).isEmpty();
        assertThat(udp(A, FABRIC, v6, 99)).containsExactly("up0");
    }

    @Test
    void aHundredThousandMembersAreLoadedAndOneIsFound() {
        firewall.putGroup(allow(false, traffic(false, "udp", 53, 53), new Remote.Members(PEERS)));
        firewall.putEndpoint(A.in(IN));
        var members = new ArrayList<IpAddress>();
        for (int i = 0; i < 100_000; i++) {
            members.add(new Ipv4Address(0x0b00_0000 + i));
        }
        members.forEach(member -> firewall.putMember(PEERS, member));
        apply();
        assertThat(udp(FABRIC, A, false, 53)).isEmpty();
        firewall.putMember(PEERS, FABRIC.ipv4);
        apply();
        assertThat(udp(FABRIC, A, false, 53)).containsExactly("tapa");
    }
}
