package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.AddressPair;
import slash32.securitygroup.AddressRange;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.testkit.InNetns;

/// Allowed address pairs, address groups, stateless groups and default groups, by packets of both families.
@InNetns
@ExtendWith(ConformanceExtension.class)
class AddressesKernelTest {
    private static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"), IpAddress.parse("fe80::1")));
    private static final MacAddress MAC_A = MacAddress.parse("52:54:00:00:00:0a");
    private static final MacAddress MAC_B = MacAddress.parse("52:54:00:00:00:0b");
    private static final MacAddress MAC_OUT = MacAddress.parse("52:54:00:00:00:0f");
    private static final MacAddress VIRTUAL = MacAddress.parse("00:00:5e:00:01:07");
    private static final InterfaceName TAP_A = new InterfaceName("tapa");
    private static final InterfaceName TAP_B = new InterfaceName("tapb");
    private static final GroupId OUT = new GroupId(1);
    private static final GroupId IN = new GroupId(2);
    private static final GroupId LISTED = new GroupId(3);

    private Wire wire;
    private Firewall firewall;

    @BeforeEach
    void connect() throws IOException {
        wire = new Wire();
        wire.attach("tapa", MAC_A, address(false, 1), address(true, 1));
        wire.attach("tapb", MAC_B, address(false, 2), address(true, 2));
        wire.attach("up0", MAC_OUT, address(false, 9), address(true, 9));
        firewall = Firewall.open(COMPILER);
        firewall.putGroup(
                new SecurityGroup(OUT, "", List.of(any(Direction.EGRESS, false), any(Direction.EGRESS, true))));
    }

    @AfterEach
    void disconnect() {
        firewall.close();
        wire.close();
    }

    private static IpAddress address(boolean v6, int host) {
        return IpAddress.parse((v6 ? "2001:db8::" : "10.0.0.") + host);
    }

    private static EtherType family(boolean v6) {
        return v6 ? EtherType.IPV6 : EtherType.IPV4;
    }

    private static Rule any(Direction direction, boolean v6) {
        return new Rule(direction + "-" + v6, direction, family(v6), new Traffic.Any(), new Remote.Anywhere());
    }

    private static Rule fromMembers(GroupId group, boolean v6) {
        Traffic udp = Traffic.of(family(v6), "udp", 53, 53);
        return new Rule("m" + v6, Direction.INGRESS, family(v6), udp, new Remote.Members(group));
    }

    private static AddressPair pair(String prefix, MacAddress mac) {
        return new AddressPair(Prefix.parse(prefix), mac);
    }

    private static EndpointPolicy endpoint(InterfaceName device, Set<AddressPair> pairs, GroupId... groups) {
        int host = device.equals(TAP_A) ? 1 : 2;
        Set<Prefix> own = Stream.of(address(false, host), address(true, host))
                .map(IpAddress::hostPrefix)
                .collect(Collectors.toSet());
        MacAddress mac = device.equals(TAP_A) ? MAC_A : MAC_B;
        return new EndpointPolicy(device, mac, own, pairs, List.of(groups), true);
    }

    private void apply() {
        var pass = firewall.apply(0);
        assertThat(pass.broken()).isNull();
        assertThat(pass.failed()).isEmpty();
    }

