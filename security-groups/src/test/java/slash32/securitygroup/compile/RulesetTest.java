package slash32.securitygroup.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.Bytes;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.netlink.netfilter.NftChain;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.HostRule;
import slash32.securitygroup.HostRules;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Rate;
import slash32.securitygroup.RateLimit;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;

class RulesetTest {
    private static final Path GOLDEN = Path.of("src/test/resources/slash32/securitygroup/compile");
    private static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"), IpAddress.parse("fe80::1")));

    @Test
    void theSkeletonGuardsBeforeAnyEndpointIsKnown() throws IOException {
        check("skeleton.nft", COMPILER.skeleton());
    }

    @Test
    void theUnderlaysInterfaceIsNoGuests() throws IOException {
        check(
                "skeleton-uplink.nft",
                COMPILER.withUplink(new InterfaceName("bond0")).marking().skeleton());
    }

    @Test
    void portsOfBridgesAreJudgedFrameByFrame() throws IOException {
        var policy = EndpointPolicy.inSegment(
                new InterfaceName("tap1"),
                MacAddress.parse("52:54:00:00:00:01"),
                Set.of(Prefix.parse("10.0.0.1"), Prefix.parse("2001:db8::1")),
                List.of(new GroupId(7)),
                new Vni(5001),
                Set.of());
        var web = new SecurityGroup(
                new GroupId(7),
                "web",
                List.of(
                        rule("web", "ingress", "ipv4", "tcp", 80, 80, "any"),
                        rule("dns", "egress", "ipv6", "udp", 53, 53, "2001:db8::/32"),
                        rule("peers", "ingress", "ipv4", "any", null, null, "group 7"),
                        rule("peers6", "ingress", "ipv6", "tcp", 22, 22, "group 7")));
        Fragment rules = GroupRules.group(Plane.BRIDGED, web, _ -> Set.of());
        var needs = new GroupRules.Needs(GroupRules.shapes(rules), 1);
        check(
                "bridge.nft",
                new Fragment.Builder()
                        .addAll(COMPILER.bridgedSkeleton())
                        .addAll(RulesetCompiler.zone(new InterfaceName("b32-5001"), 5001))
                        .addAll(Plane.BRIDGED.place(GroupRules.lookups(needs)))
                        .addAll(RulesetCompiler.memberSets(Plane.BRIDGED, web.id()))
                        .addAll(rules)
                        .addAll(COMPILER.endpoints().inSegment(policy, true))
                        .build());
    }

    @Test
    void anUplinksNameIsNotOneThatIsKeptForGuests() {
        var uplink = new InterfaceName("s32up");
        assertThatThrownBy(() -> COMPILER.withUplink(uplink)).hasMessageContaining("uplink s32up");
    }

    @Test
    void theHostIsProtected() throws IOException {
        var rules = new HostRules(
                Set.of(22, 2222),
                Set.of(Prefix.parse("10.0.0.1/32"), Prefix.parse("2001:db8::/64")),
                Set.of(179),
                List.of(new Traffic.Ports(IpProtocol.UDP, 4789, 4789), new Traffic.OfProtocol(new IpProtocol(47))),
                IpAddress.parse("203.0.113.1"),
                List.of(
                        new HostRule(Prefix.parse("10.0.0.0/16"), new Traffic.Ports(IpProtocol.TCP, 9932, 9932)),
                        new HostRule(null, new Traffic.Ports(IpProtocol.UDP, 4789, 4790)),
                        new HostRule(Prefix.parse("2001:db8::/32"), new Traffic.Any()),
                        new HostRule(null, new Traffic.OfProtocol(new IpProtocol(50)))));
        check(
                "host.nft",
                HostProtection.of(rules, List.of(IpAddress.parse("10.0.0.11"), IpAddress.parse("2001:db8::b"))));
    }

    @Test
    void anEndpointWithLimits() throws IOException {
        var policy = new EndpointPolicy(
                new InterfaceName("tap1"),
                MacAddress.parse("52:54:00:00:00:01"),
                Set.of(),
                Set.of(),
                List.of(),
                false,
                Map.of(
                        Direction.EGRESS,
                        new RateLimit(new Rate(100_000, 20_000), new Rate(500, 500)),
                        Direction.INGRESS,
                        new RateLimit(null, new Rate(1_000, 1))));
        Fragment endpoint = COMPILER.endpoints().endpoint(policy, true);
        check(
                "limits.nft",
                new Fragment.Builder()
                        .addAll(LimitRules.SHARED)
                        .addAll(endpoint)
                        .build());
    }

