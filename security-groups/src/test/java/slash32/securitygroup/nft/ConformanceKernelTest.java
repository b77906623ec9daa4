package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static slash32.securitygroup.nft.GuestAndFabric.COMPILER;
import static slash32.securitygroup.nft.GuestAndFabric.MAC;
import static slash32.securitygroup.nft.GuestAndFabric.OUTSIDE;
import static slash32.securitygroup.nft.GuestAndFabric.OUTSIDE_MAC;
import static slash32.securitygroup.nft.GuestAndFabric.TAP;
import static slash32.securitygroup.nft.GuestAndFabric.apply;
import static slash32.securitygroup.nft.GuestAndFabric.guest;
import static slash32.securitygroup.nft.GuestAndFabric.in;
import static slash32.securitygroup.nft.GuestAndFabric.outside;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// The lines of docs/security-groups.md that say which packet passes whatever the groups say, or by a detail of a rule.
@InNetns
@ExtendWith(ConformanceExtension.class)
class ConformanceKernelTest {
    private static final GroupId GROUP = new GroupId(7);

    private Wire wire;
    private Firewall firewall;

    @BeforeEach
    void connect() throws IOException {
        wire = GuestAndFabric.wire();
        firewall = Firewall.open(COMPILER);
    }

    @AfterEach
    void disconnect() {
        firewall.close();
        wire.close();
    }

    private void put(GroupId... groups) {
        firewall.putEndpoint(in(groups));
        apply(firewall);
    }

    private void allow(GroupId group, Direction direction, boolean v6, Traffic traffic) {
        firewall.putGroup(new SecurityGroup(
                group, "", List.of(new Rule("r", direction, family(v6), traffic, new Remote.Anywhere()))));
    }

    private static EtherType family(boolean v6) {
        return v6 ? EtherType.IPV6 : EtherType.IPV4;
    }

    private boolean comesIn(byte[] packet) {
        return wire.send(OUTSIDE, OUTSIDE_MAC, packet).contains(TAP.value());
    }

    private boolean goesOut(byte[] packet) {
        return wire.send(TAP.value(), MAC, packet).contains(OUTSIDE);
    }

    private byte[] withPorts(boolean v6, String protocol, int port) {
        IpAddress from = outside(v6);
        IpAddress to = guest(v6);
        return switch (protocol) {
            case "tcp" -> Packets.tcp(from, 4000, to, port, Packets.SYN, wire.payload());
            case "udp" -> Packets.udp(from, 4000, to, port, wire.payload());
            case "udplite" -> Packets.udpLite(from, 4000, to, port, wire.payload());
            case "sctp" -> Packets.sctpInit(from, 4000, to, port, wire.payload());
            case "dccp" -> Packets.dccpRequest(from, 4000, to, port, wire.payload());
            default -> throw new IllegalArgumentException(protocol);
        };
    }

