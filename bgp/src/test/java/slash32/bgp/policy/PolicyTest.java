package slash32.bgp.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.bgp.policy.Policy.Rule;
import slash32.bgp.policy.Policy.Then;
import slash32.bgp.wire.AsPath;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.PeerRole;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;

class PolicyTest {
    private static final Prefix ANY = Prefix.parse("10.9.0.1/32");
    private static final LargeCommunity GROUP = new LargeCommunity(65000, 2, 7);
    private static final ExtendedCommunity TARGET = ExtendedCommunity.routeTarget(65000, 100);
    private static final ExtendedCommunity OTHER_TARGET = ExtendedCommunity.routeTarget(65000, 101);
    private static final PathAttributes PATH = PathAttributes.builder()
            .asPath(AsPath.EMPTY.prepend(new Asn(65010)).prepend(new Asn(65001)))
            .nextHop(IpAddress.parse("10.0.0.1"))
            .med(5)
            .communities(List.of(0xfde8_0001))
            .largeCommunities(List.of(GROUP))
            .extendedCommunities(List.of(TARGET))
            .build();

    @ParameterizedTest(name = "{0} ge {1} le {2}: {3} {4}")
    @CsvSource({
        "10.0.0.0/8, 24, 32, 10.1.2.0/24, true",
        "10.0.0.0/8, 24, 32, 10.1.2.3/32, true",
        "10.0.0.0/8, 24, 32, 10.1.0.0/16, false",
        "10.0.0.0/8, 24, 32, 11.1.2.0/24, false",
        "10.0.0.0/8, 8, 8, 10.0.0.0/8, true",
        "10.0.0.0/8, 8, 16, 10.1.2.0/24, false",
        "0.0.0.0/0, 0, 32, 10.1.2.3/32, true",
        "0.0.0.0/0, 0, 32, ::/0, false",
        "2001:db8::/32, 128, 128, 2001:db8::1/128, true",
        "2001:db8:0:1::/64, 65, 128, 2001:db8:0:1::/72, true",
        "2001:db8:0:1::/64, 64, 128, 2001:db8:0:2::/64, false",
        "2001:db8::10/124, 128, 128, 2001:db8::1f/128, true",
        "2001:db8::10/124, 128, 128, 2001:db8::20/128, false",
    })
    void aRangeHasLengthsToo(String within, int ge, int le, String prefix, boolean covered) {
        var match = new Match.PrefixIn(List.of(new PrefixRange(Prefix.parse(within), ge, le)));
        assertThat(apply(new Policy(List.of(rule(Then.ACCEPT, match)), false), Prefix.parse(prefix), PATH) != null)
                .isEqualTo(covered);
    }

    @Test
    void lengthsMustFitTheirPrefix() {
        assertThatThrownBy(() -> new PrefixRange(Prefix.parse("10.0.0.0/8"), 7, 32))
                .hasMessageContaining("8 <= ge <= le <= 32");
        assertThatThrownBy(() -> new PrefixRange(Prefix.parse("10.0.0.0/8"), 24, 33))
                .isInstanceOf(IllegalArgumentException.class);
    }

    static Stream<Arguments> matches() {
        return Stream.of(
                Arguments.of(new Match.HasCommunity(Set.of(0xfde8_0001, 1)), true),
                Arguments.of(new Match.HasCommunity(Set.of(0xfde8_0002)), false),
                Arguments.of(new Match.HasLargeCommunity(Set.of(GROUP)), true),
                Arguments.of(new Match.HasLargeCommunity(Set.of(new LargeCommunity(65000, 2, 8))), false),
                Arguments.of(new Match.HasExtendedCommunity(Set.of(TARGET)), true),
                Arguments.of(new Match.HasExtendedCommunity(Set.of(OTHER_TARGET)), false),
                Arguments.of(new Match.AsPathHas(new Asn(65010)), true),
                Arguments.of(new Match.AsPathHas(new Asn(65011)), false),
                Arguments.of(new Match.AsPathFrom(new Asn(65001)), true),
                Arguments.of(new Match.AsPathFrom(new Asn(65010)), false),
                Arguments.of(new Match.AsPathAtMost(2), true),
                Arguments.of(new Match.AsPathAtMost(1), false),
                Arguments.of(new Match.NextHopIn(List.of(Prefix.parse("10.0.0.0/24"))), true),
                Arguments.of(new Match.NextHopIn(List.of(Prefix.parse("10.0.1.0/24"))), false));
    }