    private boolean passes(String from, MacAddress mac, IpAddress source, int port, IpAddress to, int toPort) {
        return !wire.send(from, mac, Packets.udp(source, port, to, toPort, wire.payload()))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.1,        own,     true",
        "10.0.0.1,        virtual, false",
        "10.0.0.77,       own,     true",
        "10.0.0.77,       virtual, false",
        "10.0.7.200,      virtual, true",
        "10.0.7.200,      own,     false",
        "10.0.8.1,        virtual, false",
        "169.254.1.1,     virtual, false",
        "2001:db8::1,     own,     true",
        "2001:db8::77,    own,     true",
        "2001:db8::78,    own,     false",
        "2001:db8:7::99,  virtual, true",
        "2001:db8:7::99,  own,     false",
        "2001:db8:8::99,  virtual, false",
        "fe80::1,         virtual, false",
    })
    void aGuestMaySendAsItsPairsWithTheirMac(String source, String mac, boolean passes) {
        firewall.putEndpoint(endpoint(
                TAP_A,
                Set.of(
                        pair("10.0.0.77", MAC_A),
                        pair("10.0.7.0/24", VIRTUAL),
                        pair("2001:db8::77", MAC_A),
                        pair("2001:db8:7::/64", VIRTUAL)),
                OUT));
        apply();
        IpAddress from = IpAddress.parse(source);
        assertThat(passes("tapa", mac.equals("own") ? MAC_A : VIRTUAL, from, 4000, address(!from.isIpv4(), 9), 53))
                .isEqualTo(passes);
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.77, own, 0", "10.0.7.200, virtual, 0", "10.0.7.200, own, 1", "10.0.8.1, virtual, 1"})
    void arpIsGuardedByPairsToo(String sender, String mac, long spoofed) throws IOException {
        firewall.putEndpoint(endpoint(TAP_A, Set.of(pair("10.0.0.77", MAC_A), pair("10.0.7.0/24", VIRTUAL)), OUT));
        apply();
        MacAddress from = mac.equals("own") ? MAC_A : VIRTUAL;
        IpAddress gateway = IpAddress.parse("169.254.1.1");
        wire.exchange("tapa", Packets.arp(from, 1, from, IpAddress.parse(sender), new MacAddress(0), gateway));
        assertThat(Objects.requireNonNull(firewall.drops().get(TAP_A)).spoofed())
                .isEqualTo(spoofed);
    }

    @Test
    void aPairOfEveryAddressIsNoGateway() {
        firewall.putEndpoint(endpoint(TAP_A, Set.of(pair("0.0.0.0/0", MAC_A), pair("::/0", MAC_A)), OUT));
        apply();
        assertThat(passes("tapa", MAC_A, IpAddress.parse("203.0.113.1"), 1, address(false, 9), 53))
                .isTrue();
        assertThat(passes("tapa", MAC_A, IpAddress.parse("169.254.1.1"), 1, address(false, 9), 53))
                .isFalse();
        assertThat(passes("tapa", MAC_A, IpAddress.parse("fe80::1"), 1, address(true, 9), 53))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"false, 10.0.0.77, 10.0.7.0/24, 10.0.7.8", "true, 2001:db8::77, 2001:db8:7::/64, 2001:db8:7::8"})
    void pairsAreMembersOfTheGroups(boolean v6, String host, String prefix, String inPrefix) {
        firewall.putGroup(new SecurityGroup(IN, "", List.of(fromMembers(OUT, v6))));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(pair(host, MAC_A), pair(prefix, MAC_A)), OUT));
        firewall.putEndpoint(endpoint(TAP_B, Set.of(), IN));
        firewall.inSync();
        apply();
        for (IpAddress source : List.of(address(v6, 1), IpAddress.parse(host), IpAddress.parse(inPrefix))) {
            assertThat(passes("tapa", MAC_A, source, 4000, address(v6, 2), 53))
                    .as(source.toString())
                    .isTrue();
        }
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), OUT));
        apply();
        assertThat(passes("tapa", MAC_A, address(v6, 1), 4001, address(v6, 2), 53))
                .isTrue();
        for (IpAddress source : List.of(IpAddress.parse(host), IpAddress.parse(inPrefix))) {
            assertThat(passes("up0", MAC_OUT, source, 4001, address(v6, 2), 53))
                    .as(source.toString())
                    .isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "false, 10.9.0.77, 10.9.7.0/24, 10.9.7.8",
        "false, 10.9.0.77, 10.9.6.0/23, 10.9.7.8",
        "true, 2001:db8::77, 2001:db8:7::/64, 2001:db8:7::8",
        "true, 2001:db8::77, 2001:db8:7::/57, 2001:db8:7::8",
    })
    void pairsOfOtherHostsAreMembersOfTheGroups(boolean v6, String host, String prefix, String inPrefix)
            throws IOException {
        firewall.putGroup(new SecurityGroup(IN, "", List.of(fromMembers(LISTED, v6))));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        firewall.inSync();
        apply();
        String both = host + " " + inPrefix;
        assertThat(passing(both, v6)).isEmpty();
        List<Prefix> pairs = List.of(IpAddress.parse(host).hostPrefix(), Prefix.parse(prefix));
        pairs.forEach(pair -> firewall.putPair(LISTED, pair));
        firewall.putMember(LISTED, IpAddress.parse(host)); // which has a route too, for a while
        apply();
        assertThat(passing(both, v6)).containsExactly(host, inPrefix);
        firewall.removeMember(LISTED, IpAddress.parse(host));
        apply();
        assertThat(passing(both, v6)).containsExactly(host, inPrefix);

        firewall.close(); // a new process has not heard of the pairs when it begins
        firewall = Firewall.open(COMPILER);
        firewall.putGroup(new SecurityGroup(IN, "", List.of(fromMembers(LISTED, v6))));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        apply();
        assertThat(passing(both, v6)).containsExactly(host, inPrefix);
        firewall.putPair(LISTED, pairs.getFirst());
        apply();
        assertThat(passing(both, v6)).containsExactly(host, inPrefix);
        firewall.inSync();
        apply();
        assertThat(passing(both, v6)).containsExactly(host);
        firewall.removePair(LISTED, pairs.getFirst());
        apply();
        assertThat(passing(both, v6)).isEmpty();
    }

    /// What was left is no excuse for a rule that is gone.
    @Test
    void aRuleThatIsGoneAtARestartTakesItsMembersAlong() throws IOException {
        firewall.putGroup(new SecurityGroup(IN, "", List.of(fromMembers(LISTED, false), fromMembers(LISTED, true))));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        firewall.putPair(LISTED, Prefix.parse("10.9.7.0/24"));
        firewall.putPair(LISTED, Prefix.parse("2001:db8:7::/64"));
        apply();
        assertThat(passing("10.9.7.8", false)).hasSize(1);
        assertThat(passing("2001:db8:7::8", true)).hasSize(1);
        firewall.close();
        firewall = Firewall.open(COMPILER);
        firewall.putGroup(new SecurityGroup(IN, "", List.of(fromMembers(LISTED, true))));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        apply();
        assertThat(passing("10.9.7.8", false)).isEmpty();
        assertThat(passing("2001:db8:7::8", true)).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "false, 10.9.0.5-10.9.0.9, 10.9.0.5 10.9.0.8 10.9.0.9, 10.9.0.4 10.9.0.10",
        "false, 10.9.0.0/16, 10.9.0.0 10.9.255.255, 10.8.255.255 10.10.0.0",
        "false, 10.9.0.7, 10.9.0.7, 10.9.0.6",
        "true, 2001:db8:9::5-2001:db8:9::1:0, 2001:db8:9::5 2001:db8:9::1:0, 2001:db8:9::4 2001:db8:9::1:1",
        "true, 2001:db8:9::/48, 2001:db8:9:ffff::1, 2001:db8:a::1",
    })
    void anAddressGroupIsItsAddressesOfNow(boolean v6, String listed, String inside, String outside) {
        firewall.putGroup(new SecurityGroup(IN, "", List.of(fromMembers(LISTED, v6))));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        firewall.inSync();
        apply();
        assertThat(passing(inside + " " + outside, v6))
                .as("an empty one matches nothing")
                .isEmpty();
        firewall.putGroup(new SecurityGroup(LISTED, "", true, AddressRange.parse(listed), List.of()));
        apply();
        assertThat(passing(inside + " " + outside, v6)).containsExactly(inside.split(" "));
        firewall.putGroup(new SecurityGroup(LISTED, "", List.of()));
        apply();
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN, LISTED));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        apply();
        assertThat(passing(outside, v6)).isEmpty();
    }

    private List<String> passing(String sources, boolean v6) {
        return Stream.of(sources.split(" "))
                .filter(source -> passes("up0", MAC_OUT, IpAddress.parse(source), 4000, address(v6, 1), 53))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStatelessGroupLetsNoReplyPassThatNoRuleNames(boolean v6) {
        firewall.putGroup(new SecurityGroup(IN, "", false, List.of(), List.of(any(Direction.EGRESS, v6))));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        apply();
        IpAddress own = address(v6, 1);
        IpAddress other = address(v6, 9);
        assertThat(passes("tapa", MAC_A, own, 4000, other, 80)).isTrue();
        assertThat(passes("up0", MAC_OUT, other, 80, own, 4000)).as("a reply").isFalse();
        Traffic replies = Traffic.of(family(v6), "udp", 4000, 4000);
        var in = new Rule("replies", Direction.INGRESS, family(v6), replies, new Remote.Anywhere());
        firewall.putGroup(new SecurityGroup(IN, "", false, List.of(), List.of(any(Direction.EGRESS, v6), in)));
        apply();
        assertThat(passes("up0", MAC_OUT, other, 80, own, 4000))
                .as("with a rule")
                .isTrue();
        firewall.putGroup(new SecurityGroup(IN, "", List.of(any(Direction.EGRESS, v6))));
        apply();
        assertThat(passes("tapa", MAC_A, own, 4001, other, 80)).isTrue();
        assertThat(passes("up0", MAC_OUT, other, 80, own, 4001))
                .as("made stateful")
                .isTrue();
    }

    /// As Neutron makes them: all out, in from itself.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theDefaultGroupLetsItsMembersTalkAndNobodyElseIn(boolean v6) {
        var self = new Rule("in", Direction.INGRESS, family(v6), new Traffic.Any(), new Remote.Members(IN));
        firewall.putGroup(new SecurityGroup(IN, "default", List.of(any(Direction.EGRESS, v6), self)));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        firewall.putEndpoint(endpoint(TAP_B, Set.of(), IN));
        apply();
        assertThat(passes("tapa", MAC_A, address(v6, 1), 4000, address(v6, 2), 80))
                .isTrue();
        assertThat(passes("tapb", MAC_B, address(v6, 2), 4001, address(v6, 1), 80))
                .isTrue();
        assertThat(passes("tapa", MAC_A, address(v6, 1), 4002, address(v6, 9), 80))
                .isTrue();
        assertThat(passes("up0", MAC_OUT, address(v6, 9), 4003, address(v6, 1), 80))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"128, true", "133, true", "200, true", "134, false", "137, false"})
    void icmpv6PassesOutWithoutARuleButARoutersDoesNot(int type, boolean passes) {
        firewall.putGroup(new SecurityGroup(IN, "", false, List.of(), List.of()));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        apply();
        byte[] packet = Packets.icmp(address(true, 1), address(true, 9), type, 0, wire.payload());
        assertThat(!wire.send("tapa", MAC_A, packet).isEmpty()).isEqualTo(passes);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void tenThousandRulesOfOneGroupAreAllInForce(boolean v6) {
        List<Rule> rules = IntStream.rangeClosed(1, SecurityGroup.MAX_RULES)
                .mapToObj(port -> new Rule(
                        "r" + port,
                        Direction.INGRESS,
                        family(v6),
                        Traffic.of(family(v6), "udp", 2 * port, 2 * port),
                        new Remote.Anywhere()))
                .toList();
        firewall.putGroup(new SecurityGroup(IN, "", rules));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        apply();
        for (int port : new int[] {2, 10_000, 20_000}) {
            assertThat(passes("up0", MAC_OUT, address(v6, 9), 4000, address(v6, 1), port))
                    .as("port %d", port)
                    .isTrue();
            assertThat(passes("up0", MAC_OUT, address(v6, 9), 4000, address(v6, 1), port + 1))
                    .as("port %d", port + 1)
                    .isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aMillionMembersAreLoadedAndTheLastIsFound(boolean v6) {
        firewall.putGroup(new SecurityGroup(IN, "", List.of(fromMembers(LISTED, v6))));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        for (int i = 0; i < 1_000_000; i++) {
            firewall.putMember(
                    LISTED, v6 ? new Ipv6Address(0x2001_0db8_000b_0000L, i) : new Ipv4Address(0x0b00_0000 + i));
        }
        apply();
        String sources = v6
                ? "2001:db8:b::0 2001:db8:b::f:423f 2001:db8:b::f:4240 2001:db8:9::9"
                : "11.0.0.0 11.15.66.63 11.15.66.64 10.9.9.9";
        assertThat(passing(sources, v6)).containsExactly(Arrays.copyOf(sources.split(" "), 2));
    }

    /// Every protocol that has ports, every name of Neutron's that can be a packet's last header, by its number.
    @ParameterizedTest
    @CsvSource({
        "false, ah, 51",
        "false, sctp, 132",
        "false, tcp, 6",
        "false, udp, 17",
        "false, dccp, 33",
        "false, egp, 8",
        "false, esp, 50",
        "false, gre, 47",
        "false, igmp, 2",
        "false, ipip, 4",
        "false, ospf, 89",
        "false, pgm, 113",
        "false, rsvp, 46",
        "false, udplite, 136",
        "false, vrrp, 112",
        "false, 253, 253",
        "false, 255, 255",
        "true, dccp, 33",
        "true, egp, 8",
        "true, esp, 50",
        "true, gre, 47",
        "true, igmp, 2",
        "true, ipip, 4",
        "true, ipv6-encap, 41",
        "true, ipv6-nonxt, 59",
        "true, ospf, 89",
        "true, pgm, 113",
        "true, rsvp, 46",
        "true, udplite, 136",
        "true, sctp, 132",
        "true, tcp, 6",
        "true, udp, 17",
        "true, vrrp, 112",
        "true, 253, 253",
        "true, 255, 255",
    })
    void aProtocolByNameIsThatProtocolAlone(boolean v6, String name, int number) {
        Traffic traffic = Traffic.of(family(v6), name, null, null);
        var in = new Rule("in", Direction.INGRESS, family(v6), traffic, new Remote.Anywhere());
        firewall.putGroup(new SecurityGroup(IN, "", false, List.of(), List.of(in)));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        apply();
        assertThat(protocolPasses(v6, number)).isTrue();
        assertThat(protocolPasses(v6, number == 89 ? 112 : 89)).isFalse();
    }

    /// A packet's protocol is behind its extension headers (RFC 8200 §4.1), so a rule that names one of those lets
    /// nothing pass, and a rule of the protocol does.
    @ParameterizedTest
    @CsvSource({"ipv6-opts, false", "ipv6-route, false", "ipv6-frag, false", "ah, false", "tcp, false", "udp, true"})
    void anExtensionHeaderIsNoProtocol(String protocol, boolean passes) {
        var in = new Rule(
                "in",
                Direction.INGRESS,
                EtherType.IPV6,
                Traffic.of(EtherType.IPV6, protocol, null, null),
                new Remote.Anywhere());
        firewall.putGroup(new SecurityGroup(IN, "", List.of(in)));
        firewall.putEndpoint(endpoint(TAP_A, Set.of(), IN));
        apply();
        byte[] udp = Packets.udp(address(true, 9), 4000, address(true, 1), 53, wire.payload());
        assertThat(!wire.send("up0", MAC_OUT, Packets.withDestinationOptions(udp))
                        .isEmpty())
                .isEqualTo(passes);
    }

    private boolean protocolPasses(boolean v6, int number) {
        byte[] packet = Packets.protocol(address(v6, 9), address(v6, 1), number, wire.payload());
        return !wire.send("up0", MAC_OUT, packet).isEmpty();
    }
}
