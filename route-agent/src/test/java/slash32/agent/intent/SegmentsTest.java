package slash32.agent.intent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import slash32.agent.api.Outcome;
import slash32.agent.status.ConditionKind;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.NumberRange;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.overlay.choice.SiteId;
import slash32.overlay.evpn.Encapsulation;
import slash32.overlay.evpn.EvpnAction;
import slash32.overlay.evpn.FrameRules;
import slash32.overlay.evpn.Gateway;
import slash32.overlay.evpn.GatewayAddress;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Segment;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;

/// Segments and their ports: who makes them, who may be in them, and when they go.
class SegmentsTest {
    private static final OverlayRule WIDE =
            new OverlayRule("wide", Ipv4Address.parse("10.0.0.13"), 4790, 8950, Set.of(new SiteId(1)), null);
    private static final OverlayRule ELSEWHERE =
            new OverlayRule("elsewhere", null, 4791, 1450, Set.of(new SiteId(2)), null);
    private static final Tenant ACME = new Tenant(
            "acme", List.of(new NumberRange(5000, 5999), new NumberRange(7, 7)), List.of(new NumberRange(100, 199)));
    private static final Segment RED = new Segment("red", new Vni(900), Segment.Flooding.NONE, 1450, List.of());

    private final Recorder recorder = new Recorder();
    private final List<Effect> effects = recorder.effects;
    private final Intent intent = new Intent(
            new Node(
                    new Asn(65000),
                    new SiteId(1),
                    Ipv4Address.parse("10.0.0.11"),
                    null,
                    null,
                    null,
                    null,
                    List.of(),
                    List.of()),
            recorder);

    private void terms(List<Tenant> tenants, Segment... segments) {
        intent.segments(new SegmentTerms(List.of(WIDE, ELSEWHERE), tenants, List.of(segments)));
    }

    @Test
    void aRulesSegmentIsThereFromItsFirstPortToItsLast() {
        terms(List.of());
        put(inSegment("a", null, wide(5001), 1));
        put(inSegment("b", null, wide(5001), 2));
        intent.delete(new EndpointId("a"), now());
        intent.delete(new EndpointId("b"), now());
        var empty = new Segment(
                "wide/5001",
                new Vni(5001),
                Segment.Flooding.NONE,
                8950,
                new Encapsulation(Ipv4Address.parse("10.0.0.13"), 4790, Set.of(new SiteId(1))),
                FrameRules.ANY,
                List.of());
        assertThat(effects)
                .containsExactly(
                        new Effect.Segment(empty.with(List.of(port(1))), List.of()),
                        new Effect.Segment(empty.with(List.of(port(1), port(2))), List.of()),
                        new Effect.Segment(empty.with(List.of(port(2))), List.of()),
                        new Effect.NoSegment(new Vni(5001)));
    }

    @Test
    void aStatedSegmentIsThereWhileItHasPorts() {
        terms(List.of());
        assertThat(refusal(inSegment("a", null, named("blue"), 1)))
                .isEqualTo("segments[0].segment: no such segment: blue");
        assertThat(intent.put(segment("blue", 5000, null, "default"))).isEqualTo(new Outcome.Created());
        assertThat(effects).isEmpty();
        put(inSegment("a", null, named("blue"), 1));
        assertThat(refusal(intent.delete(new SegmentId("blue"))))
                .isEqualTo("null: segment blue has ports here, such as tap1");
        assertThat(intent.put(segment("blue", 5002, null, "default"))).isEqualTo(new Outcome.Changed());
        intent.delete(new EndpointId("a"), now());
        assertThat(intent.delete(new SegmentId("blue"))).isEqualTo(new Outcome.Changed());
        assertThat(intent.delete(new SegmentId("blue"))).isEqualTo(new Outcome.Unchanged());
        assertThat(effects.stream().map(SegmentsTest::text))
                .containsExactly("5000 [tap1]", "no 5000", "5002 [tap1]", "no 5002");
    }

