package slash32.agent.dataplane.fib;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.agent.dataplane.fib.FakeKernel.LINK;
import static slash32.agent.dataplane.fib.FakeKernel.foreign;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.route.Link;
import slash32.netlink.route.Nexthop;
import slash32.netlink.route.Route;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.Errno;
import slash32.reconcile.Backoff;

class FibWriterTest {
    private static final int OURS = Rt.RTPROT_SLASH32;
    private static final IpAddress HV2 = IpAddress.parse("10.0.0.2");
    private static final IpAddress HV3 = IpAddress.parse("10.0.0.3");
    private static final IpAddress FAR = IpAddress.parse("172.16.0.9");
    private static final Prefix GUEST1 = Prefix.parse("192.0.2.1/32");
    private static final Prefix GUEST2 = Prefix.parse("192.0.2.2/32");
    private static final Prefix GUEST6 = Prefix.parse("2001:db8::1/128");

    private final FakeKernel kernel = new FakeKernel();
    private FibWriter fib = new FibWriter(kernel, Backoff.KERNEL, 1_000);
    private long nowNanos = 1_000;

    @BeforeEach
    void anUnderlay() {
        kernel.add(foreign("10.0.0.0/24", 0, null));
        kernel.add(foreign("172.16.0.0/16", 0, "10.0.0.254"));
    }

    @Test
    void routesOfOneNextHopShareAnObject() {
        fib.permit(HV2);
        put(GUEST1, HV2);
        put(GUEST2, HV2);
        assertThat(fib.pass(nowNanos)).isEqualTo(new FibPass(2, 0, 1, 0, null, null));
        assertThat(kernel.routes(OURS)).isEqualTo("""
                192.0.2.1/32 via 10.0.0.2 dev 7
                192.0.2.2/32 via 10.0.0.2 dev 7""");
        assertThat(kernel.nexthops).hasSize(1);
        assertThat(fib.inForce(GUEST1)).isTrue();
        assertThat(fib.size()).isEqualTo(2);
    }

    /// What an earlier run wrote without a source is written again; of routes elsewhere nothing changes.
    @Test
    void packetsOfThisHostItselfComeFromTheSourceThatIsPreferred() {
        Prefix admin = Prefix.parse("10.99.0.2/32");
        fib.permit(HV2);
        put(admin, HV2);
        put(GUEST1, HV2);
        settle();
        fib = new FibWriter(kernel, Backoff.KERNEL, 1_000);
        var source = Ipv4Address.parse("10.99.0.1");
        fib.prefer(new PreferredSource(Prefix.parse("10.99.0.0/24"), source));
        fib.permit(HV2);
        put(admin, HV2);
        put(GUEST1, HV2);
        kernel.writes = 0;
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("""
                10.99.0.2/32 via 10.0.0.2 dev 7 src 10.99.0.1
                192.0.2.1/32 via 10.0.0.2 dev 7""");
        assertThat(kernel.writes).isEqualTo(1);
        kernel.refuse = request -> request.contains("src") ? Errno.EINVAL : null; // the address is gone
        kernel.routes.remove(new FakeKernel.RouteKey(admin, FibWriter.PRIORITY));
        var address = new InterfaceAddress(LINK, source, 32);
        fib.observed(new RouteEvent.AddressRemoved(address));
        settle();
        assertThat(fib.failure(admin)).contains("src 10.99.0.1");
        kernel.refuse = _ -> null;
        fib.observed(new RouteEvent.AddressAdded(address));
        settle();
        assertThat(kernel.routes(OURS)).contains("10.99.0.2/32 via 10.0.0.2 dev 7 src 10.99.0.1");
        assertThat(fib.failures()).isZero();
    }