    @Test
    void anEndpointWithTwoGroups() throws IOException {
        var policy = new EndpointPolicy(
                new InterfaceName("tap1"),
                MacAddress.parse("52:54:00:00:00:01"),
                Set.of(Prefix.parse("10.0.0.1"), Prefix.parse("2001:db8::1")),
                List.of(new GroupId(7), new GroupId(9)),
                true);
        var web = new SecurityGroup(
                new GroupId(7),
                "web",
                List.of(
                        rule("ssh", "ingress", "ipv4", "tcp", 22, 22, "10.0.0.0/8"),
                        rule("web", "ingress", "ipv4", "tcp", 80, 90, "any"),
                        rule("dns", "ingress", "ipv6", "udp", 53, 53, "2001:db8::/33"),
                        rule("ping", "ingress", "ipv4", "icmp", 8, 0, "any"),
                        rule("ping6", "ingress", "ipv6", "icmp", 128, null, "any"),
                        rule("peers", "ingress", "ipv4", "any", null, null, "group 9"),
                        rule("peers6", "ingress", "ipv6", "gre", null, null, "group 9")));
        var out = new SecurityGroup(
                new GroupId(9),
                "out",
                List.of(
                        rule("all4", "egress", "ipv4", "any", null, null, "any"),
                        rule("own6", "egress", "ipv6", "sctp", 5000, 5001, "group 7"),
                        rule("one6", "egress", "ipv6", "tcp", null, null, "2001:db8::5/128")));
        var all = new Fragment.Builder();
        Fragment rules = new Fragment.Builder()
                .addAll(GroupRules.group(Plane.ROUTED, web, _ -> Set.of()))
                .addAll(GroupRules.group(Plane.ROUTED, out, _ -> Set.of()))
                .build();
        List.of(
                        GroupRules.lookups(new GroupRules.Needs(GroupRules.shapes(rules), 2)),
                        RulesetCompiler.memberSets(Plane.ROUTED, new GroupId(9)),
                        rules,
                        COMPILER.endpoints().endpoint(policy, true),
                        COMPILER.endpoints().blocked(Plane.ROUTED, new InterfaceName("tap2")),
                        COMPILER.endpoints()
                                .endpoint(
                                        new EndpointPolicy(
                                                new InterfaceName("tap3"), policy.mac(), Set.of(), List.of(), false),
                                        true))
                .forEach(all::addAll);
        check("endpoint.nft", all.addAll(COMPILER.skeleton()).build());
    }

    @Test
    void whatIsNotExclusiveMarksWhatItJudgedForTheBackstop() throws IOException {
        RulesetCompiler marking = COMPILER.marking();
        var all = new Fragment.Builder();
        List.of(
                        COMPILER.endpoints()
                                .endpoint(
                                        new EndpointPolicy(
                                                new InterfaceName("tap1"),
                                                MacAddress.parse("52:54:00:00:00:01"),
                                                Set.of(Prefix.parse("10.0.0.1")),
                                                List.of(),
                                                true),
                                        true),
                        marking.skeleton(),
                        marking.backstop())
                .forEach(all::addAll);
        check("backstop.nft", all.build());
    }

    @ParameterizedTest
    @CsvSource({
        "guard_tap1, endpoint tap1",
        "egress, lookups",
        "ingress_rules, lookups",
        "ingress_rules_odd, lookups",
        "from_stateful, -",
        "egress_7, group 7",
        "ingress_4294967295, group 4294967295",
        "ingress_4294967296, -",
        "egress_07, -",
        "egress_, -",
        "guard_, -",
        "guard_sixteen-letters-, -",
        "prerouting, -",
        "from_open, -",
        "docker, -",
    })
    void knowsAChainsOwnerByItsName(String chain, String owner) {
        assertThat(String.valueOf(Subject.ofChain(chain)).replace("null", "-")).isEqualTo(owner);
    }

