package slash32.netlink.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;
import slash32.netlink.socket.DumpPipe;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.Subscription;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

@InNetns
class RtnetlinkKernelTest {
    private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:01");

    private NetlinkSocket socket;
    private InterfaceIndex veth;

    @BeforeEach
    void openSocket() throws IOException {
        Command.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
        Command.run("ip", "link", "set", "v0", "up");
        Command.run("ip", "link", "set", "v1", "up");
        Command.run("ip", "addr", "add", "10.0.0.1/24", "dev", "v0");
        socket = NetlinkSocket.open(NetlinkProtocol.ROUTE);
        veth = link("v0").index();
    }

    @AfterEach
    void closeSocket() {
        socket.close();
    }

    @Test
    void configuresALinkAndReadsItBack() throws IOException {
        socket.execute(Link.configure(veth, MAC, 1400, 77, "slash32:ep-1"));
        Link read = link("v0");
        assertThat(read.mac()).isEqualTo(MAC);
        assertThat(read.mtuBytes()).isEqualTo(1400);
        assertThat(read.txQueueLength()).isEqualTo(77);
        assertThat(read.alias()).isEqualTo("slash32:ep-1");
        assertThat(read.kind()).isEqualTo("veth");
        assertThat(read.up()).isTrue();
        socket.execute(Link.setAlias(veth, ""));
        socket.execute(Link.setUp(veth, false));
        assertThat(link("v0").alias()).isEmpty();
        assertThat(link("v0").up()).isFalse();
    }

    @Test
    void takesPacketsFromAnywhereOnOneLink() throws IOException {
        Command.run("sysctl", "-qw", "net.ipv4.conf.v0.rp_filter=1", "net.ipv4.conf.v1.rp_filter=1");
        socket.execute(Link.takeFromAnywhere(veth));
        assertThat(Command.run("sysctl", "-n", "net.ipv4.conf.v0.rp_filter", "net.ipv4.conf.v1.rp_filter"))
                .isEqualTo("2\n1\n");
    }

    @Test
    void namesTheObjectAndTheKernelsReason() {
        Route unreachable = new Route(
                Prefix.parse("192.0.2.1/32"), 5, 132, Rt.RTN_UNICAST, veth, IpAddress.parse("203.0.113.1"), null, 0, 0);
        assertThatThrownBy(() -> socket.execute(unreachable.replace()))
                .isInstanceOf(KernelException.class)
                .hasMessageStartingWith("add route 192.0.2.1/32 via 203.0.113.1 dev")
                .hasMessageContaining("ENETUNREACH")
                .hasMessageContaining("gateway"); // the kernel's extended acknowledgement
        assertThatThrownBy(() -> socket.get(Link.get(new InterfaceName("absent0")), _ -> {}))
                .isInstanceOfSatisfying(
                        KernelException.class,
                        e -> assertThat(e.is(Errno.ENODEV)).isTrue());
    }

    @Test
    void installsRoutesOfBothFamiliesAndReadsThemBack() throws IOException {
        Route v4 = Route.onLink(Prefix.parse("10.9.0.1/32"), 16, veth, IpAddress.parse("10.0.0.1"), 1400);
        Route v6 = Route.onLink(Prefix.parse("2001:db8::1/128"), 16, veth, null, 0);
        Route mixed = new Route(
                Prefix.parse("10.9.0.2/32"), 16, 132, Rt.RTN_UNICAST, veth, IpAddress.parse("fe80::1"), null, 0, 0);
        for (Route route : List.of(v4, v6, mixed)) {
            socket.execute(route.replace());
            socket.execute(route.replace());
        }
        assertThat(routes(Rt.AF_INET)).containsExactlyInAnyOrder(v4, mixed);
        assertThat(routes(Rt.AF_INET6)).containsExactly(v6);
        assertThat(Command.run("ip", "route", "show", "10.9.0.1")).contains("proto 132", "src 10.0.0.1", "mtu 1400");
        assertThat(Command.run("ip", "route", "show", "10.9.0.2")).contains("via inet6 fe80::1");
        socket.execute(v4.delete());
        assertThat(routes(Rt.AF_INET)).containsExactly(mixed);
    }