    @Test
    void whatChangesWhileItIsBeingWrittenIsWrittenAnew() {
        kernel.slow = true;
        fib = new FibWriter(kernel, Backoff.KERNEL, 1);
        fib.permit(HV2);
        fib.permit(HV3);
        put(GUEST1, HV2);
        put(GUEST2, HV2);
        assertThat(fib.pass(nowNanos).put()).as("on their way").isZero();
        assertThat(fib.inForce(GUEST1)).isFalse();
        put(GUEST1, HV3);
        remove(GUEST2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.3 dev 7");
        assertThat(fib.owned()).isEqualTo(1);
        assertThat(fib.size()).isEqualTo(1);
        remove(GUEST1);
        fib.pass(nowNanos);
        put(GUEST1, HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7");
        assertThat(kernel.nexthops).hasSize(1);
        assertThat(fib.inForce(GUEST1)).isTrue();
    }

    @Test
    void aBatchWithoutAnAnswerIsReadBack() {
        kernel.slow = true;
        fib = new FibWriter(kernel, Backoff.KERNEL, 1);
        fib.permit(HV2);
        put(GUEST1, HV2);
        put(GUEST2, HV2);
        fib.pass(nowNanos);
        kernel.callsUntilBroken = 1; // the first of both is written
        assertThat(fib.pass(nowNanos).broken()).isEqualTo("fib: no answer");
        advance(1);
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7\n192.0.2.2/32 via 10.0.0.2 dev 7");
    }

    @Test
    void whatIsNotPermittedIsDroppedAndADecisionIsOneMessage() {
        put(GUEST1, HV2);
        put(GUEST2, HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 blackhole\n192.0.2.2/32 blackhole");
        kernel.writes = 0;
        fib.permit(HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7\n192.0.2.2/32 via 10.0.0.2 dev 7");
        fib.refuse(HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 blackhole\n192.0.2.2/32 blackhole");
        assertThat(kernel.writes).isEqualTo(2);
        assertThat(fib.nextHops())
                .containsExactly(new NextHopView(HV2, 2, null, null, "not to be reached in the clear"));
    }

    @Test
    void aNextHopOfAnotherSiteLeadsIntoTheOverlayAndNeverToTheUnderlay() {
        var device = new Nexthop.Target.Gateway(HV2, new InterfaceIndex(9), true);
        fib.refuse(HV2);
        put(GUEST1, HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 blackhole");
        fib.lead(HV2, device, 0);
        put(GUEST2, HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 9\n192.0.2.2/32 via 10.0.0.2 dev 9");
        assertThat(fib.hostsBehind(HV2)).containsExactlyInAnyOrder(GUEST1.address(), GUEST2.address());
        fib.observed(new RouteEvent.RouteAdded(foreign("10.0.0.0/25", 0, null)));
        settle();
        assertThat(kernel.routes(OURS)).doesNotContain("dev 7");
        fib.permit(HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7\n192.0.2.2/32 via 10.0.0.2 dev 7");
        fib.lead(HV2, device, 0);
        fib.refuse(HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 blackhole\n192.0.2.2/32 blackhole");
    }

    @Test
    void theRoutesOfANarrowPathHaveItsMtuAndLoseItAgain() {
        var device = new Nexthop.Target.Gateway(HV2, new InterfaceIndex(9), true);
        fib.lead(HV2, device, 0);
        fib.permit(HV3);
        put(GUEST1, HV2);
        put(GUEST2, HV3);
        settle();
        int object = kernel.nexthops.size();
        kernel.writes = 0;
        fib.lead(HV2, device, 1_396);
        settle();
        assertThat(kernel.routes(OURS))
                .isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 9 mtu 1396\n192.0.2.2/32 via 10.0.0.3 dev 7");
        assertThat(kernel.writes).as("one route, no object").isEqualTo(1);
        assertThat(kernel.nexthops).hasSize(object);
        fib.lead(HV2, device, 1_396);
        fib.resync();
        settle();
        assertThat(kernel.writes).isEqualTo(1);
        fib.lead(HV2, device, 0);
        settle();
        assertThat(kernel.routes(OURS)).doesNotContain("mtu");
        fib.lead(HV2, device, 1_396);
        settle();
        fib.permit(HV2); // native, whose path is the underlay's
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7\n192.0.2.2/32 via 10.0.0.3 dev 7");
    }

    @Test
    void routesOfTheSameNextHopsShareAGroup() {
        fib.permit(HV2);
        fib.permit(HV3);
        put(GUEST1, HV2, HV3);
        put(GUEST2, HV3, HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("""
                192.0.2.1/32 via 10.0.0.2 dev 7, via 10.0.0.3 dev 7
                192.0.2.2/32 via 10.0.0.2 dev 7, via 10.0.0.3 dev 7""");
        assertThat(kernel.nexthops).hasSize(3);
        assertThat(fib.nextHops()).extracting(NextHopView::routes).containsExactly(2, 2);
        fib.remove(FibTable.high(GUEST1.address()), 0, 32, false);
        put(GUEST2, HV3);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.2/32 via 10.0.0.3 dev 7");
        assertThat(kernel.nexthops).hasSize(1);
    }

    /// The kernel lets nothing that drops into a group of several.
    @Test
    void aGroupUsesTheMembersThatMayBeUsed() {
        fib.permit(HV2);
        put(GUEST1, HV2, HV3);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7");
        fib.permit(HV3);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7, via 10.0.0.3 dev 7");
        fib.refuse(HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.3 dev 7");
        fib.refuse(HV3);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 blackhole");
    }

    @Test
    void aGroupOfAnEarlierRunIsTakenOver() {
        fib.permit(HV2);
        fib.permit(HV3);
        put(GUEST1, HV2, HV3);
        settle();
        var before = Map.copyOf(kernel.nexthops);
        fib = new FibWriter(kernel, Backoff.KERNEL, 1_000);
        kernel.writes = 0;
        fib.permit(HV2);
        fib.permit(HV3);
        put(GUEST1, HV2, HV3);
        fib.inSync(false);
        fib.inSync(true);
        settle();
        assertThat(kernel.writes).isZero();
        assertThat(kernel.nexthops).isEqualTo(before);
    }

    @Test
    void aNextHopBehindARouterGoesToTheRouter() {
        fib.permit(FAR);
        put(GUEST1, FAR);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.254 dev 7");
        assertThat(fib.nextHops()).containsExactly(new NextHopView(FAR, 1, IpAddress.parse("10.0.0.254"), LINK, null));
        replaceUnderlay("172.16.0.0/16", "10.0.0.253");
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.253 dev 7");
    }

    @Test
    void aNextHopMayBeBehindARouteOfOurs() {
        IpAddress node = IpAddress.parse("198.51.100.7");
        fib.permit(HV2);
        fib.permit(node);
        put(GUEST1, node);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 blackhole");
        put(Prefix.parse("0.0.0.0/0"), HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("0.0.0.0/0 via 10.0.0.2 dev 7\n192.0.2.1/32 via 10.0.0.2 dev 7");
        fib.refuse(HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("0.0.0.0/0 blackhole\n192.0.2.1/32 blackhole");
        fib.permit(HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("0.0.0.0/0 via 10.0.0.2 dev 7\n192.0.2.1/32 via 10.0.0.2 dev 7");
    }

    @Test
    void aRouteThatCoversItsOwnNextHopDoesNotSwallowIt() {
        put(Prefix.parse("172.16.0.0/24"), FAR);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("172.16.0.0/24 blackhole");
        fib.permit(FAR);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("172.16.0.0/24 via 10.0.0.254 dev 7");
    }

    @Test
    void aNextHopsRouteToItselfIsLeftToTheUnderlay() {
        put(HV2.hostPrefix(), HV2);
        settle();
        assertThat(kernel.writes).isZero();
        put(HV2.hostPrefix(), HV3);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("10.0.0.2/32 blackhole");
        put(HV2.hostPrefix(), HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEmpty();
    }

    @Test
    void changesToOnePrefixCoalesce() {
        fib.permit(HV2);
        fib.permit(HV3);
        put(GUEST1, HV2);
        settle();
        kernel.writes = 0;
        for (int i = 0; i < 100; i++) {
            put(GUEST1, i % 2 == 0 ? HV3 : HV2);
            remove(GUEST2);
            put(GUEST2, HV2);
            remove(GUEST2);
        }
        settle();
        assertThat(kernel.writes).isZero();
    }

    @Test
    void anObjectGoesWithItsLastRoute() {
        fib.permit(HV3);
        put(GUEST1, HV2);
        put(GUEST2, HV3);
        settle();
        assertThat(kernel.nexthops).hasSize(2);
        put(GUEST1, HV3);
        settle();
        assertThat(kernel.nexthops).hasSize(1);
        remove(GUEST1);
        remove(GUEST2);
        settle();
        assertThat(kernel.nexthops).isEmpty();
        assertThat(kernel.routes(OURS)).isEmpty();
        assertThat(fib.nextHops()).isEmpty();
    }

    @Test
    void aRestartWritesNothing() {
        settleTwoGuests();
        int before = kernel.writes;
        fib = new FibWriter(kernel, Backoff.KERNEL, 1_000);
        settle();
        put(GUEST1, HV2); // before anything is known of its next hop
        settle();
        fib.permit(FAR);
        put(GUEST2, FAR);
        settle();
        fib.permit(HV2);
        settle();
        fib.inSync(false);
        fib.inSync(true);
        settle();
        assertThat(kernel.writes).isEqualTo(before);
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7\n192.0.2.2/32 via 10.0.0.254 dev 7");
    }

    /// Guests' own routes have our protocol number too: their table need not walk over a million routes to find them.
    @Test
    void readingBackHandsOnWhatHasNoNexthopObject() throws IOException {
        settleTwoGuests();
        Route guests = Route.onLink(GUEST2, 64, LINK, null, 0);
        kernel.add(guests);
        kernel.writes = 0;
        fib = new FibWriter(kernel, Backoff.KERNEL, 1_000);
        var others = new ArrayList<@Nullable Route>();
        fib.readBack(Rt.AF_INET, others::clear, message -> others.add(Route.parse(message)));
        assertThat(others).containsExactly(guests);
        assertThat(fib.owned()).isEqualTo(2);
        fib.readBack(Rt.AF_INET6, () -> {}, message -> others.add(Route.parse(message)));
        assertThat(others).containsExactly(guests);
        fib.permit(HV2);
        fib.permit(FAR);
        put(GUEST1, HV2);
        put(GUEST2, FAR);
        settle();
        assertThat(kernel.writes).isZero();
    }

    @Test
    void whatAnEarlierRunLeftStaysUntilInSync() {
        settleTwoGuests();
        fib = new FibWriter(kernel, Backoff.KERNEL, 1_000);
        put(GUEST1, HV3); // undecided: turning the route away now could lose packets
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7\n192.0.2.2/32 via 10.0.0.254 dev 7");
        fib.inSync(true);
        settle();
        assertThat(kernel.routes(OURS)).hasLineCount(2);
        fib.inSync(false);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 blackhole");
        assertThat(kernel.nexthops).hasSize(1);
    }

    @Test
    void anExplicitRemovalNeedsNoBarrier() {
        settleTwoGuests();
        fib = new FibWriter(kernel, Backoff.KERNEL, 1_000);
        remove(GUEST1);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.2/32 via 10.0.0.254 dev 7");
    }

    /// A decision made while the agent was down must not be undone by taking over the object as it is.
    @Test
    void anObjectThatLeadsElsewhereIsNotTakenOver() {
        settleTwoGuests();
        fib = new FibWriter(kernel, Backoff.KERNEL, 1_000);
        fib.refuse(HV2);
        put(GUEST1, HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 blackhole\n192.0.2.2/32 via 10.0.0.254 dev 7");
    }

    @Test
    void othersRoutesAreNeverTouched() {
        kernel.add(foreign("192.0.2.1/32", 0, "10.0.0.9"));
        kernel.add(foreign("192.0.2.2/32", FibWriter.PRIORITY, "10.0.0.9"));
        String before = kernel.routes(4);
        fib.permit(HV2);
        put(GUEST1, HV2);
        put(GUEST2, HV2);
        FibPass pass = fib.pass(nowNanos);
        assertThat(pass.put()).isEqualTo(1);
        assertThat(pass.failed()).isEqualTo(1);
        assertThat(pass.firstFailure())
                .matches("add route 192.0.2.2/32 nhid \\d+ metric 128: EEXIST: another's route has this prefix.*");
        fib.inSync(false);
        advance(60);
        assertThat(fib.failure(GUEST2)).contains("EEXIST");
        assertThat(fib.failures()).isEqualTo(1);
        remove(GUEST1);
        remove(GUEST2);
        settle();
        assertThat(kernel.routes(4)).isEqualTo(before);
        assertThat(kernel.routes(OURS)).isEmpty();
    }

    @Test
    void whenTheOtherRouteGoesOursComesAtOnce() {
        Route other = foreign("192.0.2.2/32", FibWriter.PRIORITY, "10.0.0.9");
        kernel.add(other);
        fib.permit(HV2);
        put(GUEST2, HV2);
        settle();
        kernel.routes.values().remove(other);
        fib.observed(new RouteEvent.RouteRemoved(other));
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.2/32 via 10.0.0.2 dev 7");
        assertThat(fib.failures()).isZero();
    }

    @Test
    void aForeignDeletionOrEditIsRepaired() {
        settleTwoGuests();
        Route gone = ours(GUEST1);
        kernel.routes.values().remove(gone);
        fib.observed(new RouteEvent.RouteRemoved(gone));
        var astray = new Route(
                GUEST2, FibWriter.PRIORITY, OURS, Rt.RTN_UNICAST, LINK, IpAddress.parse("10.0.0.66"), null, 0, 0);
        kernel.add(astray);
        fib.observed(new RouteEvent.RouteAdded(astray));
        Nexthop bent = kernel.nexthops.values().iterator().next();
        bent = new Nexthop(bent.id(), new Nexthop.Target.Blackhole(Rt.AF_INET), OURS);
        kernel.nexthops.put(bent.id(), bent);
        fib.observed(new RouteEvent.NexthopChanged(bent));
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7\n192.0.2.2/32 via 10.0.0.254 dev 7");
    }

    @Test
    void aLinkThatGoesAndComesBackFindsItsRoutesAgain() {
        settleTwoGuests();
        kernel.flushLink();
        assertThat(kernel.routes(OURS)).isEmpty();
        fib.observed(new RouteEvent.LinkChanged(link(false)));
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 blackhole\n192.0.2.2/32 blackhole");
        assertThat(fib.nextHops())
                .allMatch(hop -> hop.obstacle() != null && hop.obstacle().contains("ENETDOWN"));
        kernel.linkUp = true;
        kernel.writes = 0;
        fib.observed(new RouteEvent.LinkChanged(link(true)));
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7\n192.0.2.2/32 via 10.0.0.254 dev 7");
        assertThat(kernel.writes).isEqualTo(2); // one a next hop
    }

    @Test
    void eventsOfOtherLinksCostNothing() {
        settleTwoGuests();
        kernel.callsUntilBroken = 0;
        Link other = link(false);
        fib.observed(new RouteEvent.LinkChanged(
                new Link(new InterfaceIndex(99), other.name(), false, false, null, 1500, 0, "", "tun", null)));
        fib.observed(new RouteEvent.RouteAdded(foreign("203.0.113.0/24", 0, "10.0.0.9")));
        assertThat(fib.nextDeadlineNanos(nowNanos)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aFailedRouteStopsNoOtherAndIsRetriedWithBackOff() {
        fib.permit(HV2);
        kernel.refuse = request -> request.startsWith("add route 192.0.2.1/32") ? Errno.ENOMEM : null;
        put(GUEST1, HV2);
        put(GUEST2, HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.2/32 via 10.0.0.2 dev 7");
        assertThat(fib.failure(GUEST1)).contains("add route 192.0.2.1/32").contains("ENOMEM");
        assertThat(fib.nextDeadlineNanos(nowNanos)).isEqualTo(nowNanos + 100_000_000);
        nowNanos += 100_000_000;
        settle();
        assertThat(fib.nextDeadlineNanos(nowNanos)).isEqualTo(nowNanos + 200_000_000);
        kernel.refuse = _ -> null;
        nowNanos += 200_000_000;
        settle();
        assertThat(kernel.routes(OURS)).hasLineCount(2);
        assertThat(fib.failures()).isZero();
    }

    @Test
    void aRefusedGatewayDropsAndIsRetried() {
        fib.permit(HV2);
        kernel.refuse = request -> request.contains("via 10.0.0.2") ? Errno.EINVAL : null;
        put(GUEST1, HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 blackhole");
        assertThat(fib.nextHops().iterator().next().obstacle()).contains("via 10.0.0.2 dev 7: EINVAL");
        kernel.refuse = _ -> null;
        advance(1);
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7");
    }

    @Test
    void anUnknownOutcomeIsReadBack() {
        fib.permit(HV2);
        put(GUEST1, HV2);
        put(GUEST2, HV2);
        kernel.callsUntilBroken = 6; // three dumps, a lookup, the object, the first route
        FibPass pass = fib.pass(nowNanos);
        assertThat(pass.broken()).isEqualTo("fib: no answer");
        assertThat(kernel.routes(OURS)).hasLineCount(1);
        assertThat(fib.inForce(GUEST1)).isFalse(); // not known
        assertThat(fib.nextDeadlineNanos(nowNanos)).isEqualTo(nowNanos + 100_000_000);
        kernel.writes = 0;
        advance(1);
        assertThat(kernel.routes(OURS)).hasLineCount(2);
        assertThat(kernel.writes).isEqualTo(1);
    }

    @Test
    void anIpv6RouteNeedsAnIpv6NextHop() {
        fib.permit(HV2);
        put(GUEST6, HV2);
        put(GUEST1, HV2);
        settle();
        assertThat(kernel.routes(OURS)).isEqualTo("192.0.2.1/32 via 10.0.0.2 dev 7");
        assertThat(fib.failure(GUEST6)).contains("EINVAL");
    }

    private void settleTwoGuests() {
        fib.permit(HV2);
        fib.permit(FAR);
        put(GUEST1, HV2);
        put(GUEST2, FAR);
        fib.inSync(false);
        settle();
        assertThat(kernel.routes(OURS)).hasLineCount(2);
    }

    private void replaceUnderlay(String prefix, String gateway) {
        Route route = foreign(prefix, 0, gateway);
        kernel.add(route);
        fib.observed(new RouteEvent.RouteAdded(route));
        settle();
    }

    private Route ours(Prefix prefix) {
        Route route = kernel.routes.get(new FakeKernel.RouteKey(prefix, FibWriter.PRIORITY));
        if (route == null) {
            throw new AssertionError("no route to " + prefix);
        }
        return route;
    }

    private static Link link(boolean up) {
        return new Link(LINK, new InterfaceName("eth0"), true, up, null, 1500, 1000, "", "", null);
    }

    private void put(Prefix prefix, IpAddress... nextHops) {
        IpAddress address = prefix.address();
        fib.put(FibTable.high(address), FibTable.low(address), prefix.length(), !prefix.isIpv4(), List.of(nextHops));
    }

    private void remove(Prefix prefix) {
        IpAddress address = prefix.address();
        fib.remove(FibTable.high(address), FibTable.low(address), prefix.length(), !prefix.isIpv4());
    }

    /// Passes until there is nothing to do now.
    private void settle() {
        for (int passes = 0; fib.nextDeadlineNanos(nowNanos) <= nowNanos; passes++) {
            fib.pass(nowNanos);
            assertThat(passes).isLessThan(100);
        }
    }

    /// Jumps from deadline to deadline.
    private void advance(long seconds) {
        long end = nowNanos + seconds * 1_000_000_000L;
        settle();
        while (fib.nextDeadlineNanos(nowNanos) <= end) {
            nowNanos = fib.nextDeadlineNanos(nowNanos);
            settle();
        }
        nowNanos = end;
    }
}
