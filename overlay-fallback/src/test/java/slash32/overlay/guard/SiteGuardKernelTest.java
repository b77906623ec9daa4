package slash32.overlay.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.netlink.netfilter.ForeignChanges;
import slash32.netlink.netfilter.NftEvent;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.Subscription;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;

/// The guard of a node that forwards between a guest and the world: the world counts what reaches it.
@InNetns
class SiteGuardKernelTest {
    private static final String WORLD = "s32world" + ProcessHandle.current().pid();
    private static final String GUEST = "s32guest" + ProcessHandle.current().pid();
    private static final Ipv4Address UNDERLAY = (Ipv4Address) IpAddress.parse("10.0.0.1");
    private static final Ipv4Address EXTERNAL = (Ipv4Address) IpAddress.parse("203.0.113.1");
    private static final Ipv4Address FAR = (Ipv4Address) IpAddress.parse("203.0.113.9");
    private static final String HERE = "10.1.0.1";
    private static final String THERE = "10.1.0.2";

    private static final String FAR_6 = "2001:db8:a::9";
    private static final Way MESH = new Way.Device(new InterfaceName("mesh32"));

    private final GuardTerms terms = terms(MESH);

    private static GuardTerms terms(Way way) {
        return terms(way, List.of());
    }

    private static GuardTerms terms(Way way, List<Inside> inside) {
        return new GuardTerms(
                way,
                UNDERLAY,
                EXTERNAL,
                List.of(Prefix.parse("10.1.0.0/16")),
                Set.of(22),
                Set.of(4_789, 4_790, 4_791),
                Set.of(4_791),
                1_438,
                inside,
                null);
    }

    @BeforeEach
    void cable() {
        Command.run("ip", "netns", "add", WORLD);
        Command.run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1", "netns", WORLD);
        Command.run("ip", "link", "set", "lo", "up");
        Command.run("ip", "link", "set", "up0", "up");
        Command.run("ip", "addr", "add", UNDERLAY + "/24", "dev", "up0");
        Command.run("ip", "addr", "add", EXTERNAL + "/24", "dev", "up0");
        Command.run("ip", "addr", "add", HERE + "/32", "dev", "lo");
        world("ip", "link", "set", "lo", "up");
        world("ip", "link", "set", "up1", "up");
        world("ip", "addr", "add", "10.0.0.9/24", "dev", "up1");
        world("ip", "addr", "add", FAR + "/24", "dev", "up1");
        world("ip", "addr", "add", THERE + "/32", "dev", "lo");
        world("ip", "route", "add", HERE + "/32", "via", UNDERLAY.toString());
        Command.run("ip", "route", "add", "default", "via", "10.0.0.9");
        Command.run("ip", "addr", "add", "2001:db8:a::1/64", "dev", "up0", "nodad");
        world("ip", "addr", "add", FAR_6 + "/64", "dev", "up1", "nodad");
    }

    @AfterEach
    void away() {
        Command.tryRun("nft", "delete", "table", "inet", "slash32_overlay");
        Command.run("ip", "netns", "del", WORLD);
    }

    private static String[] inside(String netns, String... words) {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", netns));
        all.addAll(List.of(words));
        return all.toArray(String[]::new);
    }

    private static String world(String... words) {
        return Command.run(inside(WORLD, words));
    }

    private static boolean pings(String from, String to) {
        return Command.tryRun("ping", "-c", "1", "-W", "1", "-I", from, to).exitCode() == 0;
    }

    private static boolean worldPings(String to) {
        return Command.tryRun("ip", "netns", "exec", WORLD, "ping", "-c", "1", "-W", "1", "-I", THERE, to)
                        .exitCode()
                == 0;
    }

