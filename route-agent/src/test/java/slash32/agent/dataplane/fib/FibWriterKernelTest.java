package slash32.agent.dataplane.fib;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.route.Nexthop;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.Subscription;
import slash32.reconcile.Backoff;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

@InNetns
class FibWriterKernelTest {
    private static final int NODES = 200;
    private static final String METRIC = String.valueOf(FibWriter.PRIORITY);
    private static final Prefix GUEST1 = Prefix.parse("192.0.2.1/32");
    private static final Prefix GUEST2 = Prefix.parse("192.0.2.2/32");
    private static final Prefix GUEST6 = Prefix.parse("2001:db8:9::1/128");
    private static final IpAddress HV2 = IpAddress.parse("10.0.0.2");
    private static final IpAddress HV3 = IpAddress.parse("10.0.0.3");
    private static final IpAddress HV2_IPV6 = IpAddress.parse("2001:db8::2");
    private static final IpAddress FAR = IpAddress.parse("172.16.0.9");

    private static final ScheduledExecutorService TIMER = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().factory());

    private NetlinkSocket rtnl;
    private Subscription events;
    private ScheduledFuture<?> timeout;
    private FibWriter fib;

    @BeforeEach
    void anUnderlay() throws IOException {
        Files.writeString(Path.of("/proc/sys/net/ipv4/nexthop_compat_mode"), "0");
        Command.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
        Command.run("ip", "link", "set", "v0", "up");
        Command.run("ip", "link", "set", "v1", "up");
        Command.run("ip", "addr", "add", "10.0.0.1/16", "dev", "v0");
        Command.run("ip", "addr", "add", "2001:db8::1/64", "dev", "v0", "nodad");
        Command.run("ip", "route", "add", "172.16.0.0/16", "via", "10.0.0.254");
        rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
        events = Subscription.open(
                NetlinkProtocol.ROUTE,
                Rt.RTNLGRP_LINK,
                Rt.RTNLGRP_IPV4_ROUTE,
                Rt.RTNLGRP_IPV6_ROUTE,
                Rt.RTNLGRP_NEXTHOP);
        fib = new FibWriter(rtnl, Backoff.KERNEL);
        timeout = TIMER.schedule(events::close, 60, TimeUnit.SECONDS); // ends a wait for what does not come
    }

    @AfterEach
    void letGo() throws IOException {
        timeout.cancel(false);
        rtnl.close();
        events.close();
        assertThat(events.receive(_ -> {})).isEqualTo(Subscription.Outcome.CLOSED);
    }

    @Test
    void routesOfBothFamiliesLeadToTheirNextHops() {
        fib.permit(HV2);
        fib.permit(HV2_IPV6);
        fib.permit(FAR);
        put(GUEST1, HV2);
        put(GUEST2, HV2_IPV6);
        put(GUEST6, HV2_IPV6);
        put(Prefix.parse("192.0.2.3/32"), FAR);
        put(Prefix.parse("192.0.2.4/32"), HV3); // not permitted
        assertThat(settle()).isEqualTo(5 + 4);
        assertThat(Command.run("ip", "route", "get", "192.0.2.1")).contains("via 10.0.0.2 dev v0");
        assertThat(Command.run("ip", "route", "get", "192.0.2.2")).contains("via inet6 2001:db8::2 dev v0");
        assertThat(Command.run("ip", "route", "get", "2001:db8:9::1")).contains("via 2001:db8::2 dev v0");
        assertThat(Command.run("ip", "route", "get", "192.0.2.3")).contains("via 10.0.0.254 dev v0");
        assertThat(Command.tryRun("ip", "route", "get", "192.0.2.4").exitCode()).isNotZero();
        fib.permit(HV3);
        assertThat(settle()).isEqualTo(1);
        assertThat(Command.run("ip", "route", "get", "192.0.2.4")).contains("via 10.0.0.3 dev v0");
        assertThat(fib.failures()).isZero();
    }

    @Test
    void theKernelSendsFromTheSourceThatIsPreferred() {
        var source = Ipv4Address.parse("10.99.0.1");
        Command.run("ip", "link", "add", "admin32", "type", "bridge");
        Command.run("ip", "link", "set", "admin32", "up");
        fib.prefer(new PreferredSource(Prefix.parse("10.99.0.0/24"), source));
        fib.permit(HV2);
        put(Prefix.parse("10.99.0.2/32"), HV2);
        put(GUEST1, HV2);
        settle();
        assertThat(fib.failure(Prefix.parse("10.99.0.2/32"))).contains("src 10.99.0.1");
        Command.run("ip", "addr", "add", "10.99.0.1/32", "dev", "admin32");
        fib.observed(new RouteEvent.AddressAdded(new InterfaceAddress(new InterfaceIndex(9), source, 32)));
        settle();
        assertThat(Command.run("ip", "route", "get", "10.99.0.2")).contains("via 10.0.0.2 dev v0 src 10.99.0.1");
        assertThat(Command.run("ip", "route", "get", "192.0.2.1")).contains("src 10.0.0.1");
        fib = new FibWriter(rtnl, Backoff.KERNEL); // an earlier run knew no source
        fib.permit(HV2);
        put(Prefix.parse("10.99.0.2/32"), HV2);
        put(GUEST1, HV2);
        settle();
        assertThat(Command.run("ip", "route", "get", "10.99.0.2")).contains("src 10.0.0.1");
    }

    @Test
    void aCourierCarriesLargeBatchesWhileOthersChange() throws IOException, InterruptedException {
        int routes = 5_000;
        var courier = new RouteCourier(NetlinkSocket.open(NetlinkProtocol.ROUTE));
        var carrying = new FutureTask<>(() -> {
            courier.run();
            return null;
        });
        Thread.ofPlatform().daemon(true).start(carrying);
        fib = new FibWriter(rtnl, courier, Backoff.KERNEL);
        fib.permit(HV2);
        fib.permit(HV3);
        for (int i = 0; i < routes; i++) {
            put(guest(i), HV2);
        }
        fib.pass(System.nanoTime());
        for (int i = 0; i < routes; i += 2) {
            fib.remove(FibTable.high(guest(i).address()), 0, 32, false);
        }
        for (int i = 1; i < 1_000; i += 2) {
            put(guest(i), HV3);
        }
        settle();
        Map<String, Long> byObject = Command.run("ip", "-o", "route", "show", "proto", "132")
                .lines()
                .collect(Collectors.groupingBy(
                        line -> line.replaceAll(".* nhid ([0-9]+) .*", "$1"), Collectors.counting()));
        assertThat(byObject.values()).containsExactlyInAnyOrder(500L, routes / 2 - 500L);
        assertThat(fib.owned()).isEqualTo(routes / 2);
        assertThat(fib.failures()).isZero();
        courier.close();
        assertThat(carrying).succeedsWithin(Duration.ofSeconds(30));
    }

    @Test
    void theKernelHoldsForwardedPacketsToTheMtuOfTheirRoute() {
        String line = Command.run("ip", "-o", "link", "show", "dev", "v0");
        var link = new InterfaceIndex(Integer.parseInt(line.substring(0, line.indexOf(':'))));
        fib.lead(HV2, new Nexthop.Target.Gateway(HV2, link, true), 1_396);
        fib.lead(HV2_IPV6, new Nexthop.Target.Gateway(HV2_IPV6, link, true), 1_396);
        put(GUEST1, HV2);
        put(GUEST6, HV2_IPV6);
        assertThat(settle()).isEqualTo(2 + 2);
        assertThat(Command.run("ip", "route", "get", "192.0.2.1")).contains("dev v0", "mtu 1396");
        assertThat(Command.run("ip", "-6", "route", "show", "2001:db8:9::1")).contains("mtu lock 1396");
        fib.inSync(false);
        fib.inSync(true);
        fib.resync();
        assertThat(settle()).as("as it should be").isZero();
        fib.lead(HV2_IPV6, new Nexthop.Target.Gateway(HV2_IPV6, link, true), 0);
        assertThat(settle()).isEqualTo(1);
        assertThat(Command.run("ip", "-6", "route", "show", "2001:db8:9::1")).doesNotContain("mtu");
        fib.lead(HV2, new Nexthop.Target.Gateway(HV2, link, true), 0);
        assertThat(settle()).isEqualTo(1);
        assertThat(Command.run("ip", "route", "get", "192.0.2.1")).doesNotContain("mtu");
        fib.lead(HV2, new Nexthop.Target.Gateway(HV2, link, true), 1_396);
        settle();
        String object = Command.run("ip", "route", "show", "192.0.2.1").replaceAll("(?s).*nhid ([0-9]+).*", "$1");
        Command.run(
                "ip", "route", "change", "192.0.2.1", "metric", METRIC, "proto", "132", "mtu", "1300", "nhid", object);
        fib.resync();
        assertThat(settle()).as("somebody changed the MTU").isEqualTo(1);
        assertThat(Command.run("ip", "route", "get", "192.0.2.1")).contains("mtu 1396");
    }

    @Test
    void aGroupIsSharedFollowsItsMembersAndIsTakenOver() {
        fib.permit(HV2);
        fib.permit(HV3);
        share(GUEST1, HV2, HV3);
        share(GUEST2, HV3, HV2);
        assertThat(settle()).isEqualTo(2 + 3);
        String objects = Command.run("ip", "nexthop");
        assertThat(objects).containsOnlyOnce("group");
        assertThat(KernelPaths.of("192.0.2.2")).contains("via 10.0.0.2", "via 10.0.0.3");

        fib = new FibWriter(rtnl, Backoff.KERNEL);
        fib.permit(HV2);
        fib.permit(HV3);
        share(GUEST1, HV2, HV3);
        share(GUEST2, HV2, HV3);
        fib.inSync(false);
        fib.inSync(true);
        assertThat(settle()).isZero();
        assertThat(Command.run("ip", "nexthop")).isEqualTo(objects);

        fib.refuse(HV2);
        settle();
        assertThat(KernelPaths.of("192.0.2.1")).contains("via 10.0.0.3").doesNotContain("10.0.0.2");
        fib.refuse(HV3);
        settle();
        assertThat(Command.tryRun("ip", "route", "get", "192.0.2.1").exitCode()).isNotZero();
        fib.permit(HV2);
        settle();
        assertThat(Command.run("ip", "route", "get", "192.0.2.1")).contains("via 10.0.0.2");
        remove(GUEST1);
        remove(GUEST2);
        settle();
        assertThat(Command.run("ip", "nexthop")).isEmpty();
    }

    private void share(Prefix prefix, IpAddress... gateways) {
        IpAddress address = prefix.address();
        fib.put(FibTable.high(address), FibTable.low(address), prefix.length(), false, List.of(gateways));
    }

    @Test
    void aHundredThousandRoutesComeAndGo() {
        int routes = 100_000;
        putMany(routes);
        long started = System.nanoTime();
        assertThat(settle()).isEqualTo(2 * routes + NODES);
        report("put", 2 * routes, started);
        assertThat(count("ip", "-4")).isEqualTo(routes);
        assertThat(count("ip", "-6")).isEqualTo(routes);

        for (int i = 0; i < routes; i++) {
            put(guest(i), HV2_IPV6);
            put(guest6(i), HV2_IPV6);
        }
        fib.permit(HV2_IPV6);
        started = System.nanoTime();
        assertThat(settle()).isEqualTo(2 * routes + 1 + NODES);
        report("moved", 2 * routes, started);

        for (int i = 0; i < routes; i++) {
            remove(guest(i));
            remove(guest6(i));
        }
        started = System.nanoTime();
        assertThat(settle()).isEqualTo(2 * routes + 1);
        report("removed", 2 * routes, started);
        assertThat(count("ip", "-4") + count("ip", "-6")).isZero();
        assertThat(Command.run("ip", "nexthop")).isEmpty();
        assertThat(fib.size()).isZero();
    }

    @Test
    void aRestartTakesOverWhatIsThereAndWritesNothing() {
        int routes = 20_000;
        putMany(routes);
        put(GUEST1, FAR);
        settle();
        fib = new FibWriter(rtnl, Backoff.KERNEL); // what is left after kill -9
        settle();
        putMany(routes);
        put(GUEST1, FAR);
        assertThat(settle()).isZero();
        fib.inSync(false);
        fib.inSync(true);
        assertThat(settle()).isZero();
        assertThat(fib.inForce(GUEST1)).isTrue();
    }

    @Test
    void aRestartSweepsOnlyOnceInSync() {
        putMany(400);
        settle();
        Command.run("ip", "route", "add", "203.0.113.7/32", "dev", "v0", "proto", "132", "metric", "64"); // a guest's
        fib = new FibWriter(rtnl, Backoff.KERNEL);
        putMany(100);
        assertThat(settle()).isZero();
        assertThat(count("ip", "-4")).isEqualTo(401);
        fib.inSync(false);
        assertThat(settle()).isEqualTo(300);
        assertThat(count("ip", "-4")).isEqualTo(101);
        assertThat(count("ip", "-6")).isEqualTo(400);
        fib.inSync(true);
        assertThat(settle()).isEqualTo(300 + 100); // and the objects of 100 next hops
        assertThat(count("ip", "-6")).isEqualTo(100);
    }

    @Test
    void whatAForeignerDeletesOrEditsComesBack() throws IOException {
        putMany(10);
        settle();
        Command.run("ip", "route", "del", guest(3).toString(), "proto", "132");
        Command.run("ip", "route", "replace", guest(4).toString(), "dev", "v0", "proto", "132", "metric", METRIC);
        Command.run("ip", "route", "add", "203.0.113.0/24", "dev", "v1", "proto", "132", "metric", METRIC);
        fib.inSync(false);
        listenUntil(() -> Command.run("ip", "route", "show", "proto", "132").contains(guest(3).address() + " nhid")
                && Command.run("ip", "route", "show", guest(4).toString()).contains("nhid")
                && !Command.run("ip", "route").contains("203.0.113.0"));
        Command.run("ip", "nexthop", "flush", "proto", "132");
        listenUntil(() -> count("ip", "-4") == 10 && count("ip", "-6") == 10);
        assertThat(Command.run("ip", "route", "get", guest(0).address().toString()))
                .contains("via inet6 2001:db8::1:0 dev v0");
        assertThat(fib.failures()).isZero();
    }

    @Test
    void aForeignRouteStaysBesideOrInPlaceOfOurs() throws IOException {
        Command.run("ip", "route", "add", GUEST1.toString(), "dev", "v1", "proto", "static", "metric", "5");
        Command.run("ip", "route", "add", GUEST2.toString(), "dev", "v1", "proto", "static", "metric", METRIC);
        Command.run("ip", "-6", "route", "add", GUEST6.toString(), "dev", "v1", "proto", "static", "metric", METRIC);
        fib.permit(HV2);
        fib.permit(HV2_IPV6);
        put(GUEST1, HV2);
        put(GUEST2, HV2);
        put(GUEST6, HV2_IPV6);
        settle();
        assertThat(fib.failure(GUEST1)).isNull();
        assertThat(fib.failure(GUEST2)).contains("EEXIST");
        assertThat(fib.failure(GUEST6)).contains("EEXIST");
        assertThat(Command.run("ip", "route", "show", "proto", "static")).hasLineCount(2);
        assertThat(Command.run("ip", "-6", "route", "show", "proto", "static")).hasLineCount(1);
        Command.run("ip", "route", "del", GUEST2.toString(), "proto", "static");
        Command.run("ip", "-6", "route", "del", GUEST6.toString(), "proto", "static");
        listenUntil(() -> fib.inForce(GUEST2) && fib.inForce(GUEST6));
        // clobbered: theirs now, and we say so
        Command.run("ip", "route", "replace", GUEST2.toString(), "dev", "v1", "proto", "static", "metric", METRIC);
        listenUntil(() -> fib.failure(GUEST2) != null);
        remove(GUEST1);
        remove(GUEST2);
        settle();
        assertThat(Command.run("ip", "route", "show", "proto", "static")).hasLineCount(2);
    }

    @Test
    void aCarrierThatGoesAndComesBackFindsItsRoutesAgain() throws IOException {
        putMany(100);
        settle();
        Command.run("ip", "link", "set", "v1", "down");
        // the kernel's doing, once it has heard of the carrier; it reports none of it
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (count("ip", "-4") > 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(count("ip", "-4")).isZero();
        listenUntil(() -> count("ip", "-4") == 100 && count("ip", "-6") == 100);
        assertThat(fib.nextHops())
                .allMatch(hop -> hop.obstacle() != null && hop.obstacle().contains("ENETDOWN"));
        Command.run("ip", "link", "set", "v1", "up");
        listenUntil(() -> fib.nextHops().stream().allMatch(hop -> hop.obstacle() == null));
        assertThat(Command.run("ip", "route", "get", guest(0).address().toString()))
                .contains("via inet6 2001:db8::1:0 dev v0");
    }

    @Test
    void anUnderlayThatChangesMovesTheNextHop() throws IOException {
        fib.permit(FAR);
        put(GUEST1, FAR);
        settle();
        Command.run("ip", "route", "replace", "172.16.0.0/16", "via", "10.0.0.253");
        listenUntil(() -> Command.run("ip", "nexthop").contains("via 10.0.0.253"));
        Command.run("ip", "route", "del", "172.16.0.0/16");
        listenUntil(() -> Command.run("ip", "nexthop").contains("blackhole"));
        assertThat(fib.nextHops())
                .singleElement()
                .satisfies(hop -> assertThat(hop.obstacle()).contains("ENETUNREACH"));
        Command.run(
                "ip", "route", "add", "172.16.0.0/16", "nexthop", "via", "10.0.0.253", "nexthop", "via", "10.0.0.252");
        listenUntil(() -> Command.run("ip", "nexthop").contains("via 10.0.0.25"));
    }

    /// Over IPv6 next hops, which carry both families.
    private void putMany(int routes) {
        for (int i = 0; i < routes; i++) {
            IpAddress node = new Ipv6Address(0x2001_0db8_0000_0000L, 0x10000 + i % NODES);
            if (i < NODES) {
                fib.permit(node);
            }
            put(guest(i), node);
            put(guest6(i), node);
        }
    }

    private static Prefix guest(int i) {
        return new Ipv4Address((100 << 24) + i).hostPrefix();
    }

    private static Prefix guest6(int i) {
        return new Ipv6Address(0x2001_0db8_0009_0000L, i).hostPrefix();
    }

    private static int count(String... ip) {
        String shown = Command.run(ip[0], ip[1], "route", "show", "proto", "132");
        return (int) shown.lines().count();
    }

    private static void report(String what, int routes, long startedNanos) {
        double seconds = (System.nanoTime() - startedNanos) / 1e9;
        System.out.printf("%d routes %s in %.2f s: %.0f/s%n", routes, what, seconds, routes / seconds);
    }

    private void put(Prefix prefix, IpAddress nextHop) {
        IpAddress address = prefix.address();
        fib.put(FibTable.high(address), FibTable.low(address), prefix.length(), !prefix.isIpv4(), nextHop);
    }

    private void remove(Prefix prefix) {
        IpAddress address = prefix.address();
        fib.remove(FibTable.high(address), FibTable.low(address), prefix.length(), !prefix.isIpv4());
    }

    /// Passes until there is nothing to do now.
    ///
    /// @return how many messages were written
    private int settle() {
        int writes = 0;
        while (fib.nextDeadlineNanos(System.nanoTime()) <= System.nanoTime()) {
            FibPass pass = fib.pass(System.nanoTime());
            assertThat(pass.broken()).isNull();
            writes += pass.applied() + pass.nexthopsWritten();
        }
        return writes;
    }

    /// Takes in events, as the agent's threads do, until the kernel is as it should be.
    private void listenUntil(BooleanSupplier done) throws IOException {
        while (!done.getAsBoolean()) {
            Subscription.Outcome outcome = events.receive(message -> {
                RouteEvent event = message.port() == rtnl.port() ? null : RouteEvent.parse(message);
                if (event != null) {
                    fib.observed(event);
                }
            });
            assertThat(outcome).isEqualTo(Subscription.Outcome.EVENTS);
            settle();
        }
    }
}
