package slash32.overlay.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.netlink.message.Message;
import slash32.netlink.route.BridgeEvent;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.Subscription;
import slash32.overlay.evpn.EvpnAction;
import slash32.overlay.evpn.EvpnAction.Destination;
import slash32.overlay.evpn.Gateway;
import slash32.overlay.evpn.GatewayAddress;
import slash32.overlay.evpn.MacKey;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Segment;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// What a stranger does to segments' devices and entries is put right by the kernel's events: nothing is read again
/// here for another reason.
@InNetns
class SegmentRepairKernelTest {
    private static final Vni BLUE = new Vni(100);
    private static final IpAddress FAR = IpAddress.parse("10.0.0.12");
    private static final MacAddress GUEST = MacAddress.parse("02:00:00:00:00:01");
    private static final MacAddress FAR_GUEST = MacAddress.parse("02:00:00:00:00:02");
    private static final InterfaceName DEVICE = new InterfaceName("g0");
    private static final String MARK = "mark ";
    private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final String ALL = """
            bridge fdb show | grep -vE 'b32-100 permanent|^(33:33|01:00:5e)'
            ip -o link show up | cut -d: -f2 | cut -d@ -f1
            for device in b32-100 v32-100 g0 x0; do
              echo $device $(ip -d -o link show $device |
                grep -oE ' (mtu|master|alias|learning|locked|neigh_suppress|[mb]cast_flood|id|local|dstport) [^ ]+')
            done
            ip -o addr show dev b32-100 | cut -d: -f2-; ip -o link show b32-100 | grep -o 'ether [^ ]*'
            ip route show proto 132; ip -6 route show proto 132
            ip neigh show nud permanent; cat /proc/sys/net/ipv6/conf/g0/disable_ipv6""";

    private final LinkedBlockingQueue<Runnable> events = new LinkedBlockingQueue<>();
    private int marks;
    private String heardMark = "";
    private @Nullable NetlinkSocket rtnl;
    private @Nullable NetlinkSocket nft;
    private @Nullable Subscription subscription;
    private @Nullable Thread listener;
    private SegmentPlane plane;

    @BeforeEach
    void build() throws IOException {
        Command.run(
                "sh",
                "-ec",
                "ip addr add 10.0.0.11/32 dev lo; ip link set lo up; ip link add g0 type veth peer name g1;"
                        + "ip link add x0 type veth peer name x1; ip link set x0 up");
        rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
        nft = NetlinkSocket.open(NetlinkProtocol.NETFILTER);
        plane = new SegmentPlane(
                Objects.requireNonNull(rtnl), Objects.requireNonNull(nft), Ipv4Address.parse("10.0.0.11"));
        Subscription opened = Subscription.open(
                NetlinkProtocol.ROUTE,
                Rt.RTNLGRP_LINK,
                Rt.RTNLGRP_NEIGH,
                Rt.RTNLGRP_IPV4_IFADDR,
                Rt.RTNLGRP_IPV6_IFADDR,
                Rt.RTNLGRP_IPV4_ROUTE,
                Rt.RTNLGRP_IPV6_ROUTE);
        subscription = opened;
        listener = Thread.ofPlatform().start(() -> listen(opened));
        var guests = List.of(IpAddress.parse("192.0.2.1"), IpAddress.parse("2001:db8::5"));
        var port = new Port(DEVICE, GUEST, guests, false);
        var gateway =
                new Gateway(List.of(GatewayAddress.parse("192.0.2.254/24"), GatewayAddress.parse("2001:db8::1/64")));
        plane.segments(List.of(new Segment("blue", BLUE, Segment.Flooding.FULL, 1450, List.of(port)).with(gateway)));
        guests.forEach(address -> plane.desire(new EvpnAction.Lead(BLUE, address, port)));
        plane.desire(new EvpnAction.Forward(new MacKey(BLUE, GUEST), new Destination.Local(DEVICE)));
        plane.desire(new EvpnAction.Forward(new MacKey(BLUE, FAR_GUEST), new Destination.Remote(FAR)));
        plane.desire(new EvpnAction.Flood(BLUE, FAR, true));
        plane.desire(new EvpnAction.Answer(BLUE, IpAddress.parse("192.0.2.2"), FAR_GUEST));
        plane.inSync();
        assertThat(plane.pass(System.nanoTime())).isEmpty();
        settle();
    }