    @Test
    void nothingOfAnotherSitesGuestsPassesInTheClear() throws IOException {
        assertThat(pings(HERE, THERE)).isTrue(); // the default route: what the guard is for
        try (SiteGuard guard = SiteGuard.install(terms)) {
            assertThat(pings(HERE, THERE)).as("no route to a guest").isFalse();
            Command.run("ip", "route", "add", THERE + "/32", "via", "10.0.0.9");
            assertThat(pings(HERE, THERE)).as("a guest of this site").isTrue();
            guard.elsewhere(IpAddress.parse(THERE), true);
            guard.elsewhere(IpAddress.parse("2001:db8::2"), true);
            assertThat(guard.pass(System.nanoTime())).isEmpty();
            assertThat(pings(HERE, THERE)).isFalse();
            assertThat(worldPings(HERE)).isFalse();
            assertThat(guard.drops().get("plain")).isGreaterThanOrEqualTo(2);
            assertThat(Command.run("nft", "list", "set", "inet", "slash32_overlay", "elsewhere6"))
                    .contains("2001:db8::2");
            guard.elsewhere(IpAddress.parse(THERE), false);
            assertThat(guard.pass(System.nanoTime())).isEmpty();
            assertThat(pings(HERE, THERE)).isTrue();
        }
    }

    @Test
    void whatIsInForceStaysWithoutTheAgentAndIsTakenOver() throws IOException {
        try (SiteGuard guard = SiteGuard.install(terms)) {
            guard.elsewhere(IpAddress.parse(THERE), true);
            guard.pass(System.nanoTime());
        }
        Command.run("ip", "route", "add", THERE + "/32", "via", "10.0.0.9");
        assertThat(pings(HERE, THERE)).isFalse();
        try (SiteGuard guard = SiteGuard.install(terms)) {
            guard.pass(System.nanoTime());
            assertThat(pings(HERE, THERE)).as("nothing was said yet").isFalse();
            guard.inSync();
            guard.pass(System.nanoTime());
            assertThat(pings(HERE, THERE)).isTrue();
        }
    }