    /// The ports around both ends of a range that is no power of two, and those where its blocks meet.
    @ParameterizedTest
    @CsvSource({
        "false, tcp",
        "true, tcp",
        "false, udp",
        "true, udp",
        "false, udplite",
        "true, udplite",
        "false, sctp",
        "true, sctp",
        "false, dccp",
        "true, dccp",
    })
    void aRangeOfPortsIsMetToTheLastPort(boolean v6, String protocol) {
        // conntrack would take UDP-Lite's checksum for UDP's, and the packet for invalid (nf_conntrack_proto_udp.c)
        Command.run("sysctl", "-qw", "net.netfilter.nf_conntrack_checksum=0");
        allow(GROUP, Direction.INGRESS, v6, Traffic.of(family(v6), protocol, 1_001, 1_030));
        put(GROUP);
        assertThat(IntStream.of(1, 1_000, 1_001, 1_002, 1_007, 1_008, 1_023, 1_024, 1_027, 1_028, 1_030, 1_031, 65_535)
                        .filter(port -> comesIn(withPorts(v6, protocol, port))))
                .containsExactly(1_001, 1_002, 1_007, 1_008, 1_023, 1_024, 1_027, 1_028, 1_030);
        String other = protocol.equals("tcp") ? "udp" : "tcp";
        assertThat(comesIn(withPorts(v6, other, 1_010))).as(other).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void allPortsAreNoPorts(boolean v6) {
        allow(GROUP, Direction.INGRESS, v6, Traffic.of(family(v6), "udp", 1, 65_535));
        put(GROUP);
        for (int port : new int[] {1, 1_000, 65_535}) {
            assertThat(comesIn(withPorts(v6, "udp", port))).as("port %d", port).isTrue();
        }
        assertThat(comesIn(withPorts(v6, "tcp", 80))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRuleIsOfOneDirection(boolean v6) {
        Traffic dns = Traffic.of(family(v6), "udp", 53, 53);
        allow(GROUP, Direction.INGRESS, v6, dns);
        put(GROUP);
        assertThat(comesIn(Packets.udp(outside(v6), 4000, guest(v6), 53, wire.payload())))
                .isTrue();
        assertThat(goesOut(Packets.udp(guest(v6), 4001, outside(v6), 53, wire.payload())))
                .isFalse();
        allow(GROUP, Direction.EGRESS, v6, dns);
        put(GROUP);
        assertThat(comesIn(Packets.udp(outside(v6), 4002, guest(v6), 53, wire.payload())))
                .isFalse();
        assertThat(goesOut(Packets.udp(guest(v6), 4003, outside(v6), 53, wire.payload())))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anyGroupOfManyIsEnoughAndOneThatWasNeverStatedAddsNothing(boolean v6) {
        var groups = new GroupId[20];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = new GroupId(100 + i);
            if (i != 10) {
                allow(groups[i], Direction.INGRESS, v6, Traffic.of(family(v6), "udp", 1_000 + i, 1_000 + i));
            }
        }
        put(groups);
        assertThat(IntStream.range(999, 1_021).filter(port -> comesIn(withPorts(v6, "udp", port))))
                .containsExactly(IntStream.range(1_000, 1_020)
                        .filter(port -> port != 1_010)
                        .boxed()
                        .toArray(Integer[]::new));
        put(groups[3], groups[10]);
        assertThat(IntStream.range(999, 1_021).filter(port -> comesIn(withPorts(v6, "udp", port))))
                .containsExactly(1_003);
    }

    /// What a guest sends before it has an address: none of it is taken for forged, unless from another's MAC.
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "DHCP discover, 0.0.0.0, 255.255.255.255, true",
        "DHCP discover to one server, 0.0.0.0, 10.9.0.1, false",
        "MLD report, ::, ff02::16, true",
        "MLDv1 report, ::, ff02::1:ff00:1, true",
        "neighbor solicitation, ::, ff02::1:ff00:1, true",
        "neighbor solicitation beyond the link, ::, ff05::1, false",
        "echo, ::, ff02::1, false",
    })
    void aGuestMayAskForAnAddressBeforeItHasOne(String what, String source, String destination, boolean genuine)
            throws IOException {
        put();
        IpAddress from = IpAddress.parse(source);
        IpAddress to = IpAddress.parse(destination);
        byte[] packet = switch (what.replaceFirst(" .*", "")) {
            case "DHCP" -> Packets.udp(from, 68, to, 67, wire.payload());
            case "MLD" -> Packets.icmp(from, to, 143, 0, wire.payload());
            case "MLDv1" -> Packets.icmp(from, to, 131, 0, wire.payload());
            case "neighbor" -> Packets.icmp(from, to, 135, 0, wire.payload());
            default -> Packets.icmp(from, to, 128, 0, wire.payload());
        };
        wire.send(TAP.value(), MAC, packet);
        assertThat(spoofed()).isEqualTo(genuine ? 0 : 1);
        wire.send(TAP.value(), OUTSIDE_MAC, packet);
        assertThat(spoofed()).as("from another MAC").isEqualTo(genuine ? 1 : 2);
    }

    private long spoofed() throws IOException {
        return Objects.requireNonNull(firewall.drops().get(TAP)).spoofed();
    }

    @Test
    void whatAGuestNeedsToBeOnItsLinkReachesItWithoutARule() {
        put();
        assertThat(IntStream.of(1, 2, 128, 129, 130, 131, 133, 134, 135, 136, 137, 143)
                        .filter(type -> comesIn(Packets.icmp(outside(true), guest(true), type, 0, wire.payload()))))
                .containsExactly(130, 134, 135, 136);
        assertThat(comesIn(Packets.udp(outside(false), 67, guest(false), 68, wire.payload())))
                .as("DHCP")
                .isTrue();
        assertThat(comesIn(Packets.udp(outside(true), 547, guest(true), 546, wire.payload())))
                .as("DHCPv6")
                .isTrue();
        assertThat(comesIn(Packets.udp(outside(false), 68, guest(false), 67, wire.payload())))
                .as("as to a server")
                .isFalse();
        assertThat(comesIn(Packets.udp(outside(true), 546, guest(true), 547, wire.payload())))
                .as("as to a server")
                .isFalse();
    }

    @Test
    void whatAGuestMaySendWithoutARule() {
        put();
        assertThat(goesOut(Packets.udp(guest(false), 68, outside(false), 67, wire.payload())))
                .as("DHCP")
                .isTrue();
        assertThat(goesOut(Packets.udp(guest(true), 546, outside(true), 547, wire.payload())))
                .as("DHCPv6")
                .isTrue();
        assertThat(IntStream.of(128, 130, 134, 135, 136, 137)
                        .filter(type -> goesOut(Packets.icmp(guest(true), outside(true), type, 0, wire.payload()))))
                .containsExactly(128, 130, 135, 136);
        assertThat(goesOut(Packets.icmp(guest(false), outside(false), 8, 0, wire.payload())))
                .as("echo of IPv4")
                .isFalse();
    }

    /// A TAP is in no bridge, and the host routes IP alone: RARP, VLAN, MPLS, LLDP, IEEE 802.3 with a length.
    @ParameterizedTest
    @ValueSource(ints = {0x8035, 0x8100, 0x8847, 0x88cc, 0x0040})
    void whatIsNeitherIpNorArpGoesNowhere(int etherType) {
        firewall.putEndpoint(new EndpointPolicy(
                TAP, MAC, Set.of(guest(false).hostPrefix(), guest(true).hostPrefix()), List.of(), false));
        firewall.apply(0);
        for (MacAddress to : List.of(Wire.GATEWAY, MacAddress.BROADCAST)) {
            for (boolean v6 : new boolean[] {false, true}) {
                byte[] within = Packets.udp(guest(v6), 4000, outside(v6), 53, wire.payload());
                assertThat(wire.sendFrame(TAP.value(), Packets.ethernet(to, MAC, etherType, within)))
                        .isEmpty();
                assertThat(goesOut(within)).as("but as IP").isTrue();
            }
        }
    }

    /// The counters of rules count what those alone let pass, and one rule's change leaves the others' alone.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void eachRuleCountsWhatItLetPass(boolean v6) throws IOException {
        var peers = new GroupId(9);
        var range = rule("range", v6, "udp", 1_001, 1_030, new Remote.Anywhere());
        var net =
                rule("net", v6, "udp", 80, 80, new Remote.Addresses(outside(v6).hostPrefix()));
        var members = rule("members", v6, "udp", 53, 53, new Remote.Members(peers));
        firewall.putMember(peers, outside(v6));
        var group = new SecurityGroup(GROUP, "", List.of(range, net, members));
        firewall.putGroup(group);
        put(GROUP);
        int flow = 4_000;
        for (int port : new int[] {1_001, 1_015, 1_030, 80, 53, 53, 54}) {
            byte[] packet = Packets.udp(outside(v6), flow++, guest(v6), port, wire.payload());
            wire.send(OUTSIDE, OUTSIDE_MAC, packet);
        }
        assertThat(packets(group)).containsExactly(entry("range", 3L), entry("net", 1L), entry("members", 2L));
        var changed = new SecurityGroup(GROUP, "", List.of(range, members));
        firewall.putGroup(changed);
        put(GROUP);
        assertThat(packets(changed)).containsExactly(entry("range", 3L), entry("members", 2L));
        var absent = new SecurityGroup(new GroupId(8), "", List.of(range, members));
        assertThat(packets(absent)).containsExactly(entry("range", 0L), entry("members", 0L));
    }

    private static Rule rule(String id, boolean v6, String protocol, int min, int max, Remote remote) {
        return new Rule(id, Direction.INGRESS, family(v6), Traffic.of(family(v6), protocol, min, max), remote);
    }

    private static Map<String, Long> packets(SecurityGroup group) throws IOException {
        try (RuleCounters counters = RuleCounters.open()) {
            var packets = new LinkedHashMap<String, Long>();
            counters.read(group, _ -> Set.of()).forEach((id, counts) -> packets.put(id, counts.packets()));
            return packets;
        }
    }
}