    @Test
    void knowsTheOwnersOfSetsAndElements() {
        assertThat(Subject.ofSet("members_7_6")).isEqualTo(new Subject.MemberSets(new GroupId(7)));
        assertThat(Subject.ofSet("members_7")).isNull();
        assertThat(Subject.ofSet("members__4")).isNull();
        assertThat(Subject.ofElement("members_7_4", Bytes.fromHex("0a000001")))
                .isEqualTo(new Subject.Member(new GroupId(7), IpAddress.parse("10.0.0.1")));
        var inSegment =
                new Subject.Member(new GroupId(7), new InterfaceName("b32-5001"), IpAddress.parse("2001:db8::1"));
        assertThat(inSegment.set()).isEqualTo("segment_members_7_6");
        assertThat(Subject.ofSet(inSegment.set())).isEqualTo(new Subject.MemberSets(new GroupId(7)));
        assertThat(Subject.ofElement(inSegment.set(), inSegment.element().key()))
                .isEqualTo(inSegment);
        assertThat(Subject.ofElement("segment_members_7_4", Keys.key("", IpAddress.parse("10.0.0.1"))))
                .isNull();
        assertThat(Subject.ofElement("stateful", Keys.key("tap1")))
                .isEqualTo(new Subject.Endpoint(new InterfaceName("tap1")));
        assertThat(Subject.ofElement("stateful", Keys.key("fifteen-letters")))
                .isEqualTo(new Subject.Endpoint(new InterfaceName("fifteen-letters")));
        assertThat(Subject.ofElement("group_12", Keys.key("tap1")))
                .isEqualTo(new Subject.Endpoint(new InterfaceName("tap1")));
        assertThat(Subject.ofElement("in_4_net0_port16", Keys.key(new GroupId(4_294_967_295L))))
                .isEqualTo(new Subject.Group(new GroupId(4_294_967_295L)));
        for (String set :
                List.of("in_4_net33_any", "in_4_net0_port17", "in_4_net0_any16", "in_5_net0_any", "group_0")) {
            assertThat(Subject.ofSet(set)).as(set).isNull();
        }
        assertThat(Subject.ofElement("theirs", Keys.key("tap1"))).isNull();
    }

    /// No name of the skeleton is taken for somebody else's, whatever interfaces are called.
    @Test
    void theSkeletonsNamesAreNobodyElses() {
        for (NftChain chain : COMPILER.skeleton().chains().keySet()) {
            assertThat(Subject.ofChain(chain.name())).as(chain.name()).isNull();
        }
        COMPILER.skeleton()
                .sets()
                .forEach(set -> assertThat(Subject.ofSet(set.name())).isNull());
    }

    @Test
    void everythingOfAFragmentBelongsToItsSubject() {
        var device = new InterfaceName("tap1");
        Fragment endpoint = COMPILER.endpoints()
                .endpoint(
                        new EndpointPolicy(
                                device,
                                MacAddress.parse("52:54:00:00:00:01"),
                                Set.of(Prefix.parse("10.0.0.1")),
                                List.of(new GroupId(7)),
                                true),
                        true);
        var owner = new Subject.Endpoint(device);
        assertThat(endpoint.chains().keySet()).allMatch(chain -> owner.equals(Subject.ofChain(chain.name())));
        assertThat(endpoint.counters()).allMatch(counter -> owner.equals(Subject.ofCounter(counter.name())));
        assertThat(endpoint.elements())
                .allMatch(placed -> owner.equals(
                        Subject.ofElement(placed.set(), placed.element().key())));
    }

    @Test
    void aGroupWithoutMembersOrRulesLetsNothingPass() {
        Fragment group =
                GroupRules.group(Plane.ROUTED, new SecurityGroup(new GroupId(7), "", List.of()), _ -> Set.of());
        assertThat(group.chains()).isEmpty();
        assertThat(group.elements()).extracting(Fragment.Placed::set).containsOnly("groups");
    }