    /// On a kernel that can't keep others out: what they change is heard of, and is as before after one pass.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "flush ruleset",
                "delete table inet slash32_overlay",
                "flush table inet slash32_overlay",
                "insert rule inet slash32_overlay leave accept",
                "flush chain inet slash32_overlay enter",
                "delete element inet slash32_overlay elsewhere4 { 10.1.0.2 }",
                "add element inet slash32_overlay peers { 203.0.113.66 }",
                "add table inet slash32_overlay { flags dormant; }",
                "delete table inet slash32_overlay;"
                        + " add table inet slash32_overlay;"
                        + " add set inet slash32_overlay peers { type ipv6_addr; };"
                        + " add chain inet slash32_overlay leave { type filter hook input priority 7; }",
            })
    void whatOthersChangeIsPutRight(String edit) throws IOException {
        try (SiteGuard guard = SiteGuard.install(terms, false);
                var events =
                        Subscription.openToOthers(NetlinkProtocol.NETFILTER, guard.port(), NftEvent.MULTICAST_GROUP)) {
            assertThat(guard.exclusive()).isFalse();
            guard.elsewhere(IpAddress.parse(THERE), true);
            guard.node(IpAddress.parse("10.0.0.9"), true);
            guard.peer(FAR, true);
            guard.inSync();
            assertThat(guard.pass(System.nanoTime())).isEmpty();
            String before = rules();
            Command.run("nft", edit);
            assertThat(rules()).isNotEqualTo(before);
            awaitForeign(events);
            long now = System.nanoTime();
            guard.resync(now);
            assertThat(guard.nextDeadlineNanos(now)).isEqualTo(now);
            assertThat(guard.pass(now)).isEmpty();
            assertThat(rules()).isEqualTo(before);
            assertThat(guard.repairs()).isEqualTo(1);
            assertThat(guard.takeFound()).isNotNull();
            assertThat(guard.takeFound()).isNull();
            Command.run("ip", "route", "add", THERE + "/32", "via", "10.0.0.9");
            Command.tryRun("bash", "-c", "echo x > /dev/udp/" + THERE + "/9");
            assertThat(guard.drops()).containsEntry("plain", 1L);
            guard.resync(now);
            assertThat(guard.pass(now)).isEmpty();
            assertThat(guard.repairs()).as("nothing was changed").isEqualTo(1);
        }
    }

    private static String rules() {
        return Command.tryRun("nft", "-s", "list", "table", "inet", "slash32_overlay")
                .output();
    }

    private static void awaitForeign(Subscription events) throws IOException {
        var changes = new ForeignChanges(List.of(SiteGuard.TABLE));
        boolean[] heard = new boolean[1];
        while (!heard[0]) {
            events.receive(message -> heard[0] |= changes.on(message));
        }
    }

    /// Another process owns the table meanwhile, so that the kernel refuses ours.
    @Test
    void aGuardThatCanNotBePutRightSaysSoAndTriesAgain() throws IOException {
        try (SiteGuard guard = SiteGuard.install(terms, false)) {
            guard.elsewhere(IpAddress.parse(THERE), true);
            assertThat(guard.pass(System.nanoTime())).isEmpty();
            String before = rules();
            Command.run("nft", "delete", "table", "inet", "slash32_overlay");
            long now = System.nanoTime();
            try (SiteGuard another = SiteGuard.install(terms)) {
                assertThat(another.exclusive()).isTrue();
                guard.resync(now);
                assertThat(guard.pass(now)).singleElement().asString().startsWith("the guard between sites: ");
                assertThat(guard.inForce()).isFalse();
                assertThat(guard.nextDeadlineNanos(now)).isGreaterThan(now);
            }
            Command.run("nft", "delete", "table", "inet", "slash32_overlay");
            long later = guard.nextDeadlineNanos(now);
            assertThat(guard.pass(later)).isEmpty();
            assertThat(guard.inForce()).isTrue();
            assertThat(guard.repairs()).isEqualTo(1);
            assertThat(rules()).isEqualTo(before);
        }
    }

    /// The kernel takes a set that is there for one that is asked for, though it is a smaller one.
    @Test
    void aGuardThatReadsBackOtherwiseIsNoGuard() {
        Command.run(
                "nft",
                "add table inet slash32_overlay; add set inet slash32_overlay peers" + " { type ipv4_addr; size 1; }");
        assertThatThrownBy(() -> SiteGuard.install(terms))
                .isInstanceOf(IOException.class)
                .hasMessage("the guard between sites is not in force: the kernel has no set inet slash32_overlay peers,"
                        + " or another one");
    }

    @Test
    void theExternalAddressIsForPeersAndFewOthers() throws Exception {
        try (SiteGuard guard = SiteGuard.install(terms);
                var ike = new java.net.DatagramSocket(500, java.net.InetAddress.getByName(EXTERNAL.toString()));
                var other = new java.net.DatagramSocket(5_000, java.net.InetAddress.getByName(EXTERNAL.toString()))) {
            send(5_000);
            send(4_789);
            for (int i = 0; i < 4; i++) {
                send(500);
            }
            assertThat(received(ike, 4)).isEqualTo(4);
            assertThat(guard.drops()).containsEntry("stranger", 1L).containsEntry("tunnel", 1L);
            world("bash", "-c", "for i in $(seq 1000); do echo x > /dev/udp/" + EXTERNAL + "/500; done");
            long dropped = guard.drops().getOrDefault("stranger", 0L);
            assertThat(dropped).as("of 1,000 first messages of a stranger").isGreaterThan(100);
            guard.peer(FAR, true);
            guard.pass(System.nanoTime());
            world("bash", "-c", "for i in $(seq 200); do echo x > /dev/udp/" + EXTERNAL + "/500; done");
            assertThat(guard.drops()).containsEntry("stranger", dropped);
            other.setSoTimeout(1);
            assertThat(received(other, 1)).isZero();
        }
    }

    @Test
    void noTunnelIsPlainToOrFromAnotherSite() throws Exception {
        try (SiteGuard guard = SiteGuard.install(terms)) {
            IpAddress far = IpAddress.parse("10.0.0.9");
            guard.node(far, true);
            guard.node(IpAddress.parse(FAR_6), true);
            guard.pass(System.nanoTime());
            long before = tunnels(guard);
            for (String to : List.of(far.toString(), FAR_6)) {
                for (int port : List.of(4_789, 4_790, 4_792)) {
                    Command.tryRun("bash", "-c", "echo x > /dev/udp/" + to + "/" + port);
                }
            }
            assertThat(tunnels(guard)).as("two ports, two families, out").isEqualTo(before + 4);
            for (String to : List.of(UNDERLAY.toString(), EXTERNAL.toString(), "2001:db8:a::1")) {
                for (int port : List.of(4_789, 4_790, 4_792)) {
                    world("bash", "-c", "echo x > /dev/udp/" + to + "/" + port);
                }
            }
            assertThat(tunnels(guard)).as("and in").isEqualTo(before + 10);
            protocols(guard);
            guard.node(far, false);
            guard.pass(System.nanoTime());
            long after = tunnels(guard);
            world("bash", "-c", "echo x > /dev/udp/" + UNDERLAY + "/4790");
            assertThat(tunnels(guard)).as("a node of this site").isEqualTo(after);
        }
    }

    /// GRE and IP in IP, in and out.
    private static void protocols(SiteGuard guard) throws IOException {
        long before = tunnels(guard);
        for (int protocol : List.of(4, 41, 47)) {
            world(raw(protocol, "10.0.0.9", UNDERLAY.toString()));
            Command.tryRun(raw(protocol, UNDERLAY.toString(), "10.0.0.9"));
        }
        assertThat(tunnels(guard)).isEqualTo(before + 6);
    }

    /// Sends a packet by a socket of its protocol.
    private static String[] raw(int protocol, String from, String to) {
        return new String[] {
            "python3",
            "-c",
            "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_RAW, " + protocol + "); s.bind(('" + from
                    + "', 0)); s.sendto(b'x' * 40, ('" + to + "', 0))"
        };
    }

    /// Where guests' packets go in GRE, GRE of anybody to the node is dropped if it did not come by the overlay; the
    /// device is a veth pair.
    @Test
    void aTunnelInsideIsTheOverlaysAlone() throws IOException {
        for (String[] pair : new String[][] {{"mesh32", "mesh1"}, {"g32-0a000009", "inner"}}) {
            Command.run("ip", "link", "add", pair[0], "type", "veth", "peer", "name", pair[1], "netns", WORLD);
            Command.run("sysctl", "-qw", "net.ipv4.conf." + pair[0] + ".rp_filter=0");
            Command.run("ip", "link", "set", pair[0], "up");
            world("ip", "link", "set", pair[1], "up");
        }
        Command.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0");
        try (SiteGuard guard = SiteGuard.install(terms(MESH, List.of(new Inside("g32-", 47, 24))));
                var other = new java.net.DatagramSocket(5_000, java.net.InetAddress.getByName(UNDERLAY.toString()))) {
            world(raw(47, "10.0.0.9", UNDERLAY.toString()));
            assertThat(tunnels(guard)).as("of no known node").isEqualTo(1);
            Command.tryRun(raw(47, UNDERLAY.toString(), "10.0.0.9"));
            assertThat(tunnels(guard)).as("and out").isEqualTo(2);
            world(raw(4, "10.0.0.9", UNDERLAY.toString()));
            assertThat(tunnels(guard)).as("another protocol of this site").isEqualTo(2);

            guard.elsewhere(IpAddress.parse(THERE), true);
            guard.pass(System.nanoTime());
            fromWorld(THERE, "inner", 5_000);
            assertThat(guard.drops().getOrDefault("plain", 0L))
                    .as("a guest that comes out of the tunnel")
                    .isZero();
            assertThat(guard.drops()).as("but not to the host").containsEntry("to-host", 1L);
            Command.run("ip", "route", "add", THERE + "/32", "via", "10.0.0.9", "dev", "g32-0a000009", "onlink");
            Command.run("ip", "neigh", "add", "10.0.0.9", "lladdr", "02:00:00:00:00:09", "dev", "g32-0a000009");
            pings(HERE, THERE);
            assertThat(guard.drops().getOrDefault("plain", 0L))
                    .as("nor one that goes into it")
                    .isZero();
            other.setSoTimeout(1);
            assertThat(received(other, 1)).isZero();
        }
    }

    private static long tunnels(SiteGuard guard) throws IOException {
        return guard.drops().getOrDefault("tunnel", 0L);
    }

    /// Devices of the kernel's IPsec are known by how their names begin.
    @Test
    void whatADeviceTookIsLetOutByItsNameAlone() throws IOException {
        Command.run("ip", "link", "add", "m32-0a000009", "type", "veth", "peer", "name", "sink");
        Command.run("ip", "link", "set", "m32-0a000009", "up");
        Command.run("ip", "link", "set", "sink", "up");
        Command.run("ip", "route", "add", THERE + "/32", "via", "10.0.0.9", "dev", "m32-0a000009", "onlink");
        Command.run("ip", "neigh", "add", "10.0.0.9", "lladdr", "02:00:00:00:00:09", "dev", "m32-0a000009");
        try (SiteGuard guard = SiteGuard.install(terms(new Way.KernelIpsec("m32-")))) {
            guard.elsewhere(IpAddress.parse(THERE), true);
            guard.pass(System.nanoTime());
            Command.tryRun("ping", "-c", "1", "-W", "1", "-I", HERE, THERE);
            assertThat(guard.drops().getOrDefault("plain", 0L)).isZero();
            Command.run("ip", "route", "replace", THERE + "/32", "via", "10.0.0.9", "dev", "up0");
            Command.tryRun("ping", "-c", "1", "-W", "1", "-I", HERE, THERE);
            assertThat(guard.drops().getOrDefault("plain", 0L)).isEqualTo(1);
        }
    }

    /// Both ends of a connection between a guest and one behind the device send no larger segments than cross whole.
    @Test
    void aConnectionLearnsTheSegmentSizeThatFits() throws Exception {
        guest();
        Process server = new ProcessBuilder(inside(
                        WORLD,
                        "python3",
                        "-uc",
                        "import socket\ns = socket.create_server(('::', 5001), family=socket.AF_INET6,"
                                + " dualstack_ipv6=True)\nwhile True:\n    c = s.accept()[0]\n"
                                + "    c.sendall(b'%d\\n' % c.getsockopt(6, 2))\n    c.close()"))
                .start();
        try {
            try (SiteGuard guard = SiteGuard.install(terms(new Way.Device(new InterfaceName("up0"))))) {
                assertThat(segmentSizes("10.0.0.9")).as("theirs, ours").isEqualTo("1398 1398");
                assertThat(segmentSizes(FAR_6)).isEqualTo("1378 1378");
                assertThat(guard.drops().getOrDefault("plain", 0L)).isZero();
            }
            try (SiteGuard _ = SiteGuard.install(terms(MESH, List.of(new Inside("up", 47, 24))))) {
                assertThat(segmentSizes("10.0.0.9")).as("in a tunnel").isEqualTo("1374 1374");
            }
        } finally {
            server.destroyForcibly().waitFor();
            Command.run("ip", "netns", "del", GUEST);
        }
    }

    /// A guest behind this node, whose packets it forwards.
    private static void guest() {
        Command.run("ip", "netns", "add", GUEST);
        Command.run("ip", "link", "add", "tap1", "type", "veth", "peer", "name", "eth0", "netns", GUEST);
        Command.run("ip", "link", "set", "tap1", "up");
        Command.run("ip", "addr", "add", "192.0.2.1/24", "dev", "tap1");
        Command.run("ip", "addr", "add", "2001:db8:b::1/64", "dev", "tap1", "nodad");
        Command.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
        for (String words : List.of(
                "ip link set eth0 up",
                "ip addr add 192.0.2.2/24 dev eth0",
                "ip addr add 2001:db8:b::2/64 dev eth0 nodad",
                "ip route add default via 192.0.2.1",
                "ip route add default via 2001:db8:b::1",
                "sysctl -qw net.ipv4.tcp_timestamps=0")) {
            Command.run(inside(GUEST, words.split(" ", -1)));
        }
        world("sysctl", "-qw", "net.ipv4.tcp_timestamps=0");
        world("ip", "route", "add", "192.0.2.0/24", "via", UNDERLAY.toString());
        world("ip", "route", "add", "2001:db8:b::/64", "via", "2001:db8:a::1");
        // neighbor discovery is for the host, which nothing reaches from other sites
        Command.run("ip", "link", "set", "up0", "address", "02:00:00:00:00:01");
        world("ip", "link", "set", "up1", "address", "02:00:00:00:00:09");
        Command.run("ip", "neigh", "add", FAR_6, "lladdr", "02:00:00:00:00:09", "dev", "up0");
        world("ip", "neigh", "add", "2001:db8:a::1", "lladdr", "02:00:00:00:00:01", "dev", "up1");
    }

    /// What the far end may send in a segment, and what the guest may.
    private static String segmentSizes(String to) {
        String[] client = inside(
                GUEST,
                "python3",
                "-c",
                "import socket\nc = socket.create_connection(('" + to + "', 5001), 5)\n"
                        + "print(c.recv(9).decode().strip(), c.getsockopt(6, 2))");
        Eventually.holds(
                "a connection",
                () -> Command.tryRun(client).exitCode() == 0,
                () -> Command.tryRun(client).output());
        return Command.run(client).strip();
    }

    /// The device is a veth pair: what comes out of it was opened.
    @Test
    void framesOfSegmentsComeByTheDeviceAloneAndNothingElseDoes() throws IOException {
        Command.run("ip", "link", "add", "mesh32", "type", "veth", "peer", "name", "mesh1", "netns", WORLD);
        Command.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.mesh32.rp_filter=0");
        Command.run("ip", "link", "set", "mesh32", "up");
        world("ip", "link", "set", "mesh1", "up");
        world("ip", "addr", "add", "198.51.100.9/32", "dev", "lo");
        try (SiteGuard guard = SiteGuard.install(terms);
                var frames = new java.net.DatagramSocket(4_790, java.net.InetAddress.getByName(UNDERLAY.toString()));
                var other = new java.net.DatagramSocket(5_000, java.net.InetAddress.getByName(UNDERLAY.toString()))) {
            guard.node(IpAddress.parse("10.0.0.9"), true);
            assertThat(guard.pass(System.nanoTime())).isEmpty();
            frames.setSoTimeout(200);
            fromWorld("10.0.0.9", "up1", 4_790);
            assertThat(received(frames, 1)).as("in the clear").isZero();
            assertThat(guard.drops()).containsEntry("tunnel", 1L);
            fromWorld("10.0.0.9", "mesh1", 4_790);
            assertThat(received(frames, 1)).isEqualTo(1);
            fromWorld("198.51.100.9", "mesh1", 4_790);
            fromWorld("10.0.0.9", "mesh1", 5_000);
            assertThat(received(frames, 1)).as("of no node").isZero();
            assertThat(guard.drops()).containsEntry("to-host", 2L);
            other.setSoTimeout(1);
            assertThat(received(other, 1)).isZero();
        }
    }

    @Test
    void aPortOfSomeSitesTakesFramesOfTheirNodesAlone() throws IOException {
        Command.run("ip", "link", "add", "mesh32", "type", "veth", "peer", "name", "mesh1", "netns", WORLD);
        Command.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.mesh32.rp_filter=0");
        Command.run("ip", "link", "set", "mesh32", "up");
        world("ip", "link", "set", "mesh1", "up");
        Ipv4Address node = Ipv4Address.parse("10.0.0.9");
        try (SiteGuard guard = SiteGuard.install(terms);
                var frames = new java.net.DatagramSocket(4_791, java.net.InetAddress.getByName(UNDERLAY.toString()))) {
            frames.setSoTimeout(200);
            guard.node(node, true);
            assertThat(guard.pass(System.nanoTime())).isEmpty();
            fromWorld("10.0.0.9", "mesh1", 4_791);
            assertThat(received(frames, 1)).isZero();
            assertThat(guard.drops()).containsEntry("to-host", 1L);
            guard.frames(node, 4_791, true);
            assertThat(guard.pass(System.nanoTime())).isEmpty();
            fromWorld("10.0.0.9", "mesh1", 4_791);
            assertThat(received(frames, 1)).isEqualTo(1);
        }
    }

    private static void fromWorld(String source, String device, int port) {
        String here =
                Map.of("up1", "up0", "mesh1", "mesh32", "inner", "g32-0a000009").getOrDefault(device, device);
        String link = Command.run("ip", "-o", "link", "show", here);
        String mac = link.replaceFirst("(?s).*link/ether (\\S+) .*", "$1");
        world("ip", "neigh", "replace", UNDERLAY.toString(), "lladdr", mac, "dev", device);
        world(
                "python3",
                "-c",
                "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);"
                        + "s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'" + device + "');"
                        + "s.bind(('" + source + "', 0)); s.sendto(b'x', ('" + UNDERLAY + "', " + port + "))");
    }

    @Test
    void theNodesThemselvesMayAskForEchoesThroughTheOverlay() throws IOException {
        Command.run("ip", "link", "add", "mesh32", "type", "veth", "peer", "name", "far32", "netns", WORLD);
        String near = "02:53:00:00:00:01";
        String far = "02:53:00:00:00:02";
        Command.run("ip", "link", "set", "mesh32", "address", near, "up");
        Command.run("ip", "addr", "add", "fe80::5332:1/64", "dev", "mesh32", "nodad");
        Command.run("ip", "addr", "add", "2001:db8:9::1/64", "dev", "mesh32", "nodad");
        world("ip", "link", "set", "far32", "address", far, "up");
        world("ip", "addr", "add", "fe80::5332:2/64", "dev", "far32", "nodad");
        world("ip", "addr", "add", "2001:db8:9::2/64", "dev", "far32", "nodad");
        for (String address : List.of("fe80::5332:1", "2001:db8:9::1")) { // as the overlay has them: nobody is asked
            world("ip", "neigh", "replace", address, "lladdr", near, "dev", "far32", "nud", "permanent");
        }
        for (String address : List.of("fe80::5332:2", "2001:db8:9::2")) {
            Command.run("ip", "neigh", "replace", address, "lladdr", far, "dev", "mesh32", "nud", "permanent");
        }
        try (SiteGuard guard = SiteGuard.install(terms)) {
            assertThat(guard.pass(System.nanoTime())).isEmpty();
            assertThat(world("ping", "-6", "-c", "1", "-W", "5", "fe80::5332:1%far32"))
                    .contains("1 received");
            assertThat(Command.run("ping", "-6", "-c", "1", "-W", "5", "fe80::5332:2%mesh32"))
                    .contains("1 received");
            assertThat(Command.tryRun("ip", "netns", "exec", WORLD, "ping", "-6", "-c", "1", "-W", "1", "2001:db8:9::1")
                            .exitCode())
                    .isNotZero();
            assertThat(guard.drops().get("to-host")).isEqualTo(1);
        }
    }

    private static void send(int port) {
        world("bash", "-c", "echo x > /dev/udp/" + EXTERNAL + "/" + port);
    }

    private static int received(java.net.DatagramSocket socket, int most) throws IOException {
        socket.setSoTimeout(socket.getSoTimeout() == 0 ? 5_000 : socket.getSoTimeout());
        int count = 0;
        try {
            while (count < most) {
                socket.receive(new java.net.DatagramPacket(new byte[10], 10));
                count++;
            }
        } catch (java.net.SocketTimeoutException _) {
            return count;
        }
        return count;
    }
}