    @ParameterizedTest
    @MethodSource("matches")
    void aRuleAsksForWhatTheRouteHas(Match match, boolean holds) {
        assertThat(apply(new Policy(List.of(rule(Then.REJECT, match)), true), ANY, PATH) == null)
                .isEqualTo(holds);
    }

    @Test
    void allMatchesOfARuleMustHold() {
        var policy = new Policy(
                List.of(rule(Then.ACCEPT, new Match.AsPathAtMost(2), new Match.AsPathHas(new Asn(1)))), false);
        assertThat(apply(policy, ANY, PATH)).isNull();
    }

    @Test
    void theFirstRuleThatDecidesDoesAndEarlierOnesLeaveTheirChanges() {
        var policy = new Policy(
                List.of(
                        new Rule(List.of(), List.of(new Change.LocalPref(150), new Change.Med(7)), Then.CONTINUE),
                        new Rule(List.of(new Match.AsPathHas(new Asn(1))), List.of(), Then.REJECT),
                        new Rule(List.of(), List.of(new Change.Med(PathAttributes.ABSENT)), Then.ACCEPT),
                        new Rule(List.of(), List.of(), Then.REJECT)),
                false);
        assertThat(apply(policy, ANY, PATH))
                .isEqualTo(PATH.toBuilder()
                        .localPref(150)
                        .med(PathAttributes.ABSENT)
                        .build());
    }

    @Test
    void aLaterRuleSeesWhatAnEarlierOneSet() {
        var mark = new Change.Communities(Set.of(), true, List.of(9));
        var policy = new Policy(
                List.of(
                        new Rule(List.of(), List.of(mark), Then.CONTINUE),
                        rule(Then.ACCEPT, new Match.HasCommunity(Set.of(9)))),
                false);
        assertThat(apply(policy, ANY, PATH)).isNotNull();
    }

    @Test
    void changesAreMade() {
        assertThat(changed(new Change.Prepend(new Asn(65000), 2)).asPath()).hasToString("65000 65000 65001 65010");
        assertThat(changed(new Change.NextHop(IpAddress.parse("10.0.0.9"))).nextHop())
                .isEqualTo(IpAddress.parse("10.0.0.9"));
        assertThat(changed(new Change.NextHop(IpAddress.parse("2001:db8::1")))).isEqualTo(PATH);
        assertThat(changed(new Change.Communities(Set.of(0xfde8_0001), false, List.of(1, 2)))
                        .communities())
                .containsExactly(1, 2);
        var other = new LargeCommunity(65000, 1, 1);
        assertThat(changed(new Change.LargeCommunities(Set.of(), false, List.of(other, GROUP)))
                        .largeCommunities())
                .containsExactly(GROUP, other);
        var added = changed(new Change.ExtendedCommunities(Set.of(), false, List.of(OTHER_TARGET)));
        assertThat(added.extendedCommunities()).containsExactly(TARGET, OTHER_TARGET);
        var none = changed(new Change.ExtendedCommunities(Set.of(TARGET), false, List.of()));
        assertThat(none.extendedCommunities()).isEmpty();
    }

    @Test
    void routesShareWhatIsMadeOfTheirAttributes() {
        Policy.Run run =
                new Policy(List.of(new Rule(List.of(), List.of(new Change.LocalPref(1)), Then.ACCEPT)), false).run();
        assertThat(run.apply(true, 1, 0, 32, PATH)).isSameAs(run.apply(true, 2, 0, 32, PATH));
    }

    /// RFC 9234 §5: what a peer sends, and what comes of it; our AS is 65000, the peer's 65001.
    @ParameterizedTest(name = "we are {0}, OTC {1}: in {2}, out {3}")
    @CsvSource({
        "CUSTOMER, , 65001, passes",
        "CUSTOMER, 65010, 65010, stays",
        "PROVIDER, , passes, 65000",
        "PROVIDER, 65010, leak, 65010",
        "PEER, , 65001, 65000",
        "PEER, 65001, 65001, stays",
        "PEER, 65010, leak, stays",
        "ROUTE_SERVER, 65010, leak, 65010",
        "ROUTE_SERVER_CLIENT, , 65001, passes",
    })
    void whatIsOnlyToCustomersGoesDown(PeerRole role, @Nullable Long marked, String in, String out) {
        PathAttributes path = marked == null ? PATH : marked(marked);
        assertThat(text(RouteLeaks.received(path, role, new Asn(65001)), "leak"))
                .isEqualTo(in);
        assertThat(text(RouteLeaks.sent(path, role, new Asn(65000)), "stays")).isEqualTo(out);
    }