    @Test
    void whatIsNotDelegatedIsRefused() {
        terms(List.of(ACME));
        assertThat(refusal(inSegment("a", null, wide(5001), 1)))
                .isEqualTo("tenant: must be stated: on this node VNIs are delegated to tenants");
        assertThat(refusal(inSegment("a", "other", wide(5001), 1))).isEqualTo("tenant: no such tenant: other");
        assertThat(refusal(inSegment("a", "acme", wide(6000), 1)))
                .isEqualTo("segments[0].vni: VNI 6000 is not delegated to tenant acme, which may use 5000-5999, 7");
        assertThat(refusal(intent.put(segment("blue", 4999, "acme", "wide"))))
                .isEqualTo("vni: VNI 4999 is not delegated to tenant acme, which may use 5000-5999, 7");
        assertThat(refusal(intent.put(segment("blue", 5000, null, "wide"))))
                .isEqualTo("tenant: must be stated: on this node VNIs are delegated to tenants");
        assertThat(intent.put(segment("blue", 5000, "acme", "wide"))).isEqualTo(new Outcome.Created());
        assertThat(refusal(inSegment("a", null, named("blue"), 1)))
                .isEqualTo("segments[0].segment: segment blue is tenant acme's, the endpoint is no tenant's");
        put(inSegment("a", "acme", named("blue"), 1));
        put(inSegment("b", "acme", wide(7), 2));
        terms(List.of());
        assertThat(refusal(inSegment("c", "acme", wide(8), 3))).isEqualTo("tenant: no such tenant: acme");
    }

    @Test
    void vlansAreDelegatedToo() {
        terms(List.of(ACME));
        assertThat(refusal(intent.put(withVlans("acme", new NumberRange(100, 200)))))
                .isEqualTo("vlans[0]: VLAN 100-200 of VNI 5000 is not delegated to tenant acme, which may use 100-199");
        assertThat(intent.put(withVlans("acme", new NumberRange(100, 150)))).isEqualTo(new Outcome.Created());
        put(inSegment("a", "acme", named("blue"), 1));
        put(inSegment("b", "acme", wide(7), 2));
        terms(List.of());
        put(inSegment("c", null, wide(8), 3));
        assertThat(effects.stream()
                        .map(effect -> effect instanceof Effect.Segment(Segment segment, var _)
                                ? segment.vni() + " " + segment.frames().vlans()
                                : "no"))
                .containsExactly("5000 [100-150]", "7 [100-199]", "7 [1-4094]", "8 [1-4094]");
    }

    @Test
    void aGatewayIsOfAddressesThatNobodyElseHas() {
        terms(List.of(), RED.with(gateway("10.9.0.1/24")));
        assertThat(intent.put(withGateway("blue", 5000, "192.0.2.254/24"))).isEqualTo(new Outcome.Created());
        assertThat(refusal(intent.put(withGateway("green", 5001, "10.9.0.2/16"))))
                .isEqualTo("gateway: 10.9.0.0/16 overlaps the gateway of segment red");
        assertThat(refusal(intent.put(withGateway("green", 5001, "192.0.2.1/28"))))
                .isEqualTo("gateway: 192.0.2.0/28 overlaps the gateway of segment blue");
        assertThat(refusal(intent.put(withGateway("green", 5001, "10.0.0.1/24"))))
                .isEqualTo("gateway[0]: 10.0.0.0/24 has this node's own underlay address in it, 10.0.0.11");
        assertThat(refusal(intent.put(withGateway("green", 5001, "fd05::1/64"))))
                .isEqualTo("gateway[0]: fd05::1/64 needs an IPv6 underlay address (underlay.address6)");
        put(endpoint("routed", List.of(Prefix.parse("10.8.0.7")), null, 9, null));
        assertThat(refusal(intent.put(withGateway("green", 5001, "10.8.0.1/24"))))
                .isEqualTo("gateway[0]: 10.8.0.0/24 has 10.8.0.7/32 of endpoint routed in it");
        assertThat(refusal(endpoint("other", List.of(Prefix.parse("192.0.2.7")), null, 8, null)))
                .isEqualTo("addresses[0]: 192.0.2.7/32 is in 192.0.2.0/24 of the gateway of segment blue");
        assertThat(intent.announce(
                        "p", Prefix.parse("192.0.2.7"), PathAttributes.builder().build()))
                .isEqualTo("192.0.2.7/32 is in 192.0.2.0/24 of the gateway of segment blue");
        assertThat(intent.delete(new SegmentId("blue"))).isEqualTo(new Outcome.Changed());
        put(endpoint("other", List.of(Prefix.parse("192.0.2.7")), null, 8, null));
    }

