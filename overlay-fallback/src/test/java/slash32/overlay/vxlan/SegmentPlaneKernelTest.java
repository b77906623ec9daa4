package slash32.overlay.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.overlay.evpn.EvpnAction;
import slash32.overlay.evpn.EvpnAction.Destination;
import slash32.overlay.evpn.MacKey;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Segment;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// Our tables in the kernel against a VXLAN device set up by hand in another namespace: a guest of ours and one there.
@InNetns
class SegmentPlaneKernelTest {
    private static final Vni BLUE = new Vni(100);
    private static final Ipv4Address OWN = Ipv4Address.parse("10.0.0.11");
    private static final IpAddress FAR = IpAddress.parse("10.0.0.12");
    private static final MacAddress GUEST = MacAddress.parse("02:00:00:00:00:01");
    private static final MacAddress FAR_GUEST = MacAddress.parse("02:00:00:00:00:02");
    private static final IpAddress FAR_ADDRESS = IpAddress.parse("192.0.2.2");
    private static final InterfaceName DEVICE = new InterfaceName("g0");
    private static final long HOUR = 3_600_000_000_000L;

    private final String unique = Long.toString(ProcessHandle.current().pid());
    private final String far = "s32fam-far-" + unique;
    private final String guest = "s32fam-guest-" + unique;
    private @Nullable NetlinkSocket rtnl;
    private @Nullable NetlinkSocket nft;
    private SegmentPlane plane;
    private long now;

    @BeforeEach
    void build() throws IOException {
        Command.run("sh", "-ec", """
                ip netns add %1$s; ip netns add %2$s
                ip link add u0 type veth peer name u1 netns %1$s
                ip addr add 10.0.0.11/24 dev u0; ip link set u0 up
                ip link add g0 type veth peer name g1 netns %2$s address %3$s; ip link set g0 addrgenmode none
                ip netns exec %2$s sh -ec 'ip addr add 192.0.2.1/24 dev g1; ip link set g1 up'
                ip netns exec %1$s sh -ec '
                  ip addr add 10.0.0.12/24 dev u1; ip link set u1 up
                  ip link add br0 type bridge; ip link set br0 address %4$s; ip addr add 192.0.2.2/24 dev br0
                  ip link add vx0 type vxlan id 100 local 10.0.0.12 dstport 4789 nolearning
                  ip link set vx0 master br0; ip link set vx0 type bridge_slave learning off
                  ip link set vx0 up; ip link set br0 up
                  bridge fdb add %3$s dev vx0 dst 10.0.0.11 self; bridge fdb add %3$s dev vx0 master static
                  ip neigh add 192.0.2.1 lladdr %3$s dev br0 nud permanent'
                """.formatted(far, guest, GUEST, FAR_GUEST));
        rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
        nft = NetlinkSocket.open(NetlinkProtocol.NETFILTER);
        plane = plane();
    }

    private SegmentPlane plane() {
        return new SegmentPlane(Objects.requireNonNull(rtnl), Objects.requireNonNull(nft), OWN);
    }

    @AfterEach
    void tearDown() {
        if (rtnl != null) {
            rtnl.close();
        }
        if (nft != null) {
            nft.close();
        }
        Command.tryRun("ip", "netns", "del", far);
        Command.tryRun("ip", "netns", "del", guest);
    }

    /// Nothing is flooded, so that the guest's question must have been answered here.
    @Test
    void aGuestReachesOneOnAnotherNodeAndNobodyIsAsked() {
        segment(Segment.Flooding.NONE);
        states(FAR_GUEST, new Destination.Remote(FAR));
        plane.desire(new EvpnAction.Answer(BLUE, FAR_ADDRESS, FAR_GUEST));
        assertThat(pass()).isEmpty();
        assertThat(pings()).isTrue();
        assertThat(Command.run("bridge", "fdb", "show", "dev", "v32-100"))
                .contains("02:00:00:00:00:02 dst 10.0.0.12", "02:00:00:00:00:02 master b32-100 static")
                .doesNotContain("00:00:00:00:00:00");
        assertThat(Command.run("ip", "-d", "link", "show", "v32-100"))
                .contains(
                        "nolearning",
                        "noudpcsum",
                        "learning off",
                        "neigh_suppress on",
                        "flood off",
                        "alias slash32-segment:100");
        assertThat(Command.run("cat", "/proc/sys/net/ipv6/conf/v32-100/disable_ipv6"))
                .isEqualTo("1\n");
    }

    @Test
    void aGuestSendsFromItsOwnMacOnly() {
        segment(Segment.Flooding.NONE);
        states(FAR_GUEST, new Destination.Remote(FAR));
        plane.desire(new EvpnAction.Answer(BLUE, FAR_ADDRESS, FAR_GUEST));
        pass();
        assertThat(pings()).isTrue();
        Command.run("ip", "netns", "exec", guest, "ip", "link", "set", "g1", "address", "02:00:00:00:00:66");
        Command.run(
                "ip",
                "netns",
                "exec",
                guest,
                "ip",
                "neigh",
                "replace",
                "192.0.2.2",
                "lladdr",
                "" + FAR_GUEST,
                "dev",
                "g1");
        assertThat(pings()).isFalse();
    }