    private void listen(Subscription opened) {
        try {
            while (opened.receive(this::take) != Subscription.Outcome.CLOSED) {
                // each message is taken
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void take(Message message) {
        RouteEvent event = RouteEvent.parse(message);
        BridgeEvent ofBridge = BridgeEvent.parse(message);
        if (event != null) {
            events.add(() -> {
                plane.observed(event);
                if (event instanceof RouteEvent.LinkChanged(var link)
                        && link.alias().startsWith(MARK)) {
                    heardMark = link.alias();
                }
            });
        } else if (ofBridge != null) {
            events.add(() -> plane.observed(ofBridge));
        }
    }

    @AfterEach
    void tearDown() throws InterruptedException {
        if (subscription != null) {
            subscription.close();
        }
        if (listener != null) {
            listener.join();
        }
        if (rtnl != null) {
            rtnl.close();
        }
        if (nft != null) {
            nft.close();
        }
    }

    /// Until all that happened was heard and nothing is due soon.
    private void settle() {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        long untilDue;
        do {
            hearAll();
            long now = System.nanoTime();
            untilDue = Math.max(now, plane.nextDeadlineNanos(now)) - now;
            if (untilDue <= 0) {
                plane.pass(now);
            } else if (untilDue < SOON_NANOS) {
                LockSupport.parkNanos(untilDue);
            }
        } while (untilDue < SOON_NANOS && System.nanoTime() < deadline);
    }

    /// Takes the kernel's events up to that of a change of our own, which comes after those of all before.
    private void hearAll() {
        String mark = MARK + ++marks;
        Command.run("ip", "link", "set", "lo", "alias", mark); // of a link that is down nothing is told
        try {
            while (!heardMark.equals(mark)) {
                Runnable event = events.poll(PATIENCE_NANOS, TimeUnit.NANOSECONDS);
                Objects.requireNonNull(event, mark).run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /// All that is ours, as the tools print it.
    private static String state() {
        return Command.run("sh", "-c", ALL).lines().sorted().reduce("", (all, line) -> all + line + "\n");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            bridge fdb del 02:00:00:00:00:02 dev v32-100 dst 10.0.0.12 self                   | segment_fdb
            bridge fdb del 02:00:00:00:00:02 dev v32-100 master                               | segment_fdb
            bridge fdb del 02:00:00:00:00:01 dev g0 master                                    | segment_fdb
            bridge fdb replace 02:00:00:00:00:02 dev v32-100 dst 10.0.0.66 self permanent     | segment_fdb
            bridge fdb replace 02:00:00:00:00:02 dev v32-100 dst 10.0.0.12 self dynamic       | segment_fdb
            bridge fdb replace 02:00:00:00:00:01 dev v32-100 master static                    | segment_fdb
            bridge fdb add 02:00:00:00:00:77 dev v32-100 dst 10.0.0.12 self permanent         | segment_fdb
            bridge fdb append 00:00:00:00:00:00 dev v32-100 dst 10.0.0.66 self permanent      | segment_flood
            bridge fdb append 00:00:00:00:00:00 dev v32-100 dst 10.0.0.12 via lo self permanent | segment_flood
            bridge fdb del 00:00:00:00:00:00 dev v32-100 dst 10.0.0.12 self                   | segment_flood
            ip neigh del 192.0.2.2 dev b32-100                                                | segment_answer
            ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:66 dev b32-100                   | segment_answer
            ip neigh add 192.0.2.66 lladdr 02:00:00:00:00:66 dev b32-100                      | segment_answer
            ip addr del 192.0.2.254/32 dev b32-100                                            | segment_gateway
            ip addr del 2001:db8::1/128 dev b32-100                                           | segment_gateway
            ip addr add 192.0.2.253/24 dev b32-100                                            | segment_gateway
            ip link set b32-100 address 02:00:00:00:00:66                                     | segment_gateway
            ip route del 192.0.2.1 dev b32-100                                                | segment_route
            ip -6 route del 2001:db8::5 dev b32-100                                           | segment_route
            ip route replace 192.0.2.1 dev x0 metric 64 proto 132                             | segment_route
            ip link set g0 nomaster                                                           | segment_port
            ip link set g0 down                                                               | segment_port
            bridge link set dev g0 learning on                                                | segment_port
            bridge link set dev g0 locked off                                                 | segment_port
            ip link set x0 up master b32-100                                                  | segment_port
            ip link set v32-100 down                                                          | segment
            ip link set v32-100 nomaster                                                      | segment
            bridge link set dev v32-100 neigh_suppress off                                    | segment
            ip link del v32-100                                                               | segment
            ip link set b32-100 mtu 1000                                                      | segment
            ip link set b32-100 down                                                          | segment
            ip link del b32-100                                                               | segment""")
    void whatAStrangerChangesIsPutRight(String command, String table) {
        String before = state();
        assertThat(plane.drifted().values()).as("what we did ourselves").containsOnly(0L);
        Command.run("sh", "-ec", command);
        assertThat(state()).isNotEqualTo(before);
        settle();
        assertThat(state()).isEqualTo(before);
        assertThat(plane.drifted().get(table)).isPositive();
        assertThat(plane.isInForce()).isTrue();
    }

    /// Not after a pause that grows with each attempt.
    @Test
    void aPortThatComesBackIsInItsSegmentAtOnce() {
        String before = state();
        Command.run("ip", "link", "del", "g0");
        settle(); // until the next attempt is a second away and more
        assertThat(plane.obstacle(DEVICE)).contains("no interface g0");
        Command.run("ip", "link", "add", "g0", "type", "veth", "peer", "name", "g1");
        settle();
        assertThat(plane.obstacle(DEVICE)).isNull();
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void whatGoesOnWhileEventsAreLostIsReadAgain() {
        String before = state();
        Command.run(
                "sh", "-ec", "ip link del v32-100; ip link set g0 nomaster; ip neigh flush dev b32-100 nud permanent");
        events.clear();
        plane.eventsLost();
        settle();
        assertThat(state()).isEqualTo(before);
    }
}
