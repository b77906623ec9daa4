package slash32.securitygroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static slash32.securitygroup.Direction.INGRESS;
import static slash32.securitygroup.EtherType.IPV4;
import static slash32.securitygroup.EtherType.IPV6;

import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.net.Prefix;

class ModelTest {
    private static final Remote ANYWHERE = new Remote.Anywhere();

    @ParameterizedTest(name = "{0} {1} {2}-{3}")
    @CsvSource(
            nullValues = "-",
            value = {
                // ethertype, protocol, min, max, field, reason
                "IPv4, -, 80, 80, portRangeMin, needs a protocol",
                "IPv4, any, -, 80, portRangeMax, needs a protocol",
                "IPv4, tcp, 80, -, portRangeMax, together with portRangeMin",
                "IPv4, tcp, -, 80, portRangeMin, together with portRangeMax",
                "IPv4, tcp, 81, 80, portRangeMin, 81 above 80",
                "IPv4, tcp, 0, 80, portRangeMin, was 0",
                "IPv4, udp, 1, 65536, portRangeMax, was 65536",
                "IPv4, esp, 1, 2, portRangeMin, not for protocol 50",
                "IPv4, 47, 1, 2, portRangeMin, not for protocol 47",
                "IPv4, icmp, -, 0, portRangeMax, needs a type",
                "IPv4, icmp, 256, -, portRangeMin, was 256",
                "IPv6, icmp, 1, 256, portRangeMax, was 256",
                "IPv4, icmp, -1, -, portRangeMin, was -1",
                "IPv4, quic, -, -, protocol, 'quic'",
                "IPv4, TCP, -, -, protocol, 'TCP'",
                "IPv4, 256, -, -, protocol, was 256",
                "IPv4, -1, -, -, protocol, '-1'",
                "IPv4, '', -, -, protocol, ''",
                "IPv4, icmpv6, -, -, protocol, ethertype is IPv4",
                "IPv4, 58, 128, -, protocol, ethertype is IPv4",
                "IPv4, ipv6-route, -, -, protocol, 43 is of IPv6 only",
            })
    void refusesTrafficAndNamesTheField(
            String etherType,
            @Nullable String protocol,
            @Nullable Integer min,
            @Nullable Integer max,
            String field,
            String reason) {
        EtherType family = EtherType.parse(etherType);
        assertThatThrownBy(() -> new Rule("r", INGRESS, family, Traffic.of(family, protocol, min, max), ANYWHERE))
                .isInstanceOfSatisfying(
                        InvalidRuleException.class, e -> assertThat(e.field()).isEqualTo(field))
                .hasMessageContaining(reason);
    }

    @Test
    void readsEveryFormOfTheSameTrafficAlike() {
        assertThat(List.of(
                        Traffic.of(IPV4, null, null, null),
                        Traffic.of(IPV4, "any", null, null),
                        Traffic.of(IPV4, "0", null, null),
                        Traffic.of(IPV4, "ip", null, null),
                        Traffic.of(IPV6, "hopopt", null, null)))
                .containsOnly(new Traffic.Any());
        assertThat(Traffic.of(IPV4, "tcp", 1, 65_535)).isEqualTo(Traffic.of(IPV4, "6", null, null));
        assertThat(Traffic.of(IPV4, "tcp", 22, 22)).isEqualTo(new Traffic.Ports(IpProtocol.TCP, 22, 22));
        assertThat(List.of(
                        Traffic.of(IPV6, "icmp", 128, 0),
                        Traffic.of(IPV6, "1", 128, 0),
                        Traffic.of(IPV6, "icmpv6", 128, 0),
                        Traffic.of(IPV6, "ipv6-icmp", 128, 0),
                        Traffic.of(IPV6, "58", 128, 0)))
                .containsOnly(new Traffic.Icmp(IpProtocol.ICMPV6, 128, 0));
        assertThat(Traffic.of(IPV4, "icmp", 8, null)).isEqualTo(new Traffic.Icmp(IpProtocol.ICMP, 8, null));
        assertThat(Traffic.of(IPV4, "vrrp", null, null)).isEqualTo(new Traffic.OfProtocol(new IpProtocol(112)));
    }