    @Test
    void aNexthopObjectMovesAllItsRoutesAtOnce() throws IOException {
        var gateway = new Nexthop.Target.Gateway(IpAddress.parse("10.0.0.2"), veth, false);
        socket.execute(new Nexthop(0x5320_0001, gateway, Rt.RTPROT_SLASH32).replace());
        socket.execute(
                Route.byNexthop(Prefix.parse("10.9.0.1/32"), 32, 0x5320_0001).replace());
        assertThat(Command.run("ip", "route", "get", "10.9.0.1")).contains("via 10.0.0.2");
        var drop = new Nexthop(0x5320_0001, new Nexthop.Target.Blackhole(Rt.AF_INET), Rt.RTPROT_SLASH32);
        socket.execute(drop.replace());
        assertThat(Command.tryRun("ip", "route", "get", "10.9.0.1").exitCode()).isNotZero();
        var found = new ArrayList<@Nullable Nexthop>();
        socket.dump(Nexthop.dump(), found::clear, message -> found.add(Nexthop.parse(message)));
        assertThat(found).containsExactly(drop);
        socket.execute(Nexthop.delete(0x5320_0001));
        assertThat(routes(Rt.AF_INET)).isEmpty();
    }

    @Test
    void aRoutingRuleComesAndGoes() throws IOException {
        var rule = new RoutingRule(
                Rt.AF_INET,
                1000,
                300,
                Rt.RTPROT_SLASH32,
                Prefix.parse("10.1.0.0/24"),
                Prefix.parse("10.2.0.0/16"),
                new InterfaceName("v0"));
        socket.execute(rule.create());
        assertThat(Command.run("ip", "rule")).contains("1000:\tfrom 10.1.0.0/24 to 10.2.0.0/16 iif v0 lookup 300");
        var rules = new ArrayList<@Nullable RoutingRule>();
        socket.dump(RoutingRule.dump(Rt.AF_INET), rules::clear, message -> rules.add(RoutingRule.parse(message)));
        assertThat(rules).contains(rule).hasSize(4);
        assertThatThrownBy(() -> socket.execute(rule.create())).hasMessageEndingWith("EEXIST");
        socket.execute(rule.delete());
        assertThat(Command.run("ip", "rule")).doesNotContain("1000:");
    }

    @Test
    void statesAddressesAndPermanentNeighbours() throws IOException {
        var address = new InterfaceAddress(veth, IpAddress.parse("169.254.1.1"), 32);
        var address6 = new InterfaceAddress(veth, IpAddress.parse("fe80::1"), 128);
        socket.execute(address.put());
        socket.execute(address6.put());
        socket.execute(NeighborEntry.put(veth, IpAddress.parse("10.9.0.1"), MAC));
        assertThat(Command.run("ip", "addr", "show", "dev", "v0")).contains("169.254.1.1/32", "fe80::1/128");
        assertThat(Command.run("ip", "neigh", "show", "dev", "v0"))
                .contains("10.9.0.1 lladdr 02:00:00:00:00:01 PERMANENT");
        var addresses = new ArrayList<@Nullable InterfaceAddress>();
        socket.dump(InterfaceAddress.dump(), addresses::clear, m -> addresses.add(InterfaceAddress.parse(m)));
        assertThat(addresses).contains(address, address6);
        var neighbors = new ArrayList<@Nullable NeighborEntry>();
        socket.dump(NeighborEntry.dump(), neighbors::clear, m -> neighbors.add(NeighborEntry.parse(m)));
        assertThat(neighbors).contains(new NeighborEntry(veth, IpAddress.parse("10.9.0.1"), MAC, true));
        socket.execute(address.delete());
        socket.execute(NeighborEntry.delete(veth, IpAddress.parse("10.9.0.1")));
        assertThat(Command.run("ip", "addr", "show", "dev", "v0")).doesNotContain("169.254.1.1");
    }

    @Test
    void oneBadRequestOfABatchStopsNoOther() throws IOException {
        var requests = new ArrayList<Request>();
        int bad = 5_000;
        for (int i = 0; i < 10_000; i++) {
            var prefix = Prefix.parse("10." + (16 + i / 65536) + "." + (i / 256 % 256) + "." + (i % 256) + "/32");
            InterfaceIndex link = i == bad ? new InterfaceIndex(999) : veth;
            requests.add(Route.onLink(prefix, 16, link, null, 0).replace());
        }
        List<@Nullable KernelException> outcomes = socket.executeAll(requests);
        assertThat(outcomes).hasSize(10_000);
        KernelException refused = outcomes.get(bad);
        assertThat(refused).isNotNull().hasMessageContaining("dev 999").hasMessageContaining("ENODEV");
        assertThat(outcomes.stream().filter(o -> o != null)).hasSize(1);
        assertThat(routes(Rt.AF_INET)).hasSize(9_999);
    }

