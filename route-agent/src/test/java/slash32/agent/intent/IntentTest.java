package slash32.agent.intent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.agent.api.Outcome;
import slash32.agent.api.Problem;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;
import slash32.agent.status.Event;
import slash32.agent.status.FileView;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.overlay.choice.Path;
import slash32.overlay.choice.SiteId;
import slash32.securitygroup.AddressPair;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;

class IntentTest {
    private static final GroupId WEB = new GroupId(7);
    private static final SecurityGroup WEB_GROUP = new SecurityGroup(WEB, "web", List.of());
    private static final IpAddress NODE_B = IpAddress.parse("10.0.0.12");

    private final Recorder recorder = new Recorder();
    private final List<Effect> effects = recorder.effects;
    private final List<Event> events = recorder.events;
    private final Map<Prefix, PathAttributes> best = new HashMap<>();
    private final Node node = new Node(
            new Asn(65000),
            new SiteId(1),
            Ipv4Address.parse("10.0.0.11"),
            null,
            new InterfaceName("up0"),
            null,
            null,
            List.of(Prefix.parse("10.0.0.0/8"), Prefix.parse("::/0")),
            List.of());
    private final Intent intent = new Intent(node, recorder);
    private long nanos;

    @BeforeEach
    void aGroup() {
        assertThat(intent.put(WEB_GROUP, now())).isEqualTo(new Outcome.Created());
        effects.clear();
    }