    @Test
    void onlyGroupsWithOddRulesAreLookedUpByThem() {
        Fragment plain = GroupRules.group(
                Plane.ROUTED,
                new SecurityGroup(
                        new GroupId(7), "", List.of(rule("a", "ingress", "ipv4", "tcp", 80, 80, "10.0.0.0/8"))),
                _ -> Set.of());
        Fragment range = GroupRules.group(
                Plane.ROUTED,
                new SecurityGroup(new GroupId(8), "", List.of(rule("b", "ingress", "ipv4", "tcp", 80, 90, "any"))),
                _ -> Set.of());
        Fragment length = GroupRules.group(
                Plane.ROUTED,
                new SecurityGroup(
                        new GroupId(9), "", List.of(rule("c", "ingress", "ipv6", "any", null, null, "2001:db8::/33"))),
                _ -> Set.of());
        assertThat(plain.elements()).extracting(Fragment.Placed::set).doesNotContain("odd");
        assertThat(range.elements()).extracting(Fragment.Placed::set).contains("odd");
        assertThat(length.elements()).extracting(Fragment.Placed::set).contains("odd");
        Fragment all = new Fragment.Builder()
                .addAll(plain)
                .addAll(range)
                .addAll(length)
                .build();
        Fragment lookups = GroupRules.lookups(new GroupRules.Needs(GroupRules.shapes(all), 1));
        assertThat(rulesOf(lookups, "ingress_rules"))
                .hasSize(4)
                .anyMatch(rule -> rule.contains("@in_4_net8_port16"))
                .anyMatch(rule -> rule.contains("@in_4_net0_port16"))
                .anyMatch(rule -> rule.equals("meta priority @odd jump ingress_rules_odd"));
        assertThat(rulesOf(lookups, "ingress_rules_odd"))
                .hasSize(3)
                .anyMatch(rule -> rule.contains("@in_4_net0_port13"))
                .anyMatch(rule -> rule.contains("@in_6_net33_any"));
    }

    private static List<String> rulesOf(Fragment fragment, String chain) {
        return fragment.chains().getOrDefault(new NftChain(Layout.INET, chain, null), List.of()).stream()
                .map(RuleText::of)
                .toList();
    }

    /// However odd the rules of others are.
    @ParameterizedTest
    @CsvSource({"IPV4, 25", "IPV6, 30"})
    void everybodyPaysForAFewShapesAtMost(EtherType family, long most) {
        long usual = IntStream.rangeClosed(0, family == EtherType.IPV4 ? 32 : 128)
                .boxed()
                .flatMap(bits -> Stream.of(
                                Stream.of(shape(family, bits, Shape.Match.EVERYTHING, 0)),
                                Stream.of(shape(family, bits, Shape.Match.PROTOCOL, 0)),
                                IntStream.rangeClosed(0, 16).mapToObj(b -> shape(family, bits, Shape.Match.PORT, b)),
                                Stream.of(8, 16).map(b -> shape(family, bits, Shape.Match.ICMP, b)))
                        .flatMap(shapes -> shapes))
                .filter(Shape::isUsual)
                .count();
        assertThat(usual).isEqualTo(most);
    }

    private static Shape shape(EtherType family, int remoteBits, Shape.Match match, int valueBits) {
        return new Shape(Direction.INGRESS, family, remoteBits, match, valueBits);
    }

    static Rule rule(
            String id,
            String direction,
            String family,
            String protocol,
            @Nullable Integer min,
            @Nullable Integer max,
            String remote) {
        EtherType etherType = EtherType.parse(family);
        Remote from;
        if (remote.equals("any")) {
            from = new Remote.Anywhere();
        } else if (remote.startsWith("group ")) {
            from = new Remote.Members(new GroupId(Long.parseLong(remote.substring("group ".length()))));
        } else {
            from = new Remote.Addresses(Prefix.parse(remote));
        }
        return new Rule(id, Direction.parse(direction), etherType, Traffic.of(etherType, protocol, min, max), from);
    }

    private static void check(String file, Fragment fragment) throws IOException {
        String header = "# Our encoder's output (RulesetTest); compare with `nft -n list ruleset`.\n";
        String text = header + Ruleset.of(List.of(fragment));
        Path path = GOLDEN.resolve(file);
        if (Boolean.getBoolean("golden.write")) {
            Files.createDirectories(path.getParent());
            Files.writeString(path, text);
        }
        assertThat(path).as("run 'make golden' to write it").exists();
        assertThat(text).isEqualTo(Files.readString(path));
    }
}