    /// More of them than there are buffers for; and what the kernel refuses is said by the thread that asked.
    @Test
    void readsATableByTwoThreads() throws IOException, InterruptedException {
        var requests = new ArrayList<Request>();
        for (int i = 0; i < 10_000; i++) {
            requests.add(Route.onLink(new Ipv4Address((11 << 24) + i).hostPrefix(), 16, veth, null, 0)
                    .replace());
        }
        assertThat(socket.executeAll(requests)).containsOnlyNulls();
        var readers = new ArrayList<Thread>();
        Consumer<DumpPipe> begin = pipe -> readers.add(Thread.ofPlatform().start(new FutureTask<>(() -> {
            pipe.receive(socket);
            return null;
        })));
        var found = new ArrayList<@Nullable Route>();
        DumpPipe.dump(
                Route.dump(Rt.AF_INET, Rt.RTPROT_SLASH32),
                begin,
                found::clear,
                message -> found.add(Route.parse(message)));
        assertThat(found).hasSize(10_000).doesNotContainNull().doesNotHaveDuplicates();
        Request refused = Request.of(Rt.RTM_GETROUTE, Nl.NLM_F_DUMP, () -> "list nonsense")
                .u8(Rt.AF_INET)
                .u8(0)
                .u8(0)
                .u8(0);
        assertThatThrownBy(() -> DumpPipe.dump(refused, begin, found::clear, _ -> {}))
                .hasMessageContaining("list nonsense: EINVAL");
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(routes(Rt.AF_INET)).as("the socket is as before").hasSize(10_000);
    }

    @Test
    void reportsEventsUntilClosed() throws IOException, InterruptedException {
        try (var events = Subscription.open(NetlinkProtocol.ROUTE, Rt.RTNLGRP_LINK, Rt.RTNLGRP_IPV4_ROUTE)) {
            Route route = Route.onLink(Prefix.parse("10.9.0.1/32"), 16, veth, null, 0);
            socket.execute(route.replace());
            socket.execute(Link.setAlias(veth, "changed"));
            socket.execute(route.delete());
            var seen = new ArrayList<@Nullable RouteEvent>();
            while (seen.stream().noneMatch(RouteEvent.RouteRemoved.class::isInstance)) {
                events.receive(message -> seen.add(RouteEvent.parse(message)));
            }
            assertThat(seen).contains(new RouteEvent.RouteAdded(route), new RouteEvent.RouteRemoved(route));
            assertThat(seen)
                    .anyMatch(e -> e instanceof RouteEvent.LinkChanged changed
                            && changed.link().alias().equals("changed"));

            Thread closer = Thread.ofPlatform().start(events::close);
            Subscription.Outcome last;
            do { // the veth's own news may still be coming
                last = events.receive(_ -> {});
            } while (last == Subscription.Outcome.EVENTS);
            assertThat(last).isEqualTo(Subscription.Outcome.CLOSED);
            closer.join();
        }
    }

    @Test
    void saysWhenEventsWereLost() throws IOException {
        try (var events = Subscription.open(NetlinkProtocol.ROUTE, Rt.RTNLGRP_IPV4_ROUTE)) {
            var requests = new ArrayList<Request>();
            for (int i = 0; i < 100_000; i++) {
                requests.add(Route.onLink(new Ipv4Address((11 << 24) + i).hostPrefix(), 16, veth, null, 0)
                        .replace());
            }
            assertThat(socket.executeAll(requests)).containsOnlyNulls();
            var seen = new ArrayList<Integer>();
            Subscription.Outcome outcome;
            do {
                outcome = events.receive(message -> seen.add(message.type()));
            } while (outcome == Subscription.Outcome.EVENTS && seen.size() < 100_000);
            assertThat(outcome).isEqualTo(Subscription.Outcome.OVERRUN);
            socket.execute(
                    Route.onLink(Prefix.parse("10.9.0.1/32"), 16, veth, null, 0).replace());
            assertThat(events.receive(_ -> {})).isEqualTo(Subscription.Outcome.EVENTS); // and goes on
        }
    }