    @ParameterizedTest(name = "{0}: internal {1}, external {2}")
    @CsvSource({"ffffff01, true, false", "ffffff02, false, false", "ffffff03, true, true"})
    void aRouteGoesNoFartherThanItsCommunitiesSay(String community, boolean internal, boolean external) {
        PathAttributes path = PATH.toBuilder()
                .communities(List.of(Integer.parseUnsignedInt(community, 16)))
                .build();
        var own = new Asn(65000);
        for (Asn peer : List.of(own, new Asn(65001))) {
            var filter = new ExportFilter(new ExportFilter.Sender(own, peer, null), Policy.ACCEPT_ALL);
            assertThat(filter.apply(true, 0, 0, 32, path) != null).isEqualTo(peer.equals(own) ? internal : external);
        }
    }

    @Test
    void aPeerOnOurLinkIsToldOfOurselvesThere() {
        var own = new Asn(65000);
        Ipv6Address here = Ipv6Address.parse("fe80::11");
        PathAttributes beside =
                PATH.toBuilder().linkLocalNextHop(Ipv6Address.parse("fe80::9")).build();
        for (boolean extended : List.of(true, false)) {
            var self = new ExportFilter.NextHopSelf(here, extended);
            var filter = new ExportFilter(new ExportFilter.Sender(own, own, null, self, null), Policy.ACCEPT_ALL);
            PathAttributes ipv6 = Objects.requireNonNull(filter.apply(false, 0, 0, 128, beside));
            assertThat(ipv6).isEqualTo(PATH.toBuilder().nextHop(here).build());
            PathAttributes ipv4 = Objects.requireNonNull(filter.apply(true, 0, 0, 32, PATH));
            assertThat(ipv4.nextHop()).isEqualTo(extended ? here : PATH.nextHop());
        }
    }

    @Test
    void aGracefulShutdownIsTheLastChoice() {
        PathAttributes leaving = GracefulShutdown.announced(PATH);
        assertThat(leaving.localPref()).isZero();
        assertThat(leaving.communities()).contains(GracefulShutdown.COMMUNITY);
        assertThat(GracefulShutdown.received(leaving.toBuilder().localPref(200).build()))
                .isEqualTo(leaving);
        assertThat(GracefulShutdown.received(PATH)).isSameAs(PATH);
    }

    @Test
    void aStaleRouteSaysSoUnlessItIsNotToBeKept() {
        PathAttributes stale = Objects.requireNonNull(LongLived.stale(PATH));
        assertThat(stale.communities()).containsExactly(0xfde8_0001, LongLived.STALE);
        assertThat(LongLived.stale(stale)).isSameAs(stale);
        assertThat(LongLived.stale(PATH.toBuilder()
                        .communities(List.of(LongLived.NOT_KEPT))
                        .build()))
                .isNull();
    }

    private static PathAttributes marked(long asn) {
        return PATH.toBuilder().onlyToCustomer(asn).build();
    }

    /// The mark, "passes" for none, or {@code otherwise} for no route.
    private static String text(@Nullable PathAttributes path, String otherwise) {
        if (path == null) {
            return otherwise;
        }
        long mark = path.onlyToCustomer();
        return mark == PathAttributes.ABSENT ? "passes" : String.valueOf(mark);
    }

    private static PathAttributes changed(Change change) {
        return change.in(PATH);
    }

    private static Rule rule(Then then, Match... matches) {
        return new Rule(List.of(matches), List.of(), then);
    }

    private static @Nullable PathAttributes apply(Policy policy, Prefix prefix, PathAttributes path) {
        return switch (prefix.address()) {
            case Ipv4Address v4 -> policy.run().apply(true, (long) v4.value() << 32, 0, prefix.length(), path);
            case Ipv6Address v6 -> policy.run().apply(false, v6.high(), v6.low(), prefix.length(), path);
        };
    }
}