    /// A question for an address that nobody stated goes to the node that wants what is flooded, and is answered there.
    @Test
    void whatIsFloodedReachesTheNodesThatWantIt() {
        segment(Segment.Flooding.FULL);
        states(FAR_GUEST, new Destination.Remote(FAR));
        pass();
        assertThat(pings()).isFalse();
        plane.desire(new EvpnAction.Flood(BLUE, FAR, true));
        pass();
        assertThat(pings()).isTrue();
    }

    @Test
    void aMacMovesAndSegmentsGo() {
        segment(Segment.Flooding.FULL);
        plane.desire(new EvpnAction.Flood(BLUE, FAR, true));
        plane.desire(new EvpnAction.Flood(BLUE, IpAddress.parse("10.0.0.13"), true));
        pass();
        assertThat(Command.run("bridge", "fdb", "show", "dev", "v32-100"))
                .contains("00:00:00:00:00:00 dst 10.0.0.12", "00:00:00:00:00:00 dst 10.0.0.13");
        states(GUEST, new Destination.Remote(FAR));
        plane.desire(new EvpnAction.Flood(BLUE, FAR, false));
        assertThat(pass()).isEmpty();
        assertThat(Command.run("bridge", "fdb", "show"))
                .contains("02:00:00:00:00:01 dev v32-100 dst 10.0.0.12")
                .doesNotContain("00:00:00:00:00:00 dev v32-100 dst 10.0.0.12", "02:00:00:00:00:01 dev g0");
        states(GUEST, new Destination.Local(DEVICE));
        assertThat(pass()).isEmpty();
        assertThat(Command.run("bridge", "fdb", "show"))
                .contains("02:00:00:00:00:01 dev g0")
                .doesNotContain("02:00:00:00:00:01 dev v32-100");
        plane.segments(List.of());
        states(GUEST, null);
        plane.desire(new EvpnAction.Flood(BLUE, IpAddress.parse("10.0.0.13"), false));
        assertThat(pass()).isEmpty();
        assertThat(Command.run("ip", "link"))
                .doesNotContain("v32-100", "b32-100")
                .contains("g0");
    }

    /// What an earlier run left is used, and goes only when all that is desired has been said; a stranger's bridge
    /// stays.
    @Test
    void aRestartKeepsWhatItFindsUntilItKnowsBetter() {
        Command.run("sh", "-ec", "ip link add b32-7 type bridge; ip link add br9 type bridge; ip link set br9 up");
        segment(Segment.Flooding.NONE);
        states(FAR_GUEST, new Destination.Remote(FAR));
        plane.desire(new EvpnAction.Answer(BLUE, FAR_ADDRESS, FAR_GUEST));
        pass();
        String index = index();
        plane = plane();
        pass();
        assertThat(pings()).isTrue();
        segment(Segment.Flooding.NONE);
        assertThat(pass()).isEmpty();
        assertThat(pings()).isTrue();
        plane.inSync();
        pass();
        assertThat(Command.run("bridge", "fdb", "show", "dev", "v32-100")).doesNotContain(FAR_GUEST.toString());
        assertThat(index()).isEqualTo(index);
        assertThat(Command.run("ip", "link")).contains("b32-7", "br9");
    }

    @Test
    void anInterfaceThatIsNotThereYetIsWaitedFor() {
        Command.run("ip", "link", "del", "g0");
        segment(Segment.Flooding.NONE);
        assertThat(pass()).contains("segment_port: no interface g0");
        assertThat(plane.isInForce()).isFalse();
        Command.run("ip", "link", "add", "g0", "type", "veth", "peer", "name", "g1");
        now += HOUR;
        assertThat(pass()).isEmpty();
        assertThat(plane.isInForce()).isTrue();
    }

    /// The overlay's link here is a veth pair beside the underlay's: what comes out of it would have been sealed.
    @Test
    void aNodeOfAnotherSiteIsReachedByItsLinkAlone() {
        segment(Segment.Flooding.FULL);
        plane.way(FAR, overlay("m0"));
        states(FAR_GUEST, new Destination.Remote(FAR));
        plane.desire(new EvpnAction.Flood(BLUE, FAR, true));
        assertThat(pass()).isEmpty();
        assertThat(pings()).as("a question that is flooded, and the ping").isTrue();
        assertThat(plain()).isZero();
        assertThat(fdb()).contains("00:00:00:00:00:00 dst 10.0.0.12 via m0", FAR_GUEST + " dst 10.0.0.12 via m0");

        // an agent that died takes the device with it, and the next has another
        Command.run("ip", "link", "del", "m0");
        assertThat(pings()).isFalse();
        assertThat(plain()).isZero();
        plane = plane();
        segment(Segment.Flooding.FULL);
        plane.way(FAR, overlay("m1"));
        states(FAR_GUEST, new Destination.Remote(FAR));
        plane.desire(new EvpnAction.Flood(BLUE, FAR, true));
        plane.desire(new EvpnAction.Flood(BLUE, IpAddress.parse("10.0.0.13"), true));
        assertThat(pass()).isEmpty();
        assertThat(pings()).isTrue();
        assertThat(plain()).as("copies to 10.0.0.13 and nothing else").isZero();
        assertThat(fdb())
                .containsOnlyOnce("00:00:00:00:00:00 dst 10.0.0.12")
                .contains(
                        "00:00:00:00:00:00 dst 10.0.0.12 via m1",
                        "00:00:00:00:00:00 dst 10.0.0.13",
                        FAR_GUEST + " dst 10.0.0.12 via m1");

        // a node that turns out to be of this site
        plane.way(FAR, null);
        assertThat(pass()).isEmpty();
        assertThat(fdb()).doesNotContain("via");
        assertThat(pings()).isTrue();
        assertThat(plain()).isPositive();
    }