    @Test
    void guestsOfASegmentWithAGatewayHaveAddressesOfItsPrefixes() {
        terms(List.of());
        intent.put(withGateway("blue", 5000, "192.0.2.1/25"));
        assertThat(refusal(inSegment("a", null, named("blue"), 1)))
                .isEqualTo("segments[0].addresses[0]: in segment blue 192.0.2.1 is the address of its gateway");
        assertThat(refusal(inSegment("a", null, named("blue"), 200)))
                .isEqualTo("segments[0].addresses[0]: in segment blue 192.0.2.200 is in none of its gateway's prefixes,"
                        + " which are 192.0.2.0/25");
        put(inSegment("b", null, named("blue"), 2));
        assertThat(effects.getLast())
                .isInstanceOfSatisfying(
                        Effect.Segment.class,
                        effect -> assertThat(effect.segment().gateway()).isEqualTo(gateway("192.0.2.1/25")));
        assertThat(refusal(intent.put(withGateway("blue", 5000, "192.0.2.2/25"))))
                .isEqualTo("gateway: segment blue has port tap2 here: 192.0.2.2 is the address of its gateway");
        assertThat(refusal(intent.put(withGateway("blue", 5000, "10.9.0.1/24"))))
                .isEqualTo("gateway: segment blue has port tap2 here: 192.0.2.2 is in none of its gateway's prefixes,"
                        + " which are 10.9.0.0/24");
        assertThat(intent.put(segment("blue", 5000, null, "default"))).isEqualTo(new Outcome.Changed());
        assertThatThrownBy(() -> new SegmentPort(named("blue"), tap(1), MacAddress.GATEWAY, List.of(), false))
                .hasMessageContaining("is the gateway's");
    }

    @Test
    void aFilesGatewayIsRefusedForWhatTheApiMade() {
        terms(List.of());
        intent.put(withGateway("blue", 5000, "192.0.2.254/24"));
        put(endpoint("routed", List.of(Prefix.parse("10.8.0.7")), null, 9, null));
        assertThat(refused("10.9.0.1/24")).isNull();
        assertThat(refused("192.0.2.1/28"))
                .isEqualTo("gateway of segment red: 192.0.2.0/28 overlaps the gateway of segment blue");
        assertThat(refused("10.8.0.1/16"))
                .isEqualTo("gateway of segment red: 10.8.0.0/16 has 10.8.0.7/32 of endpoint routed in it");
        intent.put(segment("blue", 5000, null, "default"));
        assertThat(refused("192.0.2.1/28")).isNull();
    }

    private @Nullable String refused(String gateway) {
        return intent.refusal(new SegmentTerms(List.of(), List.of(), List.of(RED.with(gateway(gateway)))));
    }

    /// Whichever of them has the other in it.
    @Test
    void theAdminNetworkIsNoGateways() {
        var admin = new AdminNetwork(
                Ipv4Address.parse("10.99.1.11"), Prefix.parse("10.99.1.0/24"), Set.of(179), Set.of(3784));
        var node = new Node(
                new Asn(65000),
                new SiteId(1),
                Ipv4Address.parse("10.0.0.11"),
                null,
                null,
                null,
                admin,
                List.of(),
                List.of());
        var there = new Intent(node, recorder);
        for (String gateway : List.of("10.99.1.129/25", "10.99.0.1/16")) {
            assertThat(refusal(there.put(withGateway("blue", 5000, gateway))))
                    .endsWith("overlaps the admin network 10.99.1.0/24, which is for hypervisors alone");
        }
    }

    private static Gateway gateway(String address) {
        return new Gateway(List.of(GatewayAddress.parse(address)));
    }

    private static SegmentSpec withGateway(String id, int vni, String address) {
        return new SegmentSpec(
                new SegmentId(id),
                new Vni(vni),
                null,
                "default",
                Segment.Flooding.NONE,
                null,
                null,
                null,
                gateway(address));
    }

    private static SegmentSpec withVlans(String tenant, NumberRange vlans) {
        return new SegmentSpec(
                new SegmentId("blue"),
                new Vni(5000),
                tenant,
                "wide",
                Segment.Flooding.NONE,
                null,
                List.of(vlans),
                null);
    }

    @Test
    void everyVniCanBeUsedAndNoneTwice() {
        terms(List.of(), RED);
        put(inSegment("a", null, wide(1), 1));
        put(inSegment("b", null, wide(16_777_215), 2));
        assertThat(refusal(inSegment("c", null, wide(900), 3)))
                .isEqualTo("segments[0].vni: VNI 900 is segment red's: its ports name it");
        assertThat(refusal(inSegment("c", null, new SegmentRef.OfOverlay("default", new Vni(1)), 3)))
                .isEqualTo("segments[0].vni: VNI 1 is segment wide/1's: its ports name it");
        assertThat(refusal(intent.put(segment("blue", 1, null, "wide")))).isEqualTo("vni: VNI 1 is segment wide/1's");
        assertThat(refusal(intent.put(segment("red", 5, null, "wide"))))
                .isEqualTo("null: segment red is stated by the configuration");
    }