    @Test
    void announcesOnlyOnceTheKernelHasTheRouteAndTheRules() {
        EndpointSpec spec = spec("a", "tap-a", 1, "10.9.0.1");
        assertThat(intent.put(spec, now())).isEqualTo(new Outcome.Created());
        assertThat(effects).containsExactly(new Effect.Desire.Endpoint(spec));
        effects.clear();
        progress(spec, ConditionState.TRUE, ConditionState.FALSE, ConditionState.TRUE);
        assertThat(effects).isEmpty();
        progress(spec, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        assertThat(effects).containsExactly(originate("10.9.0.1/32"));
        assertThat(holds("a", ConditionKind.ADVERTISED)).isFalse();
        intent.advertised(List.of(Prefix.parse("10.9.0.1/32")), now());
        assertThat(holds("a", ConditionKind.ADVERTISED)).isTrue();
    }

    @Test
    void aHelpersRouteComesAfterEndpointsAndTheNode() {
        Prefix service = Prefix.parse("10.9.0.1/32");
        PathAttributes attributes = PathAttributes.builder().nextHop(NODE_B).build();
        assertThat(intent.announce("one", Prefix.parse("10.0.0.11/32"), attributes))
                .isEqualTo("10.0.0.11/32 is this node's own underlay address");
        assertThat(intent.announce("one", service, attributes)).isNull();
        assertThat(intent.announce("one", service, attributes)).isNull();
        assertThat(intent.announce("two", service, attributes)).isEqualTo(service + " is announced by process one");
        intent.retract("two", List.of(service));
        assertThat(effects).containsExactly(new Effect.Announce(service, attributes));
        effects.clear();
        EndpointSpec spec = spec("a", "tap-a", 1, "10.9.0.1");
        intent.put(spec, now());
        assertThat(effects).containsExactly(new Effect.Withdraw(List.of(service)), new Effect.Desire.Endpoint(spec));
        assertThat(intent.announce("one", service, attributes)).isEqualTo(service + " is endpoint a's");
        intent.delete(spec.id(), now());
        effects.clear();
        assertThat(intent.announce("two", service, attributes)).isNull();
        intent.retract("two", List.of(service, Prefix.parse("10.9.0.2/32")));
        assertThat(effects)
                .containsExactly(new Effect.Announce(service, attributes), new Effect.Withdraw(List.of(service)));
    }

    @Test
    void withdrawsBeforeAnythingElseGoes() {
        EndpointSpec spec = announced("a", "tap-a", "10.9.0.1");
        intent.delete(spec.id(), now());
        assertThat(effects)
                .containsExactly(new Effect.Withdraw(spec.addresses()), new Effect.Desire.NoEndpoint(spec.id()));
        assertThat(intent.delete(spec.id(), now())).isEqualTo(new Outcome.Unchanged());
        assertThat(intent.endpoint(spec.id())).isNull();
    }

    @Test
    void withdrawsWhenTheInterfaceGoesAndAnnouncesAgainWhenItIsBack() {
        EndpointSpec spec = announced("a", "tap-a", "10.9.0.1");
        progress(spec, ConditionState.WAITING, ConditionState.TRUE, ConditionState.FALSE);
        assertThat(effects).containsExactly(new Effect.Withdraw(spec.addresses()));
        assertThat(holds("a", ConditionKind.ADVERTISED)).isFalse();
        effects.clear();
        progress(spec, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        assertThat(effects).containsExactly(originate("10.9.0.1/32"));
    }

    @Test
    void aReportOnAnEqualStatementOfBeforeCountsForNothing() {
        EndpointSpec before = announced("a", "tap-a", "10.9.0.1");
        intent.put(spec("a", "tap-b", 1, "10.9.0.2"), now());
        EndpointSpec again = spec("a", "tap-a", 1, "10.9.0.1");
        intent.put(again, now());
        assertThat(again).isEqualTo(before);
        effects.clear();
        progress(before, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        assertThat(effects).isEmpty();
        progress(again, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        assertThat(effects).containsExactly(originate("10.9.0.1/32"));
    }

    @Test
    void aChangeTakesBackOnlyWhatLeft() {
        announced("a", "tap-a", "10.9.0.1", "10.9.0.2");
        EndpointSpec changed = spec("a", "tap-a", 2, "10.9.0.2", "10.9.0.3");
        assertThat(intent.put(changed, now())).isEqualTo(new Outcome.Changed());
        assertThat(effects)
                .containsExactly(
                        new Effect.Withdraw(List.of(Prefix.parse("10.9.0.1/32"))), new Effect.Desire.Endpoint(changed));
        assertThat(intent.put(changed, now())).isEqualTo(new Outcome.Unchanged());
    }

    @Test
    void aChangeTakesBackMembershipsAtOnceAndAddsThemOnceTheyAreInForce() {
        var db = new GroupId(8);
        intent.put(new SecurityGroup(db, "db", List.of()), now());
        EndpointSpec before = paired(1, List.of(WEB, db), "10.9.7.7/32", "10.9.8.0/24");
        intent.put(before, now());
        progress(before, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        assertThat(effects)
                .last()
                .isEqualTo(new Effect.Originate(
                        before.addresses(), List.of(WEB, db), prefixes("10.9.7.7/32", "10.9.8.0/24"), 100));
        effects.clear();
        EndpointSpec after = paired(2, List.of(WEB), "10.9.8.0/24", "10.9.9.0/24");
        intent.put(after, now());
        assertThat(effects)
                .containsExactly(
                        new Effect.Originate(before.addresses(), List.of(WEB), prefixes("10.9.8.0/24"), 100),
                        new Effect.Desire.Endpoint(after));
        effects.clear();
        progress(after, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        assertThat(effects)
                .containsExactly(new Effect.Originate(
                        before.addresses(), List.of(WEB), prefixes("10.9.8.0/24", "10.9.9.0/24"), 100));
    }

    @Test
    void whatAnEarlierSpecAnnouncedIsWithdrawnToo() {
        announced("a", "tap-a", "10.9.0.1");
        EndpointSpec changed = spec("a", "tap-a", 2, "10.9.0.1", "10.9.0.3");
        intent.put(changed, now());
        effects.clear();
        intent.delete(changed.id(), now());
        assertThat(effects)
                .containsExactly(
                        new Effect.Withdraw(prefixes("10.9.0.1/32")), new Effect.Desire.NoEndpoint(changed.id()));
        announced("a", "tap-a", "10.9.0.1");
        intent.put(changed, now());
        effects.clear();
        progress(changed, ConditionState.TRUE, ConditionState.FALSE, ConditionState.FALSE);
        assertThat(effects).containsExactly(new Effect.Withdraw(prefixes("10.9.0.1/32")));
    }

    @Test
    void refusesWhatContradictsItselfAndChangesNothing() {
        announced("a", "tap-a", "10.9.0.1");
        assertThat(problem(spec("b", "tap-a", 1, "10.9.0.2"))).isEqualTo("409 device");
        assertThat(problem(spec("b", "up0", 1, "10.9.0.2"))).isEqualTo("409 device"); // the node's own
        assertThat(problem(spec("b", "tap-b", 1, "10.9.0.2", "10.9.0.1"))).isEqualTo("409 addresses[1]");
        assertThat(problem(spec("b", mac("a"), "10.9.0.2"))).isEqualTo("409 mac");
        assertThat(problem(spec("b", "tap-b", 1, "2001:db8::1"))).isEqualTo("422 addresses[0]"); // no IPv6 underlay
        assertThat(problem(spec("b", "tap-b", 1, "10.0.0.11"))).isEqualTo("409 addresses[0]"); // the node's own
        assertThat(problem(spec("a", "tap-a", 0, "10.9.0.1"))).isEqualTo("409 generation");
        assertThat(intent.delete(WEB)).isInstanceOf(Outcome.Refused.class);
        assertThat(effects).isEmpty();
        EndpointSpec unknown = spec("b", "tap-b", mac("b"))
                .addresses(prefixes("10.9.0.2"))
                .groups(WEB, new GroupId(8))
                .build();
        assertThat(problem(unknown)).isEqualTo("422 groups[1]");
        var stateless = new SecurityGroup(new GroupId(8), "stateless", false, List.of(), List.of());
        assertThat(intent.put(stateless, now())).isEqualTo(new Outcome.Created());
        assertThat(problem(unknown)).as("mixed with a stateful one").isEqualTo("422 groups[1]");
        var changed = new SecurityGroup(WEB, "web", false, List.of(), List.of());
        assertThat(intent.put(changed, now())).as("while in use").isInstanceOf(Outcome.Refused.class);
        assertThat(Objects.requireNonNull(intent.group(WEB)).group()).isEqualTo(WEB_GROUP);
    }

    @Test
    void aWholeSetTradesAddressesAndIsAllOrNothing() {
        announced("a", "tap-a", "10.9.0.1");
        announced("b", "tap-b", "10.9.0.2");
        effects.clear();
        EndpointSpec a = spec("a", "tap-a", 2, "10.9.0.2");
        EndpointSpec c = spec("c", "tap-b", 1, "10.9.0.1");
        var twice = intent.putAll(List.of(a, spec("c", "tap-c", 1, "10.9.0.2")), now());
        assertThat(twice)
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.problem().field()).isEqualTo("endpoints[1].addresses[0]"));
        assertThat(effects).isEmpty();
        assertThat(intent.putAll(List.of(a, c), now())).isEqualTo(new Outcome.Replaced(1, 1, 0, 1));
        assertThat(intent.endpoints()).hasSize(2);
        assertThat(effects).contains(new Effect.Desire.EndpointsComplete());
    }

    @Test
    void aMacBelongsToOneEndpointAtATime() {
        intent.putAll(List.of(spec("a", mac("a"), "10.9.0.1"), spec("b", mac("b"), "10.9.0.2")), now());
        var twice = intent.putAll(List.of(spec("a", mac("c"), "10.9.0.1"), spec("b", mac("c"), "10.9.0.2")), now());
        assertThat(twice)
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.problem().detail())
                                .isEqualTo("52:54:00:00:00:63 is also endpoint a's"));
        assertThat(intent.putAll(List.of(spec("a", mac("b"), "10.9.0.1"), spec("b", mac("a"), "10.9.0.2")), now()))
                .as("traded")
                .isEqualTo(new Outcome.Replaced(0, 2, 0, 0));
        assertThat(problem(spec("c", mac("a"), "10.9.0.3"))).isEqualTo("409 mac");
        assertThat(refusal(spec("c", mac("b"), "10.9.0.3")))
                .isEqualTo("endpoints[0].mac: 52:54:00:00:00:62 is endpoint a's");
        intent.delete(new EndpointId("a"), now());
        assertThat(intent.put(spec("c", mac("b"), "10.9.0.1"), now()))
                .as("of one that went")
                .isEqualTo(new Outcome.Created());
    }

    @Test
    void learnsMembersAndSitesFromCommunitiesBeforeTheRouteIsUsed() {
        RibDelta delta = delta(
                route("10.9.1.1/32", "10.0.0.12", new LargeCommunity(65000, 2, 7)),
                route("10.0.0.12/32", "10.0.0.12", new LargeCommunity(65000, 1, 1)));
        intent.routes(delta);
        assertThat(effects)
                .containsExactly(
                        new Effect.Desire.NextHop(NODE_B, Path.NATIVE),
                        routes(delta, new MemberChange.Address(WEB, IpAddress.parse("10.9.1.1"), true)));
        effects.clear();
        intent.routes(delta(route("10.9.1.1/32", null)));
        assertThat(memberChanges()).containsExactly(new MemberChange.Address(WEB, IpAddress.parse("10.9.1.1"), false));
    }

    @Test
    void anotherSiteIsNeverReachedInTheClear() {
        intent.routes(delta(route("10.0.0.12/32", "10.0.0.12", new LargeCommunity(65000, 1, 1))));
        effects.clear();
        RibDelta moved = delta(route("10.0.0.12/32", "10.0.0.12", new LargeCommunity(65000, 1, 2)));
        intent.routes(moved);
        assertThat(effects)
                .containsExactly(
                        new Effect.Desire.NextHop(NODE_B, new Path.Refused(Path.Reason.OTHER_SITE)), routes(moved));
        assertThat(intent.refusal(NODE_B).reason()).contains("another site");
        assertThat(intent.refusal(IpAddress.parse("10.0.0.99")).reason()).contains("no node route");
    }

    /// As from a reflector that strips communities: nobody is sent to in the clear for want of a word, and nobody is a
    /// member.
    @Test
    void aNodeRouteWithoutASiteOpensNoPath() {
        RibDelta stripped = delta(route("10.0.0.12/32", "10.0.0.12"), route("10.9.1.1/32", "10.0.0.12"));
        intent.routes(stripped);
        assertThat(effects).containsExactly(routes(stripped));
        assertThat(intent.refusal(NODE_B).reason()).contains("10.0.0.12 is dropped: no node route says its site");
        effects.clear();
        for (var foreign : List.of(
                new LargeCommunity(64999, 1, 1), new LargeCommunity(65000, 1, 0), new LargeCommunity(65000, 2, 1))) {
            intent.routes(delta(route("10.0.0.12/32", "10.0.0.12", foreign)));
        }
        assertThat(effects).noneMatch(effect -> effect instanceof Effect.Desire.NextHop);
    }

    @Test
    void aNodeRouteThatLosesItsSiteClosesThePath() {
        intent.routes(delta(
                route("10.0.0.12/32", "10.0.0.12", new LargeCommunity(65000, 1, 1)),
                route("10.9.1.1/32", "10.0.0.12", new LargeCommunity(65000, 2, 7))));
        assertThat(intent.refusal(NODE_B).state()).isEqualTo(ConditionState.TRUE);
        effects.clear();
        RibDelta stripped = delta(route("10.0.0.12/32", "10.0.0.12"), route("10.9.1.1/32", "10.0.0.12"));
        intent.routes(stripped);
        assertThat(effects)
                .containsExactly(
                        new Effect.Desire.NextHop(NODE_B, new Path.Refused(Path.Reason.SITE_UNKNOWN)),
                        routes(stripped, new MemberChange.Address(WEB, IpAddress.parse("10.9.1.1"), false)));
        intent.routes(delta(route("10.0.0.12/32", "10.0.0.12", new LargeCommunity(65000, 1, 1))));
        assertThat(effects).contains(new Effect.Desire.NextHop(NODE_B, Path.NATIVE));
    }

    @Test
    void aRouteThatNamesOtherGroupsCostsTheDifference() {
        var eight = new LargeCommunity(65000, 2, 8);
        intent.routes(delta(route("10.9.1.1/32", "10.0.0.12", new LargeCommunity(65000, 2, 7), eight)));
        assertThat(Objects.requireNonNull(intent.group(WEB)).remoteMembers()).isEqualTo(1);
        effects.clear();
        RibDelta changed = delta(route("10.9.1.1/32", "10.0.0.12", eight, new LargeCommunity(64999, 2, 9)));
        intent.routes(changed);
        assertThat(effects)
                .containsExactly(routes(changed, new MemberChange.Address(WEB, IpAddress.parse("10.9.1.1"), false)));
        assertThat(Objects.requireNonNull(intent.group(WEB)).remoteMembers()).isZero();
    }

    @Test
    void pairsAreMembersAsLongAsAnyRouteSaysSo() {
        LargeCommunity[] paired = {
            new LargeCommunity(65000, 2, 7), new LargeCommunity(65000, 4_000_024, 0x0a090800L),
        };
        MemberChange joins = new MemberChange.Pair(WEB, Prefix.parse("10.9.8.0/24"), true);
        MemberChange leaves = new MemberChange.Pair(WEB, Prefix.parse("10.9.8.0/24"), false);
        intent.routes(delta(route("10.9.1.1/32", "10.0.0.12", paired)));
        assertThat(memberChanges())
                .containsExactly(new MemberChange.Address(WEB, IpAddress.parse("10.9.1.1"), true), joins);
        effects.clear();
        intent.routes(delta(route("10.9.1.2/32", "10.0.0.13", paired)));
        assertThat(memberChanges()).containsExactly(new MemberChange.Address(WEB, IpAddress.parse("10.9.1.2"), true));
        assertThat(Objects.requireNonNull(intent.group(WEB)).remoteMembers()).isEqualTo(3);
        effects.clear();
        intent.routes(delta(route("10.9.1.1/32", "10.0.0.13", paired))); // moves
        assertThat(memberChanges()).isEmpty();
        intent.routes(delta(route("10.9.1.1/32", null)));
        assertThat(memberChanges()).containsExactly(new MemberChange.Address(WEB, IpAddress.parse("10.9.1.1"), false));
        effects.clear();
        intent.routes(delta(route("10.9.1.2/32", "10.0.0.13", new LargeCommunity(65000, 2, 7))));
        assertThat(memberChanges()).containsExactly(leaves);
        assertThat(Objects.requireNonNull(intent.group(WEB)).remoteMembers()).isEqualTo(1);
    }

    @Test
    void onlyHostRoutesStatePairsAndOnlyForTheirGroups() {
        var pair = new LargeCommunity(65000, 4_000_032, 0x0a090807L);
        intent.routes(delta(
                route("10.9.0.0/16", "10.0.0.12", new LargeCommunity(65000, 2, 7), pair),
                route("10.9.1.1/32", "10.0.0.12", pair)));
        assertThat(memberChanges()).isEmpty();
    }

    @Test
    void isInSyncOnceEndpointsAndBothFamiliesAreComplete() {
        intent.complete(now());
        intent.routesComplete(AddressFamily.IPV4_UNICAST, now());
        assertThat(intent.inSync()).isFalse();
        intent.routesComplete(AddressFamily.IPV6_UNICAST, now());
        assertThat(intent.inSync()).isTrue();
        assertThat(events).anyMatch(Event.SyncChanged.class::isInstance);
    }

    @Test
    void anAddressWhoseGuestMovedIsLeftToTheOtherNodeUntilItsRouteIsGone() {
        EndpointSpec spec = announced("a", "tap-a", "10.9.0.1", "10.9.0.2");
        Prefix moved = Prefix.parse("10.9.0.1/32");
        intent.routes(delta(preferred("10.9.0.1/32", 100), preferred("10.9.9.9/32", 200)));
        effects.clear();
        RibDelta higher = delta(preferred("10.9.0.1/32", 200));
        intent.routes(higher);
        assertThat(effects)
                .containsExactly(
                        routes(higher), new Effect.Desire.Moved(List.of(moved)), new Effect.Withdraw(List.of(moved)));
        effects.clear();
        progress(spec, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        RibDelta settled = delta(preferred("10.9.0.1/32", 100));
        intent.routes(settled);
        assertThat(effects).containsExactly(routes(settled));
        effects.clear();
        RibDelta gone = delta(route("10.9.0.1/32", null));
        intent.routes(gone);
        assertThat(effects).containsExactly(new Effect.Desire.Returned(List.of(moved)), routes(gone));
        effects.clear();
        progress(spec, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        assertThat(effects).containsExactly(new Effect.Originate(List.of(moved), List.of(WEB), List.of(), 100));
    }

    @Test
    void aMoveThatIsTakenBackAtOnceIsNone() {
        announced("a", "tap-a", "10.9.0.1");
        RibDelta both = delta(preferred("10.9.0.1/32", 200), route("10.9.0.1/32", null));
        intent.routes(both);
        assertThat(effects).containsExactly(routes(both));
    }

    @Test
    void aMigrationTargetIsPreferredAndSettlesWithoutAWithdrawal() {
        EndpointSpec target = spec("a", "tap-a", mac("a"))
                .role(EndpointRole.MIGRATION_TARGET)
                .addresses(prefixes("10.9.0.1"))
                .build();
        intent.put(target, now());
        progress(target, ConditionState.TRUE, ConditionState.TRUE, ConditionState.WAITING);
        assertThat(effects).containsExactly(new Effect.Desire.Endpoint(target));
        effects.clear();
        intent.routes(delta(preferred("10.9.0.1/32", 200)));
        effects.clear();
        progress(target, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        assertThat(effects).containsExactly(new Effect.Originate(target.addresses(), List.of(WEB), List.of(), 200));
        effects.clear();
        EndpointSpec settled = spec("a", "tap-a", 2, "10.9.0.1");
        intent.put(settled, now());
        progress(settled, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        assertThat(effects)
                .containsExactly(
                        new Effect.Desire.Endpoint(settled),
                        new Effect.Originate(target.addresses(), List.of(WEB), List.of(), 100));
    }

    @Test
    void withdrawsWhatAnEarlierSpecAnnouncedWhenTheNewOneCannotBe() {
        announced("a", "tap-a", "10.9.0.1");
        EndpointSpec changed = spec("a", "tap-b", 2, "10.9.0.1");
        intent.put(changed, now());
        effects.clear();
        progress(changed, ConditionState.WAITING, ConditionState.TRUE, ConditionState.FALSE);
        assertThat(effects).containsExactly(new Effect.Withdraw(changed.addresses()));
    }

    @Test
    void addressesOutsideTheNodesPrefixesAreRefused() {
        assertThat(problem(spec("a", "tap-a", 1, "192.0.2.1"))).isEqualTo("422 addresses[0]");
    }

    @Test
    void whatAFileStatesOnlyTheFileChanges() {
        var group = new SecurityGroup(new GroupId(8), "db", List.of());
        EndpointSpec own = spec("f", "tap-f", 1, "10.9.0.5");
        var file = new StaticFile("db.yaml", List.of(group), List.of(own));
        assertThat(intent.put(file, now())).isNull();
        assertThat(effects).containsExactly(new Effect.Desire.Group(group), new Effect.Desire.Endpoint(own));
        assertThat(Objects.requireNonNull(intent.endpoint(own.id())).file()).isEqualTo("db.yaml");
        effects.clear();

        for (Outcome outcome : List.of(
                intent.put(spec("f", "tap-f", 2, "10.9.0.6"), now()),
                intent.delete(own.id(), now()),
                intent.put(group, now()),
                intent.delete(group.id()))) {
            assertThat(outcome)
                    .isInstanceOfSatisfying(
                            Outcome.Refused.class,
                            refused -> assertThat(refused.problem().detail())
                                    .contains("is stated by the file db.yaml of endpoints.d"));
        }
        assertThat(intent.putAll(List.of(spec("f", "tap-f", 2, "10.9.0.6")), now()))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.problem().field()).isEqualTo("endpoints[0].id"));
        assertThat(intent.putAll(List.of(spec("g", "tap-g", 1, "10.9.0.5")), now()))
                .isInstanceOf(Outcome.Refused.class);
        assertThat(effects).isEmpty();
        assertThat(intent.putAll(List.of(), now())).isEqualTo(new Outcome.Replaced(0, 0, 0, 0));
        assertThat(intent.endpoint(own.id())).isNotNull();

        assertThat(intent.put(StaticFile.empty("db.yaml"), now())).isNull();
        assertThat(effects).contains(new Effect.Desire.NoEndpoint(own.id()), new Effect.Desire.NoGroup(group.id()));
        assertThat(intent.files()).isEmpty();
    }

    @Test
    void aFileIsTakenWholeOrNotAtAll() {
        EndpointSpec ofApi = spec("a", "tap-a", 1, "10.9.0.1");
        intent.put(ofApi, now());
        var before = new StaticFile("f.yaml", List.of(), List.of(spec("b", "tap-b", 1, "10.9.0.2")));
        assertThat(intent.put(before, now())).isNull();
        effects.clear();
        assertThat(refusal(spec("b", "tap-b", 1, "10.9.0.3"), spec("c", "tap-c", 1, "10.9.0.1")))
                .isEqualTo("endpoints[1].addresses[0]: 10.9.0.1/32 is endpoint a's");
        assertThat(refusal(spec("a", "tap-x", 1, "10.9.0.7")))
                .isEqualTo("endpoints[0].id: endpoint a is stated by the API");
        assertThat(refusal(spec("c", "tap-c", 1, "10.9.0.3"), spec("c", "tap-d", 1, "10.9.0.4")))
                .isEqualTo("endpoints[1].id: is there twice: c");
        assertThat(effects).isEmpty();

        var groups = new StaticFile("g.yaml", List.of(new SecurityGroup(new GroupId(8), "db", List.of())), List.of());
        assertThat(intent.put(groups, now())).isNull();
        EndpointSpec inDb = spec("b", "tap-b", mac("b"))
                .addresses(prefixes("10.9.0.2"))
                .groups(new GroupId(8))
                .build();
        var user = new StaticFile("f.yaml", List.of(), List.of(inDb));
        assertThat(intent.put(user, now())).isNull();
        assertThat(Objects.requireNonNull(intent.put(StaticFile.empty("g.yaml"), now()))
                        .detail())
                .isEqualTo("group 8 has members here, such as endpoint b");
        intent.refuse("g.yaml", "it is gone");
        assertThat(intent.files())
                .containsExactly(new FileView("f.yaml", 1, 0, null), new FileView("g.yaml", 0, 1, "it is gone"));
    }

    private String refusal(EndpointSpec... endpoints) {
        Problem problem =
                Objects.requireNonNull(intent.put(new StaticFile("f.yaml", List.of(), List.of(endpoints)), now()));
        return problem.field() + ": " + problem.detail();
    }

    @Test
    void endpointsMayChangePlaces() {
        intent.putAll(List.of(spec("a", "tap-a", 1, "10.9.0.1"), spec("b", "tap-b", 1, "10.9.0.2")), now());
        EndpointSpec a = spec("a", "tap-b", 2, "10.9.0.2");
        EndpointSpec b = spec("b", "tap-a", 2, "10.9.0.1");
        assertThat(intent.putAll(List.of(a, b), now())).isEqualTo(new Outcome.Replaced(0, 2, 0, 0));
        progress(a, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        progress(b, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        intent.advertised(prefixes("10.9.0.1", "10.9.0.2"), now());
        assertThat(holds("a", ConditionKind.ADVERTISED)).isTrue();
        assertThat(holds("b", ConditionKind.ADVERTISED)).isTrue();
        assertThat(problem(spec("c", "tap-c", 1, "10.9.0.2"))).isEqualTo("409 addresses[0]");
    }

    private EndpointSpec announced(String id, String device, String... addresses) {
        EndpointSpec spec = spec(id, device, 1, addresses);
        intent.put(spec, now());
        progress(spec, ConditionState.TRUE, ConditionState.TRUE, ConditionState.TRUE);
        intent.advertised(spec.addresses(), now());
        effects.clear();
        return spec;
    }

    private void progress(EndpointSpec spec, ConditionState device, ConditionState rules, ConditionState route) {
        intent.progress(
                new Progress(
                        spec,
                        List.of(
                                new Progress.Step(ConditionKind.INTERFACE_READY, device, "x", ""),
                                new Progress.Step(ConditionKind.RULES_ENFORCED, rules, "x", ""),
                                new Progress.Step(ConditionKind.ROUTE_INSTALLED, route, "x", ""))),
                now());
    }

    private boolean holds(String id, ConditionKind kind) {
        return Objects.requireNonNull(intent.endpoint(new EndpointId(id))).holds(kind);
    }

    private String problem(EndpointSpec spec) {
        return switch (intent.put(spec, now())) {
            case Outcome.Refused(var problem) -> problem.status() + " " + problem.field();
            case Outcome other -> other.toString();
        };
    }

    private Moment now() {
        return new Moment(Instant.EPOCH.plusNanos(++nanos), nanos);
    }

    private static Effect originate(String prefix) {
        return new Effect.Originate(prefixes(prefix), List.of(WEB), List.of(), 100);
    }

    private static EndpointSpec paired(long generation, List<GroupId> groups, String... pairs) {
        return spec("a", "tap-a", mac("a"))
                .generation(generation)
                .addresses(prefixes("10.9.0.1"))
                .groups(groups.toArray(GroupId[]::new))
                .pairs(prefixes(pairs).stream()
                        .map(prefix -> new AddressPair(prefix, mac("a")))
                        .toList())
                .build();
    }

    private static EndpointSpec spec(String id, String device, long generation, String... addresses) {
        return spec(id, device, mac(id))
                .generation(generation)
                .addresses(prefixes(addresses))
                .build();
    }

    private static EndpointSpec spec(String id, MacAddress mac, String address) {
        return spec(id, "tap-" + id, mac).addresses(prefixes(address)).build();
    }

    private static SpecBuilder spec(String id, String device, MacAddress mac) {
        return new SpecBuilder(id, device, mac).created().generation(1).groups(WEB);
    }

    /// Another for each single letter.
    private static MacAddress mac(String id) {
        return new MacAddress(0x5254_0000_0000L + id.charAt(0));
    }

    private static List<Prefix> prefixes(String... addresses) {
        return Stream.of(addresses).map(Prefix::parse).toList();
    }

    private record Change(Prefix prefix, @Nullable PathAttributes attributes) {}

    private static Change route(String prefix, @Nullable String nextHop, LargeCommunity... communities) {
        return new Change(
                Prefix.parse(prefix),
                nextHop == null
                        ? null
                        : PathAttributes.builder()
                                .nextHop(IpAddress.parse(nextHop))
                                .largeCommunities(List.of(communities))
                                .build());
    }

    private static Change preferred(String prefix, long localPref) {
        return new Change(
                Prefix.parse(prefix),
                PathAttributes.builder().nextHop(NODE_B).localPref(localPref).build());
    }

    private static Effect routes(RibDelta delta, MemberChange... changes) {
        return new Effect.Desire.Routes(delta, List.of(changes));
    }

    private List<MemberChange> memberChanges() {
        return effects.stream()
                .flatMap(effect ->
                        effect instanceof Effect.Desire.Routes(var _, var changes) ? changes.stream() : Stream.empty())
                .toList();
    }

    /// Of the routes that earlier deltas left.
    private RibDelta delta(Change... changes) {
        var builder = new RibDelta.Builder(AddressFamily.IPV4_UNICAST);
        for (Change change : changes) {
            var address = (Ipv4Address) change.prefix().address();
            PathAttributes now = change.attributes();
            PathAttributes before = now == null ? best.remove(change.prefix()) : best.put(change.prefix(), now);
            builder.add((long) address.value() << 32, 0, change.prefix().length(), before, now);
        }
        return builder.build();
    }
}