    @ParameterizedTest
    @CsvSource({"IPv4, 2001:db8::/32", "IPv6, 10.0.0.0/8", "IPv6, 0.0.0.0/0", "IPv4, ::/0"})
    void refusesAPrefixOfTheOtherFamily(String etherType, String prefix) {
        assertThatThrownBy(() -> new Rule(
                        "r",
                        INGRESS,
                        EtherType.parse(etherType),
                        new Traffic.Any(),
                        new Remote.Addresses(Prefix.parse(prefix))))
                .hasMessageStartingWith("remoteIpPrefix: " + prefix + " is ");
    }

    @Test
    void refusesIcmpOfIpv4InAnIpv6Rule() {
        assertThatThrownBy(() -> new Rule("r", INGRESS, IPV6, new Traffic.Icmp(IpProtocol.ICMP, 8, null), ANYWHERE))
                .hasMessageContaining("ethertype is IPv6");
    }

    @Test
    void takesThePrefixOfEverythingForAnywhere() {
        var rule = new Rule("r", INGRESS, IPV6, new Traffic.Any(), new Remote.Addresses(Prefix.parse("::/0")));
        assertThat(rule.remote()).isEqualTo(ANYWHERE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "a b", "a\"b", "ü", "12345678901234567890123456789012345678901234567890123456789012345"})
    void refusesRuleIdsThatCanNotBeShownInTheRuleset(String id) {
        assertThatThrownBy(() -> new Rule(id, INGRESS, IPV4, new Traffic.Any(), ANYWHERE))
                .hasMessageStartingWith("id: ");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 4_294_967_296L})
    void refusesGroupNumbersOutOfRange(long number) {
        assertThatThrownBy(() -> new GroupId(number)).hasMessageContaining("4294967295, was " + number);
    }

    @Test
    void refusesUnknownDirectionAndEtherType() {
        assertThatThrownBy(() -> Direction.parse("Ingress")).hasMessageContaining("direction: ");
        assertThatThrownBy(() -> EtherType.parse("arp")).hasMessageContaining("ethertype: ");
    }

    @Test
    void refusesDuplicatesInAGroup() {
        Rule first = new Rule("a", INGRESS, IPV4, Traffic.of(IPV4, "tcp", 1, 65_535), ANYWHERE);
        Rule same = new Rule(
                "b",
                INGRESS,
                IPV4,
                Traffic.of(IPV4, "tcp", null, null),
                new Remote.Addresses(Prefix.parse("0.0.0.0/0")));
        Rule sameId = new Rule("a", INGRESS, IPV4, new Traffic.Any(), ANYWHERE);
        assertThatThrownBy(() -> new SecurityGroup(new GroupId(1), "g", List.of(first, same)))
                .hasMessage("rules[1]: lets the same packets pass as rules[0]");
        assertThatThrownBy(() -> new SecurityGroup(new GroupId(1), "g", List.of(first, sameId)))
                .hasMessage("rules[1].id: 'a' is also the id of rules[0]");
    }

    @Test
    void refusesMoreThanTenThousandRules() {
        List<Rule> rules = IntStream.rangeClosed(1, SecurityGroup.MAX_RULES + 1)
                .mapToObj(i -> new Rule("r" + i, INGRESS, IPV4, Traffic.of(IPV4, "tcp", i, i), ANYWHERE))
                .toList();
        assertThatThrownBy(() -> new SecurityGroup(new GroupId(1), "g", rules)).hasMessageContaining("10001");
        assertThat(new SecurityGroup(new GroupId(1), "g", rules.subList(1, rules.size())).rules())
                .hasSize(SecurityGroup.MAX_RULES);
    }

    @Test
    void refusesPoliciesThatCanNotBeEnforced() {
        var tap = new InterfaceName("tap0");
        var mac = MacAddress.parse("52:54:00:00:00:01");
        var addresses = Set.of(Prefix.parse("10.0.0.1"));
        var group = new GroupId(7);
        assertThatThrownBy(() -> new EndpointPolicy(tap, MacAddress.BROADCAST, addresses, List.of(), true))
                .hasMessageStartingWith("mac: ");
        assertThatThrownBy(() -> new EndpointPolicy(tap, mac, Set.of(Prefix.parse("10.0.0.0/24")), List.of(), true))
                .hasMessageStartingWith("addresses: ");
        assertThatThrownBy(() -> new EndpointPolicy(tap, mac, addresses, List.of(group, group), true))
                .hasMessageStartingWith("groups: ");
        assertThatThrownBy(() -> new EndpointPolicy(tap, mac, addresses, List.of(group), false))
                .hasMessageStartingWith("groups: ");
    }
}