    @Test
    void anOverlayThatIsNotHereIsRefused() {
        terms(List.of());
        assertThat(refusal(inSegment("a", null, new SegmentRef.OfOverlay("none", new Vni(1)), 1)))
                .isEqualTo("segments[0].overlay: no such overlay: none");
        assertThat(refusal(inSegment("a", null, new SegmentRef.OfOverlay("elsewhere", new Vni(1)), 1)))
                .isEqualTo("segments[0].overlay: overlay elsewhere does not hold in this node's site, 1");
        assertThat(refusal(intent.put(new SegmentSpec(
                        new SegmentId("blue"), new Vni(1), null, "wide", Segment.Flooding.NONE, 8951, null, null))))
                .isEqualTo("mtuBytes: must be at most 8950, as overlay wide carries, was 8951");
    }

    @Test
    void aMacOrAnAddressIsOnePortsOfItsSegment() {
        terms(List.of(), RED.with(List.of(port(9))));
        put(inSegment("a", null, wide(5001), 1));
        var twin = new SegmentPort(wide(5001), tap(2), port(1).mac(), List.of(), false);
        assertThat(refusal(endpoint("b", List.of(), null, 2, twin)))
                .isEqualTo("segments[0].mac: 02:00:00:00:00:01 in segment wide/5001 is endpoint a's");
        var same = new SegmentPort(wide(5001), tap(2), mac(2), port(1).addresses(), false);
        assertThat(refusal(endpoint("b", List.of(), null, 2, same)))
                .isEqualTo("segments[0].addresses[0]: 192.0.2.1 in segment wide/5001 is endpoint a's");
        var ofFile = new SegmentPort(named("red"), tap(2), mac(9), List.of(), false);
        assertThat(refusal(endpoint("b", List.of(), null, 2, ofFile)))
                .isEqualTo("segments[0].mac: 02:00:00:00:00:09 in segment red is stated by the configuration");
        var set = List.of(inSegment("c", null, wide(5002), 1), inSegment("d", null, wide(5003), 1));
        assertThat(intent.putAll(set, now())).asString().contains("tap1 is also endpoint c's");
        put(inSegment("e", null, wide(5004), 3, mac(1)));
    }

    /// A guest may have a routed interface and one in a segment; its routes are none of the segment's business.
    @Test
    void anEndpointMayHaveBoth() {
        terms(List.of());
        var beside = new SegmentPort(wide(5001), tap(2), mac(2), List.of(IpAddress.parse("192.0.2.2")), false);
        EndpointSpec both = endpoint("a", List.of(Prefix.parse("10.9.0.1")), null, 1, beside);
        put(both);
        assertThat(effects.getFirst()).isEqualTo(new Effect.Desire.Endpoint(both));
        assertThat(effects.stream().map(SegmentsTest::text)).contains("5001 [tap2]");
        assertThat(intent.ownerOf(tap(2))).isEqualTo(both.id());
        assertThat(refusal(inSegment("b", null, wide(5005), 2))).isEqualTo("device: tap2 is endpoint a's");
        effects.clear();
        put(inSegment("a", null, wide(5001), 1));
        assertThat(effects.getFirst()).isEqualTo(new Effect.Desire.NoEndpoint(both.id()));
    }

    /// Its conditions follow the port: there is nothing else of it.
    @Test
    void anEndpointInASegmentAloneIsInForceWhenItsPortIs() {
        terms(List.of());
        put(inSegment("a", null, wide(5001), 1));
        intent.port(tap(1), "no interface tap1", now());
        assertThat(holds("a")).isFalse();
        intent.port(tap(1), null, now());
        assertThat(holds("a")).isTrue();
        put(inSegment("a", null, wide(5001), 1, mac(5)));
        assertThat(holds("a")).isTrue();
    }

    @Test
    void aGuestThatIsOnItsWayIsInNoSegmentYet() {
        terms(List.of());
        EndpointSpec active = inSegment("a", null, wide(5001), 1);
        EndpointSpec coming = endpoint(
                "a",
                EndpointRole.MIGRATION_TARGET,
                List.of(),
                null,
                1,
                active.segments().ports().getFirst());
        put(coming);
        assertThat(effects).isEmpty();
        put(active);
        assertThat(effects.stream().map(SegmentsTest::text)).containsExactly("5001 [tap1]");
    }