    private InterfaceIndex overlay(String name) {
        Command.run("sh", "-ec", """
                ip link add %2$s type veth peer name far-%2$s netns %1$s address 02:53:0a:00:00:0c
                ip link set %2$s up; ip neigh add 10.0.0.12 lladdr 02:53:0a:00:00:0c dev %2$s
                ip netns exec %1$s sh -ec 'sysctl -qw net.ipv4.conf.all.rp_filter=0; ip link set far-%2$s up
                  sysctl -qw net.ipv4.conf.far-%2$s.rp_filter=0
                  nft add table inet count; nft add chain inet count in "{ type filter hook prerouting priority 0; }"
                  nft flush chain inet count in; nft add rule inet count in iifname u1 udp dport 4789 counter'
                """.formatted(far, name));
        // ip may complain first of a namespace of somebody else's that is just going
        String line = Command.run("ip", "-o", "link", "show", name);
        return new InterfaceIndex(Integer.parseInt(line.replaceFirst("(?s)^.*?([0-9]+): " + name + "@.*", "$1")));
    }

    /// Encapsulated frames that the far end got by the underlay.
    private long plain() {
        String rule = Command.run("ip", "netns", "exec", far, "nft", "list", "chain", "inet", "count", "in");
        return Long.parseLong(rule.replaceFirst("(?s).*counter packets ([0-9]+) .*", "$1"));
    }

    private static String fdb() {
        return Command.run("bridge", "fdb", "show", "dev", "v32-100");
    }

    /// 1500 octets of the underlay less 20 of IPv4, 8 of UDP, 8 of VXLAN and 14 of Ethernet.
    @Test
    void aGuestIsToldWhatThePathHolds() {
        Command.run("ip", "netns", "exec", far, "sh", "-ec", """
                ip addr add 2001:db8::2/64 dev br0 nodad; ip -6 neigh add 2001:db8::1 lladdr %s dev br0
                """.formatted(GUEST));
        inGuest("ip addr add 2001:db8::1/64 dev g1 nodad");
        segment(Segment.Flooding.NONE);
        states(FAR_GUEST, new Destination.Remote(FAR));
        plane.desire(new EvpnAction.Answer(BLUE, FAR_ADDRESS, FAR_GUEST));
        plane.desire(new EvpnAction.Answer(BLUE, IpAddress.parse("2001:db8::2"), FAR_GUEST));
        assertThat(pass()).isEmpty();
        assertThat(inGuest("ping -c 1 -W 2 -M do -s 1422 192.0.2.2").output()).contains("1 received");
        assertThat(inGuest("ping -c 1 -W 2 -M do -s 1423 192.0.2.2").output()).contains("Frag needed", "mtu = 1450");
        assertThat(inGuest("ping -c 1 -W 2 -M do -s 1402 2001:db8::2").output()).contains("1 received");
        assertThat(inGuest("ping -c 1 -W 2 -M do -s 1403 2001:db8::2").output()).contains("Packet too big: mtu=1450");
        assertThat(inGuest("ping -c 1 -W 2 -s 1423 192.0.2.2").output()).contains("1 received"); // in two, by the guest
    }

    private Command.Outcome inGuest(String line) {
        return Command.tryRun("ip", "netns", "exec", guest, "sh", "-c", line);
    }

    private static String index() {
        return Command.run("ip", "-o", "link", "show", "v32-100").replaceFirst(":.*", "");
    }

    private void segment(Segment.Flooding flooding) {
        plane.segments(
                List.of(new Segment("blue", BLUE, flooding, 1450, List.of(new Port(DEVICE, GUEST, List.of(), false)))));
        states(GUEST, new Destination.Local(DEVICE));
    }

    private void states(MacAddress mac, @Nullable Destination to) {
        plane.desire(new EvpnAction.Forward(new MacKey(BLUE, mac), to));
    }

    private List<String> pass() {
        now += 1_000_000_000L;
        return plane.pass(now);
    }

    private boolean pings() {
        return Command.tryRun("ip", "netns", "exec", guest, "ping", "-c", "2", "-W", "1", "192.0.2.2")
                        .exitCode()
                == 0;
    }
}
