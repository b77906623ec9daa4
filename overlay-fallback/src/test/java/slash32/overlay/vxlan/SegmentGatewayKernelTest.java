package slash32.overlay.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.overlay.evpn.EvpnAction;
import slash32.overlay.evpn.EvpnAction.Destination;
import slash32.overlay.evpn.Gateway;
import slash32.overlay.evpn.GatewayAddress;
import slash32.overlay.evpn.MacKey;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Segment;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// The gateway of a segment in the kernel: two guests in it, of which one has addresses, and a host of the fabric.
@InNetns
class SegmentGatewayKernelTest {
    private static final Vni BLUE = new Vni(100);
    private static final MacAddress GUEST = MacAddress.parse("02:00:00:00:00:02");
    private static final MacAddress UNADDRESSED = MacAddress.parse("02:00:00:00:00:03");
    private static final IpAddress OUTSIDE_4 = IpAddress.parse("198.51.100.9");
    private static final IpAddress OUTSIDE_6 = IpAddress.parse("2001:db8::9");
    private static final Gateway GATEWAY =
            new Gateway(List.of(GatewayAddress.parse("10.5.0.1/24"), GatewayAddress.parse("fd05::1/64")));
    private static final Port PORT = new Port(
            new InterfaceName("g2"), GUEST, List.of(IpAddress.parse("10.5.0.2"), IpAddress.parse("fd05::2")), false);
    private static final Port OTHER = new Port(new InterfaceName("g3"), UNADDRESSED, List.of(), false);

    private final String unique = Long.toString(ProcessHandle.current().pid());
    private final String guest = "s32gwa-" + unique;
    private final String other = "s32gwb-" + unique;
    private final String fabric = "s32gwf-" + unique;
    private @Nullable NetlinkSocket rtnl;
    private @Nullable NetlinkSocket nft;
    private SegmentPlane plane;
    private long now;

    @BeforeEach
    void build() throws IOException {
        Command.run("sh", "-ec", """
                sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
                for n in "%1$s 2" "%2$s 3"; do set -- $n
                  ip netns add $1; ip link add g$2 type veth peer name e0 netns $1 address 02:00:00:00:00:0$2
                  ip link set g$2 addrgenmode none
                  ip -n $1 link set e0 addrgenmode none; ip -n $1 link set e0 up
                  ip -n $1 addr add 10.5.0.$2/24 dev e0; ip -n $1 addr add fd05::$2/64 dev e0 nodad
                  ip -n $1 route add default via 10.5.0.1; ip -n $1 -6 route add default via fd05::1
                done
                ip netns add %3$s; ip link add u0 type veth peer name u1 netns %3$s
                ip addr add 10.0.0.11/24 dev u0; ip addr add fd00::11/64 dev u0 nodad; ip link set u0 up
                ip -n %3$s link set lo up; ip -n %3$s link set u1 up
                ip -n %3$s addr add 10.0.0.12/24 dev u1; ip -n %3$s addr add fd00::12/64 dev u1 nodad
                ip -n %3$s addr add 198.51.100.9/32 dev lo; ip -n %3$s addr add 2001:db8::9/128 dev lo nodad
                ip -n %3$s route add 10.5.0.0/24 via 10.0.0.11; ip -n %3$s -6 route add fd05::/64 via fd00::11
                ip route add 198.51.100.9 via 10.0.0.12; ip -6 route add 2001:db8::9 via fd00::12
                """.formatted(guest, other, fabric));
        rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
        nft = NetlinkSocket.open(NetlinkProtocol.NETFILTER);
        plane = plane();
    }

    private SegmentPlane plane() {
        return new SegmentPlane(
                Objects.requireNonNull(rtnl), Objects.requireNonNull(nft), Ipv4Address.parse("10.0.0.11"));
    }

    @AfterEach
    void tearDown() {
        if (rtnl != null) {
            rtnl.close();
        }
        if (nft != null) {
            nft.close();
        }
        List.of(guest, other, fabric).forEach(name -> Command.tryRun("ip", "netns", "del", name));
    }