    @Test
    void theConfigurationTakesAVniFromAnybody() {
        terms(List.of());
        put(inSegment("a", null, wide(900), 1));
        effects.clear();
        terms(List.of(), RED);
        assertThat(effects.stream().map(SegmentsTest::text)).containsExactly("no 900", "900 []");
        effects.clear();
        terms(List.of());
        assertThat(effects.stream().map(SegmentsTest::text)).containsExactly("no 900", "900 [tap1]");
    }

    @Test
    void aPortsGroupsAreRefusedWhereTheKernelCanNotEnforceThem() {
        terms(List.of());
        intent.put(new SecurityGroup(new GroupId(7), "", List.of()), now());
        intent.segmentGroups("this kernel tracks no flows in bridges");
        assertThat(refusal(grouped("a", new GroupId(7))))
                .isEqualTo("segments[0].groups: must be absent: this kernel tracks no flows in bridges");
        intent.segmentGroups(null);
        assertThat(refusal(grouped("a", new GroupId(8)))).isEqualTo("segments[0].groups[0]: no such group: 8");
        put(grouped("a", new GroupId(7)));
        assertThat(refusal(intent.delete(new GroupId(7)))).contains("has members here, such as endpoint a");
    }

    @Test
    void aPortWithGroupsIsInItsSegmentWithItsRulesAndReadyWhenBothAreInForce() {
        terms(List.of());
        intent.segmentGroups(null);
        intent.put(new SecurityGroup(new GroupId(7), "", List.of()), now());
        effects.clear();
        put(grouped("a", new GroupId(7)));
        assertThat(effects).singleElement().satisfies(effect -> {
            var segment = (Effect.Segment) effect;
            assertThat(segment.segment().ports()).allMatch(Port::grouped);
            assertThat(segment.grouped())
                    .containsExactly(EndpointPolicy.inSegment(
                            tap(1),
                            mac(1),
                            Set.of(Prefix.parse("192.0.2.1")),
                            List.of(new GroupId(7)),
                            new Vni(5001),
                            Set.of()));
        });
        intent.port(tap(1), null, now());
        assertThat(holds("a")).isFalse();
        intent.portRules(tap(1), null, now());
        assertThat(holds("a")).isTrue();
        intent.put(
                new SecurityGroup(new GroupId(7), "another", List.of()), now()); // until the kernel has said so of this
        assertThat(holds("a")).isFalse();
        intent.portRules(tap(1), "refused", now());
        assertThat(holds("a")).isFalse();
        intent.portRules(tap(1), null, now());
        assertThat(holds("a")).isTrue();
        effects.clear();
        put(inSegment("a", null, wide(5001), 1)); // no groups any more
        assertThat(effects)
                .singleElement()
                .satisfies(effect ->
                        assertThat(((Effect.Segment) effect).grouped()).isEmpty());
    }

    /// Within their segment, whoever has the same address in another.
    @Test
    void addressesOfOtherNodesAreInTheGroupsThatTheirRoutesSay() {
        label(5001, group(7), group(8), group(7));
        label(5002, group(7));
        var foreign = new LargeCommunity(64999, Intent.COMMUNITY_GROUP, 9);
        var site = new LargeCommunity(65000, Intent.COMMUNITY_SITE, 9);
        label(5001, group(8), foreign, site, group(0));
        label(5002);
        label(5002);
        assertThat(effects)
                .containsExactly(
                        members(member(7, 5001, true), member(8, 5001, true)),
                        members(member(7, 5002, true)),
                        members(member(7, 5001, false)),
                        members(member(7, 5002, false)));
    }

    private void label(int vni, LargeCommunity... communities) {
        intent.labels(List.of(new EvpnAction.Label(new Vni(vni), IpAddress.parse("192.0.2.9"), List.of(communities))));
    }

    private static LargeCommunity group(long number) {
        return new LargeCommunity(65000, Intent.COMMUNITY_GROUP, number);
    }

    private static Effect members(MemberChange... changes) {
        return new Effect.Desire.Members(List.of(changes));
    }

    private static MemberChange member(long group, int vni, boolean joins) {
        return new MemberChange.InSegment(new GroupId(group), new Vni(vni), IpAddress.parse("192.0.2.9"), joins);
    }