    @Test
    void anEventNamesTheSocketThatCausedIt() throws IOException {
        try (var events = Subscription.open(NetlinkProtocol.ROUTE, Rt.RTNLGRP_IPV4_ROUTE)) {
            Route route = Route.onLink(Prefix.parse("10.9.0.1/32"), 16, veth, null, 0);
            socket.execute(route.replace());
            Command.run("ip", "route", "del", "10.9.0.1");
            var ports = new ArrayList<Integer>();
            while (ports.size() < 2) {
                events.receive(message -> ports.add(message.port()));
            }
            assertThat(ports.getFirst()).isEqualTo(socket.port());
            assertThat(ports.getLast()).isNotEqualTo(socket.port());
        }
    }

    @Test
    void leavesOutWhatOneSocketDoes() throws IOException {
        int[] groups = {Rt.RTNLGRP_IPV4_ROUTE, Rt.RTNLGRP_IPV6_ROUTE, Rt.RTNLGRP_NEXTHOP};
        try (var events = Subscription.openToOthers(NetlinkProtocol.ROUTE, socket.port(), groups)) {
            for (String prefix : List.of("10.9.0.1/32", "2001:db8:9::1/128")) {
                socket.execute(
                        Route.onLink(Prefix.parse(prefix), 16, veth, null, 0).replace());
                socket.execute(new Nexthop(0x5320_0001, new Nexthop.Target.Blackhole(Rt.AF_INET), Rt.RTPROT_SLASH32)
                        .replace());
                Command.run("ip", "route", "del", prefix);
                var ports = new ArrayList<Integer>();
                events.receive(message -> ports.add(message.port()));
                assertThat(ports).isNotEmpty().doesNotContain(socket.port());
            }
        }
    }

    @Test
    void createsBesideOthersRoutesButNeverOverThem() throws IOException {
        Route ours = Route.onLink(Prefix.parse("10.9.0.1/32"), 32, veth, null, 0);
        Command.run("ip", "route", "add", "10.9.0.1/32", "dev", "v0", "metric", "5", "proto", "static");
        socket.execute(ours.create());
        assertThatThrownBy(() -> socket.execute(ours.create())).hasMessageContaining("EEXIST");
        Command.run("ip", "route", "replace", "10.9.0.1/32", "dev", "v1", "metric", "32", "proto", "132");
        socket.execute(Route.remove(ours.prefix(), 32, Rt.RTPROT_SLASH32)); // though it is not as we made it
        assertThatThrownBy(() -> socket.execute(Route.remove(ours.prefix(), 5, Rt.RTPROT_SLASH32)))
                .hasMessage("delete route 10.9.0.1/32 metric 5: ESRCH");
        assertThat(Command.run("ip", "route", "show", "10.9.0.1")).hasLineCount(1);
    }

    @Test
    void namesTheRouteThatMatchesAndNoneOfAnotherTable() throws IOException {
        var gateway = new Nexthop.Target.Gateway(IpAddress.parse("10.0.0.2"), veth, true);
        socket.execute(new Nexthop(0x5320_0001, gateway, Rt.RTPROT_SLASH32).replace());
        socket.execute(
                Route.byNexthop(Prefix.parse("10.9.0.0/16"), 32, 0x5320_0001).create());
        assertThat(match("10.9.7.7"))
                .returns(Prefix.parse("10.9.0.0/16"), Route::prefix)
                .returns(0x5320_0001, Route::nexthopId);
        Command.run("ip", "route", "add", "local", "2001:db8::1/128", "dev", "v0", "table", "local");
        assertThat(match("2001:db8::1")).isNull();
    }

    private @Nullable Route match(String address) throws IOException {
        var found = new ArrayList<@Nullable Route>();
        socket.get(Route.match(IpAddress.parse(address)), message -> found.add(Route.parse(message)));
        return found.getFirst();
    }

    private Link link(String name) throws IOException {
        var found = new ArrayList<@Nullable Link>();
        socket.get(Link.get(new InterfaceName(name)), message -> found.add(Link.parse(message)));
        Link link = found.getFirst();
        assertThat(link).isNotNull();
        return link;
    }

    private List<@Nullable Route> routes(int family) throws IOException {
        var found = new ArrayList<@Nullable Route>();
        socket.dump(Route.dump(family, Rt.RTPROT_SLASH32), found::clear, message -> found.add(Route.parse(message)));
        return found;
    }
}
