package slash32.overlay.evpn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import slash32.bgp.wire.Esi;
import slash32.bgp.wire.EvpnChange;
import slash32.bgp.wire.EvpnInstance;
import slash32.bgp.wire.EvpnInstance.Mobility;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute.MacIpRoute;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NlriParts;
import slash32.bgp.wire.RouteDistinguisher;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.overlay.choice.SiteId;
import slash32.overlay.evpn.EvpnAction.Destination.Local;
import slash32.overlay.evpn.EvpnAction.Destination.Remote;

class EvpnNodeTest {
    private static final Vni BLUE = new Vni(100);
    private static final Ipv4Address OWN = Ipv4Address.parse("10.0.0.11");
    private static final Ipv4Address OTHER = Ipv4Address.parse("10.0.0.12");
    private static final Ipv4Address THIRD = Ipv4Address.parse("10.0.0.13");
    private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:01");
    private static final IpAddress ADDRESS = IpAddress.parse("192.0.2.1");
    private static final MacKey KEY = new MacKey(BLUE, MAC);
    private static final SiteId OSLO = new SiteId(1);
    private static final SiteId BERGEN = new SiteId(2);
    private static final long SECOND = 1_000_000_000L;

    private final EvpnTables tables = new EvpnTables();
    private EvpnNode node = node(Map.of());
    private long now;

    private static EvpnNode node(Map<MacKey, Long> remembered) {
        return new EvpnNode(new Asn(65000), OWN, OWN, EvpnNode.ROUTES_PER_NODE, remembered);
    }

    @Test
    void aSegmentIsAnnouncedAndItsPortsOnceItIsKnownWhoHasThem() {
        segment(Segment.Flooding.FULL, port(false));
        assertThat(tables.imported).containsExactly(ExtendedCommunity.routeTarget(65000, 100));
        assertThat(tables.routes.keySet())
                .containsExactly(own().inclusiveMulticast().route());
        assertThat(tables.forwarding).containsEntry(KEY, new Local(new InterfaceName("tap1")));
        complete();
        assertThat(tables.routes.values())
                .containsExactly(
                        own().inclusiveMulticast(),
                        own().macIp(MAC, null, Mobility.NONE),
                        own().macIp(MAC, ADDRESS, Mobility.NONE));
        segment(Segment.Flooding.NONE);
        assertThat(tables.routes).isEmpty();
        assertThat(tables.forwarding).isEmpty();
        assertThat(tables.disk).isEmpty();
    }