    /// Where the gateway leads to an address, it is a member for the fabric too.
    @Test
    void aPortsAddressIsTheFabricsAsFarAsItsGatewayLeadsToIt() {
        var port = new SegmentPort(
                named("blue"),
                tap(1),
                mac(1),
                List.of(IpAddress.parse("192.0.2.1"), IpAddress.parse("fe80::1:1")),
                false,
                List.of(new GroupId(7)));
        Set<Prefix> own = Set.of(Prefix.parse("192.0.2.1"), Prefix.parse("fe80::1:1"));
        assertThat(port.policy(new Vni(5001), gateway("192.0.2.254/24")))
                .isEqualTo(EndpointPolicy.inSegment(
                        tap(1),
                        mac(1),
                        own,
                        List.of(new GroupId(7)),
                        new Vni(5001),
                        Set.of(Prefix.parse("192.0.2.1"))));
        assertThat(port.policy(new Vni(5001), Gateway.NONE))
                .isEqualTo(EndpointPolicy.inSegment(
                        tap(1), mac(1), own, List.of(new GroupId(7)), new Vni(5001), Set.of()));
    }

    private static EndpointSpec grouped(String id, GroupId... groups) {
        var port = new SegmentPort(wide(5001), tap(1), mac(1), port(1).addresses(), false, List.of(groups));
        return endpoint(id, List.of(), null, 1, port);
    }

    private static String text(Effect effect) {
        return switch (effect) {
            case Effect.Segment(Segment segment, var _) ->
                segment.vni() + " " + segment.ports().stream().map(Port::device).toList();
            case Effect.NoSegment(Vni vni) -> "no " + vni;
            case Effect other -> other.getClass().getSimpleName();
        };
    }

    private void put(EndpointSpec spec) {
        assertThat(intent.put(spec, now())).isIn(new Outcome.Created(), new Outcome.Changed());
    }

    private String refusal(EndpointSpec spec) {
        return refusal(intent.put(spec, now()));
    }

    private static String refusal(Outcome outcome) {
        return outcome instanceof Outcome.Refused(var problem) ? problem.field() + ": " + problem.detail() : "taken";
    }

    private boolean holds(String id) {
        var view = intent.endpoint(new EndpointId(id));
        return view != null && List.of(ConditionKind.values()).stream().allMatch(view::holds);
    }

    private static Moment now() {
        return new Moment(Instant.EPOCH, 0);
    }

    private static SegmentRef named(String segment) {
        return new SegmentRef.Named(new SegmentId(segment));
    }

    private static SegmentRef wide(int vni) {
        return new SegmentRef.OfOverlay("wide", new Vni(vni));
    }

    private static SegmentSpec segment(String id, int vni, @Nullable String tenant, String overlay) {
        return new SegmentSpec(
                new SegmentId(id), new Vni(vni), tenant, overlay, Segment.Flooding.NONE, null, null, null);
    }

    private static InterfaceName tap(int number) {
        return new InterfaceName("tap" + number);
    }

    private static MacAddress mac(int number) {
        return new MacAddress(0x0200_0000_0000L + number);
    }

    private static Port port(int number) {
        return new Port(tap(number), mac(number), List.of(IpAddress.parse("192.0.2." + number)), false);
    }

    private static EndpointSpec inSegment(String id, @Nullable String tenant, SegmentRef segment, int number) {
        return inSegment(id, tenant, segment, number, mac(number));
    }

    private static EndpointSpec inSegment(
            String id, @Nullable String tenant, SegmentRef segment, int number, MacAddress mac) {
        var port = new SegmentPort(segment, tap(number), mac, port(number).addresses(), false);
        return endpoint(id, List.of(), tenant, number, port);
    }

    private static EndpointSpec endpoint(
            String id, List<Prefix> addresses, @Nullable String tenant, int number, @Nullable SegmentPort port) {
        return endpoint(id, EndpointRole.ACTIVE, addresses, tenant, number, port);
    }

    private static EndpointSpec endpoint(
            String id,
            EndpointRole role,
            List<Prefix> addresses,
            @Nullable String tenant,
            int number,
            @Nullable SegmentPort port) {
        return new SpecBuilder(id, tap(number).value(), mac(number))
                .deviceKind(DeviceKind.ANY)
                .role(role)
                .addresses(addresses)
                .segments(new SegmentPorts(tenant, port == null ? List.of() : List.of(port)))
                .build();
    }
}