    /// Both ways and in both families, and no question for the gateway leaves the node, whatever is flooded.
    @Test
    void guestsReachTheFabricAndAreReachedFromIt() throws IOException {
        segment(GATEWAY);
        for (IpAddress outside : List.of(OUTSIDE_4, OUTSIDE_6)) {
            assertThat(pings(guest, outside)).as(outside.toString()).isTrue();
        }
        for (IpAddress inside : PORT.addresses()) {
            assertThat(pings(fabric, inside)).as(inside.toString()).isTrue();
        }
        for (GatewayAddress gateway : GATEWAY.addresses()) {
            assertThat(pings(guest, gateway.address())).as(gateway.toString()).isTrue();
        }
        assertThat(Command.run("ip", "-n", guest, "neigh", "show"))
                .contains("10.5.0.1 dev e0 lladdr fe:53:32:00:00:01", "fd05::1 dev e0 lladdr fe:53:32:00:00:01");
        assertThat(plane.counts().getOrDefault(FrameCount.QUESTIONS, 0L)).isPositive();
        assertThat(plane.counts().getOrDefault(FrameCount.UNANSWERED, 0L)).isZero();
        assertThat(Command.run("ip", "-s", "link", "show", "v32-100")).containsPattern("TX:.*\\n +0 +0 ");
        assertThat(Command.run("ip", "route", "show", "proto", "132")).contains("10.5.0.2 dev b32-100");
        assertThat(Command.run("ip", "neigh", "show", "dev", "b32-100"))
                .contains("10.5.0.2 lladdr 02:00:00:00:00:02 PERMANENT");
    }

    /// Nobody is routed to the fabric in another's name; a port whose addresses nobody stated is not routed at all.
    @Test
    void whatIsForgedIsNotRouted() throws IOException {
        segment(GATEWAY);
        assertThat(pings(guest, OUTSIDE_4)).isTrue();
        Command.run("ip", "-n", guest, "addr", "add", "10.5.0.66/24", "dev", "e0");
        assertThat(Command.tryRun(
                                "ip",
                                "netns",
                                "exec",
                                guest,
                                "ping",
                                "-c1",
                                "-W1",
                                "-I",
                                "10.5.0.66",
                                OUTSIDE_4.toString())
                        .exitCode())
                .isNotZero();
        assertThat(plane.counts().get(FrameCount.SPOOFED_ADDRESS)).isPositive();
        Command.run("ip", "-n", other, "neigh", "add", "10.5.0.1", "lladdr", "fe:53:32:00:00:01", "dev", "e0");
        assertThat(Command.tryRun("ip", "netns", "exec", other, "ping", "-c1", "-W1", OUTSIDE_4.toString())
                        .exitCode())
                .isNotZero();
        assertThat(Command.run("ip", "-s", "-n", fabric, "neigh", "show")).doesNotContain("10.5.0.");
        assertThat(pings(guest, OUTSIDE_4)).isTrue();
    }

    @Test
    void aGatewayOutlivesTheAgentAndGoesWithItsLastWord() {
        segment(GATEWAY);
        plane = plane();
        segment(GATEWAY);
        plane.inSync();
        assertThat(pass()).isEmpty();
        assertThat(plane.drifted().values()).containsOnly(0L);
        assertThat(pings(guest, OUTSIDE_4)).isTrue();
        plane = plane(); // an agent that was told otherwise while it was away
        segment(Gateway.NONE);
        plane.inSync();
        assertThat(pass()).isEmpty();
        assertThat(Command.run("ip", "-o", "addr", "show", "dev", "b32-100")).isEmpty();
        assertThat(Command.run("ip", "route", "show", "proto", "132")).isEmpty();
        assertThat(Command.tryRun("ip", "netns", "exec", guest, "ping", "-c1", "-W1", OUTSIDE_4.toString())
                        .exitCode())
                .isNotZero();
    }

    private void segment(Gateway gateway) {
        plane.segments(
                List.of(new Segment("blue", BLUE, Segment.Flooding.FULL, 1450, List.of(PORT, OTHER)).with(gateway)));
        for (Port port : List.of(PORT, OTHER)) {
            plane.desire(new EvpnAction.Forward(new MacKey(BLUE, port.mac()), new Destination.Local(port.device())));
        }
        PORT.addresses().stream().filter(gateway::leadsTo).forEach(address -> {
            plane.desire(new EvpnAction.Answer(BLUE, address, GUEST));
            plane.desire(new EvpnAction.Lead(BLUE, address, PORT));
        });
        assertThat(pass()).isEmpty();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!forwarding("g2") || !forwarding("g3")) { // which the kernel finds out by and by
            assertThat(System.nanoTime()).as("waited in vain").isLessThan(deadline);
            LockSupport.parkNanos(1_000_000L);
        }
        assertThat(pass()).isEmpty();
        assertThat(plane.isInForce()).isTrue();
    }

    private static boolean forwarding(String port) {
        return Command.run("bridge", "link", "show", "dev", port).contains("state forwarding");
    }

    private List<String> pass() {
        now += 1_000_000_000L;
        return plane.pass(now);
    }

    private static boolean pings(String from, IpAddress to) {
        return Command.tryRun("ip", "netns", "exec", from, "ping", "-c1", "-W5", to.toString())
                        .exitCode()
                == 0;
    }
}