    @Test
    void whatOthersHaveGoesToTheirNodesWhileThoseMayBeReached() {
        segment(Segment.Flooding.FULL);
        complete();
        announce(of(OTHER).inclusiveMulticast());
        announce(of(OTHER).macIp(MAC, ADDRESS, Mobility.NONE));
        assertThat(tables.forwarding).isEmpty();
        assertThat(node.status().getFirst().unreachable()).isEqualTo(1);
        reachable(OTHER, true);
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(OTHER));
        assertThat(tables.answers).containsEntry(ADDRESS, MAC);
        assertThat(tables.flooded).containsExactly(OTHER);
        reachable(OTHER, false);
        assertThat(tables.forwarding).isEmpty();
        assertThat(tables.answers).isEmpty();
        assertThat(tables.flooded).isEmpty();
        reachable(OTHER, true);
        withdraw(of(OTHER).macIp(MAC, ADDRESS, Mobility.NONE));
        withdraw(of(OTHER).inclusiveMulticast());
        assertThat(tables.forwarding).isEmpty();
        assertThat(tables.answers).isEmpty();
        assertThat(tables.flooded).isEmpty();
    }

    /// A guest that moves here: its MAC gets a higher number than its last node said.
    @Test
    void aPortThatComesTakesItsMacOver() {
        reachable(OTHER, true);
        segment(Segment.Flooding.NONE);
        complete();
        announce(of(OTHER).macIp(MAC, null, new Mobility(false, 7)));
        segment(Segment.Flooding.NONE, port(false));
        assertThat(tables.forwarding).containsEntry(KEY, new Local(new InterfaceName("tap1")));
        assertThat(tables.routes.values()).contains(own().macIp(MAC, null, new Mobility(false, 8)));
        assertThat(tables.disk).containsEntry(KEY, 8L);
    }

    /// And one that moves away, before anybody here was told: frames follow it, and nobody is told any more that it
    /// is here.
    @Test
    void aLaterClaimIsBelievedUntilItGoes() {
        reachable(OTHER, true);
        segment(Segment.Flooding.NONE, port(false));
        complete();
        announce(of(OTHER).macIp(MAC, ADDRESS, new Mobility(false, 1)));
        assertThat(tables.routes).isEmpty();
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(OTHER));
        assertThat(node.status().getFirst().elsewhere()).isEqualTo(1);
        withdraw(of(OTHER).macIp(MAC, ADDRESS, new Mobility(false, 1)));
        assertThat(tables.routes.values()).contains(own().macIp(MAC, ADDRESS, new Mobility(false, 2)));
        assertThat(tables.forwarding).containsEntry(KEY, new Local(new InterfaceName("tap1")));
    }

    @Test
    void equalClaimsAreTheLowerNodes() {
        reachable(OTHER, true);
        segment(Segment.Flooding.NONE, port(false));
        complete();
        announce(of(OTHER).macIp(MAC, null, Mobility.NONE));
        assertThat(tables.forwarding).containsEntry(KEY, new Local(new InterfaceName("tap1")));
        reachable(Ipv4Address.parse("10.0.0.2"), true);
        announce(of(Ipv4Address.parse("10.0.0.2")).macIp(MAC, null, Mobility.NONE));
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(IpAddress.parse("10.0.0.2")));
        assertThat(tables.routes).isEmpty();
    }

    /// RFC 7432 §15.2.
    @Test
    void aStickyPortIsBelievedByNobodyToBeElsewhere() {
        reachable(OTHER, true);
        segment(Segment.Flooding.NONE, port(true));
        complete();
        announce(of(OTHER).macIp(MAC, null, new Mobility(false, 99)));
        assertThat(tables.forwarding).containsEntry(KEY, new Local(new InterfaceName("tap1")));
        assertThat(tables.routes.values()).contains(own().macIp(MAC, null, new Mobility(true, 0)));
    }

    /// An earlier run's number is said again at once, and is not taken for a move.
    @Test
    void aRestartClaimsWhatItHadAndNoMore() {
        node = node(Map.of(KEY, 3L));
        reachable(OTHER, true);
        segment(Segment.Flooding.NONE, port(false));
        assertThat(tables.routes.values()).contains(own().macIp(MAC, null, new Mobility(false, 3)));
        announce(of(OTHER).macIp(MAC, null, new Mobility(false, 4)));
        complete();
        assertThat(tables.routes).isEmpty();
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(OTHER));
    }

    /// Nobody is told of a guest that is not there.
    @Test
    void aPortIsAnnouncedForAsLongAsItsInterfaceIsInTheSegment() {
        stated(Segment.Flooding.NONE, port(false));
        complete();
        assertThat(tables.routes).isEmpty();
        assertThat(tables.disk).isEmpty();
        joined(true);
        assertThat(tables.routes.values())
                .containsExactly(own().macIp(MAC, null, Mobility.NONE), own().macIp(MAC, ADDRESS, Mobility.NONE));
        stated(Segment.Flooding.NONE, port(true));
        assertThat(tables.routes).as("its interface is as it was").hasSize(2);
        joined(false);
        assertThat(tables.routes).isEmpty();
        assertThat(tables.forwarding).containsEntry(KEY, new Local(new InterfaceName("tap1")));
        joined(true);
        assertThat(tables.routes.values()).contains(own().macIp(MAC, null, new Mobility(true, 0)));
    }

    /// Its guest was started elsewhere meanwhile, where nobody knew the number of its MAC any more. Guests that are
    /// here reach it there.
    @Test
    void aHostThatComesBackHasNoGuestBeforeItsInterfaceIsThere() {
        node = node(Map.of(KEY, 5L));
        reachable(OTHER, true);
        stated(Segment.Flooding.NONE, port(true));
        announce(of(OTHER).macIp(MAC, ADDRESS, Mobility.NONE));
        complete();
        assertThat(tables.routes).isEmpty();
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(OTHER));
        assertThat(tables.answers).containsEntry(ADDRESS, MAC);
        assertThat(node.status().getFirst().elsewhere()).isEqualTo(1);

        withdraw(of(OTHER).macIp(MAC, ADDRESS, Mobility.NONE));
        assertThat(tables.routes).isEmpty();
        assertThat(tables.answers).isEmpty();
        joined(true);
        assertThat(tables.routes.values()).contains(own().macIp(MAC, ADDRESS, new Mobility(true, 5)));
        assertThat(tables.forwarding).containsEntry(KEY, new Local(new InterfaceName("tap1")));
    }

    /// A port that goes hands its MAC to whoever claims it, sooner than the platform says so.
    @Test
    void aGuestWhoseInterfaceGoesIsWhereElseItIsClaimed() {
        reachable(OTHER, true);
        segment(Segment.Flooding.NONE, port(false));
        complete();
        announce(of(OTHER).macIp(MAC, null, Mobility.NONE)); // no better than ours
        joined(false);
        assertThat(tables.routes).isEmpty();
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(OTHER));
    }

    /// What an earlier run had is of its guests: one that left and came back has moved.
    @Test
    void anEarlierRunsNumberIsUsedOnce() {
        node = node(Map.of(KEY, 5L));
        reachable(OTHER, true);
        segment(Segment.Flooding.NONE, port(false));
        complete();
        segment(Segment.Flooding.NONE);
        assertThat(tables.disk).isEmpty();
        announce(of(OTHER).macIp(MAC, null, new Mobility(false, 6)));
        segment(Segment.Flooding.NONE, port(false));
        assertThat(tables.routes.values()).contains(own().macIp(MAC, null, new Mobility(false, 7)));
    }

    /// RFC 7432 §15.1: five moves in three minutes, and it stays where it is for half an hour.
    @Test
    void aMacThatMovesTooOftenStaysWhereItIs() {
        reachable(OTHER, true);
        reachable(THIRD, true);
        segment(Segment.Flooding.NONE);
        complete();
        announce(of(OTHER).macIp(MAC, null, Mobility.NONE));
        for (int sequence = 1; sequence <= 20; sequence++) {
            now += SECOND;
            announce(of(sequence % 2 == 0 ? OTHER : THIRD).macIp(MAC, null, new Mobility(false, sequence)));
        }
        SegmentStatus status = node.status().getFirst();
        assertThat(status.moves()).isEqualTo(5);
        assertThat(status.duplicates()).isEqualTo(1);
        assertThat(status.frozen()).isEqualTo(1);
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(THIRD));
        withdraw(of(THIRD).macIp(MAC, null, Mobility.NONE));
        assertThat(tables.forwarding).as("its node is gone").containsEntry(KEY, new Remote(OTHER));
        announce(of(THIRD).macIp(MAC, null, new Mobility(false, 99)));
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(OTHER));
        thaw();
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(THIRD));
        assertThat(node.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    /// A guest that somebody else's claims take away over and over stays here after the fifth move, and announced.
    @Test
    void aPortsMacThatMovesTooOftenStaysHere() {
        reachable(OTHER, true);
        complete();
        segment(Segment.Flooding.NONE);
        node.imported(tables.imported, now);
        announce(of(OTHER).macIp(MAC, null, Mobility.NONE));
        segment(Segment.Flooding.NONE, port(false));
        contest(2, 4);
        assertThat(node.status().getFirst().duplicates()).isEqualTo(1);
        assertThat(node.status().getFirst().frozen()).isEqualTo(1);
        assertThat(tables.frozen).containsExactly(Map.entry(KEY, new Local(new InterfaceName("tap1"))));
        announce(of(OTHER).macIp(MAC, null, new Mobility(false, 99)));
        assertThat(tables.forwarding).containsEntry(KEY, new Local(new InterfaceName("tap1")));
        assertThat(tables.routes.values()).contains(own().macIp(MAC, null, new Mobility(false, 5)));
        thaw();
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(OTHER));
        assertThat(tables.routes).isEmpty();
    }

    /// Or elsewhere, and then nobody is told that it is here, unless that node goes.
    @Test
    void aPortsMacThatMovesTooOftenStaysElsewhere() {
        reachable(OTHER, true);
        segment(Segment.Flooding.NONE, port(false));
        complete();
        contest(1, 3);
        assertThat(tables.frozen).isEmpty();
        announce(of(OTHER).macIp(MAC, null, new Mobility(false, 5)));
        assertThat(node.status().getFirst().frozen()).isEqualTo(1);
        announce(of(OTHER).macIp(MAC, null, Mobility.NONE)); // which is less than ours by now
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(OTHER));
        assertThat(tables.routes).isEmpty();
        assertThat(tables.frozen).containsExactly(Map.entry(KEY, new Remote(OTHER)));
        thaw();
        assertThat(tables.frozen).isEmpty();
        assertThat(tables.forwarding).containsEntry(KEY, new Local(new InterfaceName("tap1")));
        assertThat(tables.routes.values()).contains(own().macIp(MAC, null, new Mobility(false, 4)));
    }

    /// Another node claims the MAC with each of these numbers, and lets go of it.
    private void contest(long... sequences) {
        for (long sequence : sequences) {
            now += SECOND;
            announce(of(OTHER).macIp(MAC, null, new Mobility(false, sequence)));
            assertThat(tables.forwarding).containsEntry(KEY, new Remote(OTHER));
            withdraw(of(OTHER).macIp(MAC, null, Mobility.NONE));
            assertThat(tables.routes.values()).contains(own().macIp(MAC, null, new Mobility(false, sequence + 1)));
        }
    }

    private void thaw() {
        now = node.nextDeadlineNanos();
        node.expire(now);
        tables.take(node);
    }

    @Test
    void whoHasAnAddressIsFoundWhetherItIsHereOrElsewhereOrOutOfReach() {
        segment(Segment.Flooding.NONE, port(false));
        complete();
        assertThat(node.seek(ADDRESS))
                .containsExactly(new Sought(
                        node.status().getFirst().segment(),
                        ADDRESS,
                        MAC,
                        new Local(new InterfaceName("tap1")),
                        List.of(),
                        0,
                        false,
                        List.of()));
        segment(Segment.Flooding.NONE);
        assertThat(node.seek(ADDRESS)).isEmpty();
        announce(of(OTHER).macIp(MAC, ADDRESS, new Mobility(false, 3)));
        assertThat(node.seek(ADDRESS)).singleElement().satisfies(found -> {
            assertThat(found.at()).isNull(); // who has it is not to be sent to
            assertThat(found.vteps()).containsExactly(OTHER);
        });
        reachable(OTHER, true);
        assertThat(node.seek(ADDRESS)).singleElement().satisfies(found -> {
            assertThat(found.at()).isEqualTo(new Remote(OTHER));
            assertThat(found.sequence()).isEqualTo(3);
        });
        assertThat(node.seek(IpAddress.parse("192.0.2.99"))).isEmpty();
    }

    @Test
    void aRouteThatDoesNotFitIsCountedAndNotUsed() {
        reachable(OTHER, true);
        segment(Segment.Flooding.FULL);
        complete();
        EvpnInstance other = of(OTHER);
        announce(new EvpnPath(
                new MacIpRoute(other.distinguisher(), Esi.ZERO, 5, MAC, null, 100, -1),
                other.macIp(MAC, null, Mobility.NONE).attributes()));
        announce(new EvpnPath(
                new MacIpRoute(other.distinguisher(), Esi.ZERO, 0, MAC, null, 200, -1),
                other.macIp(MAC, null, Mobility.NONE).attributes()));
        announce(other.macIp(MacAddress.BROADCAST, null, Mobility.NONE));
        announce(of(OWN).macIp(MAC, null, Mobility.NONE));
        announce(new EvpnPath(
                other.inclusiveMulticast().route(),
                other.macIp(MAC, null, Mobility.NONE).attributes()));
        announce(other.ipPrefix(Prefix.parse("198.51.100.0/24"), MAC));
        EvpnPath mac = other.macIp(MAC, null, Mobility.NONE);
        announce(new EvpnPath(
                mac.route(),
                mac.attributes().toBuilder()
                        .extendedCommunities(
                                List.of(ExtendedCommunity.routeTarget(65000, 100), ExtendedCommunity.encapsulation(7)))
                        .build()));
        assertThat(tables.forwarding).isEmpty();
        assertThat(tables.flooded).isEmpty();
        assertThat(node.refusals())
                .containsOnly(
                        Map.entry(Refusal.ETHERNET_TAG, 1L),
                        Map.entry(Refusal.VNI, 1L),
                        Map.entry(Refusal.MAC, 1L),
                        Map.entry(Refusal.VTEP, 1L),
                        Map.entry(Refusal.FLOODING, 1L),
                        Map.entry(Refusal.TYPE, 1L),
                        Map.entry(Refusal.ENCAPSULATION, 1L));
        announce(mac);
        assertThat(tables.forwarding).hasSize(1);
    }

    /// Who has an address says its groups; whose word counts for the MAC counts for them.
    @Test
    void anAddressElsewhereIsInTheGroupsThatWhoHasItSays() {
        segment(Segment.Flooding.NONE);
        complete();
        announce(of(OTHER).macIp(MAC, ADDRESS, Mobility.NONE, groups(7, 9)));
        assertThat(tables.labels).as("out of reach").containsOnly(Map.entry(ADDRESS, groups(7, 9)));
        assertThat(node.status().getFirst().grouped()).isEqualTo(1);
        reachable(OTHER, true);
        reachable(THIRD, true);
        announce(of(OTHER).macIp(MAC, ADDRESS, Mobility.NONE, groups(9)));
        assertThat(tables.labels).containsOnly(Map.entry(ADDRESS, groups(9)));
        announce(of(THIRD).macIp(MAC, ADDRESS, new Mobility(false, 1), groups(8)));
        assertThat(tables.labels).as("it moved").containsOnly(Map.entry(ADDRESS, groups(8)));
        assertThat(node.seek(ADDRESS))
                .singleElement()
                .extracting(Sought::communities)
                .isEqualTo(groups(8));
        announce(of(THIRD).macIp(MAC, ADDRESS, new Mobility(false, 1)));
        assertThat(tables.labels).as("its communities were stripped").isEmpty();
        assertThat(tables.answers).containsEntry(ADDRESS, MAC);
        withdraw(of(THIRD).macIp(MAC, ADDRESS, new Mobility(false, 1)));
        assertThat(tables.labels).containsOnly(Map.entry(ADDRESS, groups(9)));
        segment(Segment.Flooding.NONE, port(false));
        assertThat(tables.labels).as("it moved here").isEmpty();
        announce(of(OTHER).macIp(MAC, ADDRESS, new Mobility(false, 9), groups(9)));
        assertThat(tables.labels).as("and back").containsOnly(Map.entry(ADDRESS, groups(9)));
        node.segments(List.of(), now);
        tables.take(node);
        assertThat(tables.labels).isEmpty();
    }

    @Test
    void communitiesOfOthersSayNothingAndMoreThanAPortMayHaveSayNothingEither() {
        segment(Segment.Flooding.NONE);
        complete();
        reachable(OTHER, true);
        var foreign = new LargeCommunity(64999, 2, 7);
        announce(of(OTHER).macIp(MAC, ADDRESS, Mobility.NONE, List.of(foreign)));
        assertThat(tables.labels).isEmpty();
        long[] most = LongStream.rangeClosed(1, Port.MAX_COMMUNITIES).toArray();
        var some = new ArrayList<>(groups(most));
        some.add(foreign);
        announce(of(OTHER).macIp(MAC, ADDRESS, Mobility.NONE, some));
        assertThat(tables.labels).containsOnly(Map.entry(ADDRESS, groups(most)));
        some.addAll(groups(Port.MAX_COMMUNITIES + 1));
        announce(of(OTHER).macIp(MAC, ADDRESS, Mobility.NONE, some));
        assertThat(tables.labels).isEmpty();
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(OTHER));
        assertThat(node.refusals()).containsOnly(Map.entry(Refusal.COMMUNITIES, 1L));
    }

    @Test
    void aPortIsAnnouncedWithItsGroups() {
        var grouped = new Port(new InterfaceName("tap1"), MAC, List.of(ADDRESS), false, true, groups(7));
        complete();
        segment(Segment.Flooding.NONE, grouped);
        node.imported(tables.imported, now);
        tables.take(node);
        assertThat(tables.routes.values())
                .containsExactly(
                        own().macIp(MAC, null, Mobility.NONE, groups(7)),
                        own().macIp(MAC, ADDRESS, Mobility.NONE, groups(7)));
        segment(Segment.Flooding.NONE, port(false));
        assertThat(tables.routes.values())
                .containsExactly(own().macIp(MAC, null, Mobility.NONE), own().macIp(MAC, ADDRESS, Mobility.NONE));
    }

    private static List<LargeCommunity> groups(long... numbers) {
        return LongStream.of(numbers)
                .mapToObj(number -> new LargeCommunity(65000, 2, number))
                .toList();
    }

    /// A guest behind a VTEP that learns makes up MACs: its node's routes wait, those of others don't.
    @Test
    void tenThousandMacsOfOneNodeLeaveTheOthersTheirPlace() {
        reachable(OTHER, true);
        reachable(THIRD, true);
        segment(Segment.Flooding.FULL, port(false));
        complete();
        for (int i = 0; i < 10_000; i++) {
            announce(of(OTHER).macIp(madeUp(i), null, Mobility.NONE));
        }
        announce(of(OTHER).inclusiveMulticast());
        var neighbor = MacAddress.parse("02:00:00:00:00:03");
        announce(of(THIRD).macIp(neighbor, null, Mobility.NONE));
        assertThat(tables.exceeding).containsExactly(OTHER);
        assertThat(tables.flooded).containsExactly(OTHER);
        assertThat(tables.forwarding)
                .hasSize(EvpnNode.ROUTES_PER_NODE + 2)
                .containsEntry(KEY, new Local(new InterfaceName("tap1")))
                .containsEntry(new MacKey(BLUE, neighbor), new Remote(THIRD));
        int over = 10_000 - EvpnNode.ROUTES_PER_NODE;
        assertThat(node.status().getFirst().overLimit()).isEqualTo(over);
        assertThat(node.refusals()).containsExactly(Map.entry(Refusal.LIMIT, (long) over));

        for (int i = 0; i < over; i++) {
            withdraw(of(OTHER).macIp(madeUp(i), null, Mobility.NONE));
        }
        assertThat(tables.exceeding).isEmpty();
        assertThat(node.status().getFirst().overLimit()).isZero();
        assertThat(tables.forwarding)
                .hasSize(EvpnNode.ROUTES_PER_NODE + 2)
                .containsEntry(new MacKey(BLUE, madeUp(9_999)), new Remote(OTHER));
        for (int i = over; i < 10_000; i++) {
            withdraw(of(OTHER).macIp(madeUp(i), null, Mobility.NONE));
        }
        assertThat(tables.forwarding).hasSize(2);
    }

    /// One that waits is heard, and changed, and gone, as any other.
    @Test
    void aRouteThatWaitsIsAsItWasSaidLast() {
        node = new EvpnNode(new Asn(65000), OWN, OWN, 1, Map.of());
        reachable(OTHER, true);
        reachable(THIRD, true);
        segment(Segment.Flooding.NONE);
        complete();
        var first = new MacKey(BLUE, madeUp(1));
        var second = new MacKey(BLUE, madeUp(2));
        announce(of(OTHER).macIp(madeUp(1), null, Mobility.NONE));
        announce(of(OTHER).macIp(madeUp(1), null, new Mobility(false, 1)));
        announce(of(OTHER).macIp(madeUp(2), ADDRESS, Mobility.NONE));
        announce(of(OTHER).macIp(madeUp(2), ADDRESS, new Mobility(false, 4)));
        announce(of(OTHER).macIp(madeUp(3), null, Mobility.NONE));
        assertThat(tables.forwarding).containsExactly(Map.entry(first, new Remote(OTHER)));
        withdraw(of(OTHER).macIp(madeUp(1), null, Mobility.NONE));
        assertThat(tables.forwarding).containsExactly(Map.entry(second, new Remote(OTHER)));
        assertThat(node.seek(ADDRESS).getFirst().sequence()).isEqualTo(4);
        EvpnPath elsewhere = of(OTHER).macIp(madeUp(2), ADDRESS, Mobility.NONE);
        announce(new EvpnPath(
                elsewhere.route(),
                elsewhere.attributes().toBuilder().nextHop(THIRD).build()));
        assertThat(tables.forwarding)
                .containsEntry(second, new Remote(THIRD))
                .containsEntry(new MacKey(BLUE, madeUp(3)), new Remote(OTHER));
        assertThat(tables.exceeding).isEmpty();
        segment(Segment.Flooding.NONE, port(false));
        node.segments(List.of(), now);
        tables.take(node);
        assertThat(tables.forwarding).isEmpty();
    }

    private static MacAddress madeUp(int number) {
        return new MacAddress(0x02aa_0000_0000L + number);
    }

    @Test
    void segmentsWithTheSameLowBitsHaveDistinguishersOfTheirOwn() {
        var other = new Vni(100 + 65_535);
        node.segments(
                List.of(
                        new Segment("a", BLUE, Segment.Flooding.FULL, 1450, List.of()),
                        new Segment("b", other, Segment.Flooding.FULL, 1450, List.of())),
                now);
        tables.take(node);
        assertThat(tables.routes).hasSize(2);
        node.segments(List.of(), now);
        tables.take(node);
        assertThat(tables.routes).isEmpty();
        assertThat(tables.imported).isEmpty();
    }

    /// A guest that came is here, whatever its old node still says; what that node says has to be heard first.
    @Test
    void aSegmentThatComesLateWaitsForWhatBgpHasOfIt() {
        complete();
        segment(Segment.Flooding.NONE, port(false));
        assertThat(tables.routes).isEmpty();
        announce(of(OTHER).macIp(MAC, null, new Mobility(false, 7)));
        node.imported(tables.imported, now);
        tables.take(node);
        assertThat(tables.routes.values()).contains(own().macIp(MAC, null, new Mobility(false, 8)));
    }

    @Test
    void aSegmentHasTheVtepOfItsOverlay() {
        complete();
        var own = Ipv4Address.parse("10.0.0.99");
        var wide = new Encapsulation(own, 4790, Set.of());
        node.put(new Segment("blue", BLUE, Segment.Flooding.FULL, 1450, wide, FrameRules.ANY, List.of()), now);
        tables.take(node);
        assertThat(tables.routes.values())
                .extracting(path -> path.attributes().nextHop())
                .containsExactly(own);
    }

    /// A guest's address leads where its MAC is, and nowhere once another node has it.
    @Test
    void aGatewayLeadsToGuestsThatAreHere() {
        gateway("192.0.2.254/24");
        assertThat(tables.led).isEmpty(); // nobody knows yet whether it is still elsewhere
        complete();
        assertThat(tables.led).containsExactly(Map.entry(ADDRESS, port(false)));
        assertThat(tables.answers).containsExactly(Map.entry(ADDRESS, MAC));
        reachable(OTHER, true);
        announce(of(OTHER).macIp(MAC, ADDRESS, new Mobility(false, 1)));
        assertThat(tables.led).isEmpty();
        withdraw(of(OTHER).macIp(MAC, ADDRESS, new Mobility(false, 1)));
        assertThat(tables.led).containsOnlyKeys(ADDRESS);
        gateway("198.51.100.1/24");
        assertThat(tables.led).isEmpty();
        assertThat(tables.answers).isEmpty();
        gateway("192.0.2.254/24");
        assertThat(tables.led).containsOnlyKeys(ADDRESS);
        node.segments(List.of(), now);
        tables.take(node);
        assertThat(tables.led).isEmpty();
    }

    /// They would take what guests send to their own.
    @Test
    void nobodyElseHasTheGatewaysMacOrAddress() {
        gateway("192.0.2.254/24");
        complete();
        reachable(OTHER, true);
        announce(of(OTHER).macIp(MacAddress.GATEWAY, null, Mobility.NONE));
        var claimed = IpAddress.parse("192.0.2.254");
        announce(of(OTHER).macIp(MacAddress.parse("02:00:00:00:00:77"), claimed, Mobility.NONE));
        assertThat(tables.forwarding).doesNotContainKey(new MacKey(BLUE, MacAddress.GATEWAY));
        assertThat(tables.answers).doesNotContainKey(claimed);
        assertThat(node.refusals()).containsExactly(Map.entry(Refusal.MAC, 1L));
        segment(Segment.Flooding.NONE, port(false));
        assertThat(tables.answers).containsKey(claimed);
    }

    private void gateway(String address) {
        var gateway = new Gateway(List.of(GatewayAddress.parse(address)));
        node.segments(
                List.of(new Segment("blue", BLUE, Segment.Flooding.NONE, 1450, List.of(port(false))).with(gateway)),
                now);
        joined(true);
    }

    /// With the ports' interfaces in it.
    private void segment(Segment.Flooding flooding, Port... ports) {
        stated(flooding, ports);
        joined(true);
    }

    private void stated(Segment.Flooding flooding, Port... ports) {
        node.segments(List.of(new Segment("blue", BLUE, flooding, 1450, List.of(ports))), now);
        tables.take(node);
    }

    private void joined(boolean joined) {
        node.joined(BLUE, new InterfaceName("tap1"), joined, now);
        tables.take(node);
    }

    /// What is for some sites uses their nodes alone, whoever else says to have a MAC or wants broadcast.
    @Test
    void aSegmentServesNodesOfItsRulesSites() {
        complete();
        ofSites(Set.of(OSLO, new SiteId(3)));
        node.imported(tables.imported, now);
        announce(of(OTHER).inclusiveMulticast());
        announce(of(OTHER).macIp(MAC, ADDRESS, new Mobility(false, 2)));
        announce(of(THIRD).inclusiveMulticast());
        announce(of(THIRD).macIp(MAC, ADDRESS, new Mobility(false, 1)));
        reachable(OTHER, BERGEN);
        assertThat(tables.forwarding).isEmpty();
        assertThat(tables.flooded).isEmpty();
        assertThat(node.status().getFirst().unreachable()).isEqualTo(1);
        assertThat(node.vteps().values()).containsExactly(Set.of());
        reachable(THIRD, OSLO);
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(THIRD));
        assertThat(tables.flooded).containsExactly(THIRD);
        assertThat(node.vteps().values()).containsExactly(Set.of(THIRD));
        reachable(OTHER, new SiteId(3)); // it moved, and its claim is the better one
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(OTHER));
        assertThat(tables.flooded).containsExactly(OTHER, THIRD);
        reachable(OTHER, BERGEN);
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(THIRD));
        ofSites(Set.of());
        assertThat(tables.forwarding).containsEntry(KEY, new Remote(OTHER));
        assertThat(tables.flooded).containsExactly(OTHER, THIRD);
        ofSites(Set.of(new SiteId(9)));
        assertThat(tables.forwarding).isEmpty();
        assertThat(tables.answers).isEmpty();
        assertThat(tables.flooded).isEmpty();
    }

    private void ofSites(Set<SiteId> sites) {
        var encapsulation = new Encapsulation(null, 4789, sites);
        node.put(new Segment("blue", BLUE, Segment.Flooding.FULL, 1450, encapsulation, FrameRules.ANY, List.of()), now);
        tables.take(node);
    }

    private static Port port(boolean sticky) {
        return new Port(new InterfaceName("tap1"), MAC, List.of(ADDRESS), sticky);
    }

    private void complete() {
        node.complete(now);
        tables.take(node);
    }

    private void reachable(IpAddress vtep, boolean reachable) {
        reachable(vtep, reachable ? OSLO : null);
    }

    private void reachable(IpAddress vtep, @Nullable SiteId site) {
        node.reachable(vtep, site, now);
        tables.take(node);
    }

    private void announce(EvpnPath path) {
        change(path, path);
    }

    private void withdraw(EvpnPath path) {
        change(path, null);
    }

    private void change(EvpnPath path, @Nullable EvpnPath becomes) {
        Nlri key = NlriParts.key(new Nlri.Evpn(0, path.route()));
        node.changed(List.of(new EvpnChange(((Nlri.Evpn) key).route(), becomes)), now);
        tables.take(node);
    }

    private static EvpnInstance own() {
        return of(OWN);
    }

    private static EvpnInstance of(Ipv4Address vtep) {
        return new EvpnInstance(
                RouteDistinguisher.of(vtep, 100), BLUE, List.of(ExtendedCommunity.routeTarget(65000, 100)), vtep);
    }
}
