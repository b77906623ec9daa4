package slash32.overlay.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceName;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.overlay.admin.AdminDevice;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;
import slash32.testkit.NamedNetns;

/// The admin network of a node, and a world that has the addresses of a known node, of a stranger there, and others.
@InNetns
class AdminGuardKernelTest {
    private static final String WORLD = "s32admin" + ProcessHandle.current().pid();
    private static final String UNDERLAY = "10.0.0.1";
    private static final String OWN = "10.99.0.1";
    private static final String NODE_UNDERLAY = "10.0.0.9";
    private static final String NODE = "10.99.0.9";
    private static final String STRANGER = "10.99.0.66";
    private static final String BEYOND = "10.99.0.77";
    private static final int CONNECT_MILLIS = 300;

    @BeforeEach
    void cable() throws IOException {
        Command.run("ip", "netns", "add", WORLD);
        // which would speak to the host by itself
        Command.run("ip", "netns", "exec", WORLD, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
        Command.run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1", "netns", WORLD);
        for (String words : List.of(
                "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 net.ipv4.ip_forward=1",
                "ip link set lo up",
                "ip link set up0 address 02:00:00:00:00:01 up",
                "ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev up0",
                "ip addr add 10.0.0.1/24 dev up0",
                "ip -n WORLD link set lo up",
                "ip -n WORLD link set up1 address 02:00:00:00:00:09 up",
                "ip -n WORLD neigh add 10.0.0.1 lladdr 02:00:00:00:00:01 dev up1",
                "ip -n WORLD addr add 10.0.0.9/24 dev up1",
                "ip -n WORLD addr add 10.99.0.9/32 dev lo",
                "ip -n WORLD addr add 10.99.0.66/32 dev lo",
                "ip -n WORLD route add 10.99.0.1/32 via 10.0.0.1",
                "ip -n WORLD route add 10.99.0.77/32 via 10.0.0.1",
                "ip route add 10.99.0.9/32 via 10.0.0.9",
                "ip route add 10.99.0.66/32 via 10.0.0.9",
                "ip route add 10.99.0.77/32 via 10.0.0.9")) {
            Command.run(words.replace("WORLD", WORLD).split(" ", -1));
        }
        try (AdminDevice device = AdminDevice.open(Ipv4Address.parse(OWN))) {
            device.put();
        }
    }

    @AfterEach
    void away() {
        Command.tryRun("nft", "delete", "table", "inet", "slash32_overlay");
        Command.run("ip", "netns", "del", WORLD);
    }

    private static GuardTerms terms(boolean admin) {
        return new GuardTerms(
                new Way.Device(new InterfaceName("mesh32")),
                Ipv4Address.parse(UNDERLAY),
                Ipv4Address.parse(UNDERLAY),
                List.of(Prefix.parse("10.1.0.0/16")),
                Set.of(22),
                Set.of(4_789),
                Set.of(),
                1_438,
                List.of(),
                admin
                        ? new GuardTerms.Admin(
                                Ipv4Address.parse(OWN), Prefix.parse("10.99.0.0/24"), Set.of(179), Set.of(3_784, 4_789))
                        : null);
    }

    /// A guard that knows the node.
    private static SiteGuard guard() throws IOException {
        SiteGuard guard = SiteGuard.install(terms(true));
        guard.admin(Ipv4Address.parse(NODE), true);
        assertThat(guard.pass(System.nanoTime())).isEmpty();
        return guard;
    }

    private static <T> T inWorld(Callable<T> task) throws Exception {
        return NamedNetns.call(WORLD, task);
    }

    private static DatagramChannel open(String address, int port) throws IOException {
        var channel = DatagramChannel.open();
        channel.bind(new InetSocketAddress(address, port)).configureBlocking(false);
        return channel;
    }

    private static void assertComes(boolean expected, String from, String to, int port) throws Exception {
        try (var here = open(to, port);
                var there = inWorld(() -> open(from, 4_000))) {
            there.send(ByteBuffer.wrap(new byte[] {1}), new InetSocketAddress(to, port));
            assertHears(here, expected, from + " to " + to);
        }
    }

    private static void assertGoes(boolean expected, String from, String to, int port) throws Exception {
        try (var there = inWorld(() -> open(to, port));
                var here = open(from, 4_000)) {
            try {
                here.send(ByteBuffer.wrap(new byte[] {1}), new InetSocketAddress(to, port));
            } catch (IOException e) { // what POSTROUTING drops is EPERM to the sender
                assertThat(expected).as(from + " to " + to).isFalse();
            }
            assertHears(there, expected, from + " to " + to);
        }
    }

    /// What is not to arrive is counted: who asserts that waits for the count.
    private static void assertHears(DatagramChannel end, boolean expected, String what) throws IOException {
        var room = ByteBuffer.allocate(100);
        if (expected) {
            end.configureBlocking(true);
            end.socket().setSoTimeout(10_000);
            end.socket().receive(new DatagramPacket(room.array(), room.capacity()));
        } else {
            assertThat(end.receive(room)).as(what).isNull();
        }
    }

    private static void assertDrops(SiteGuard guard, String reason, long count) {
        Eventually.holds(
                count + " packets dropped: " + reason,
                () -> drops(guard, reason) == count,
                () -> String.valueOf(drops(guard, reason)));
    }

    private static long drops(SiteGuard guard, String reason) {
        try {
            return guard.drops().getOrDefault(reason, 0L);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void nodesSpeakToEachOtherThereAndNobodyElseDoes() throws Exception {
        assertComes(true, STRANGER, OWN, 5_000); // without a guard
        try (SiteGuard guard = guard()) {
            assertComes(true, NODE, OWN, 5_000);
            assertGoes(true, OWN, NODE, 5_000);
            assertThat(Command.run("ping", "-c", "1", "-W", "2", "-I", OWN, NODE))
                    .contains("1 received");
            assertThat(Command.run("ping", "-c", "1", "-W", "2", OWN)).contains("1 received");
            long before = drops(guard, "admin");
            assertComes(false, STRANGER, OWN, 5_000);
            assertComes(false, NODE_UNDERLAY, OWN, 5_000);
            assertComes(false, NODE, UNDERLAY, 5_000);
            assertGoes(false, OWN, STRANGER, 5_000);
            assertGoes(false, OWN, NODE_UNDERLAY, 5_000);
            assertGoes(false, UNDERLAY, NODE, 5_000);
            assertDrops(guard, "admin", before + 6);
            assertComes(true, NODE_UNDERLAY, UNDERLAY, 5_000); // beside it
            guard.admin(Ipv4Address.parse(NODE), false);
            guard.inSync();
            guard.pass(System.nanoTime());
            assertComes(false, NODE, OWN, 5_000); // a node no more
        }
    }

    @Test
    void nothingIsPassedOnAndWhatHasNoRouteLeadsNowhere() throws Exception {
        try (SiteGuard guard = guard();
                var there = inWorld(() -> open(NODE, 4_000))) {
            there.send(ByteBuffer.wrap(new byte[] {1}), new InetSocketAddress(BEYOND, 5_000));
            assertDrops(guard, "admin", 1);
            assertThat(Command.run("ip", "route", "show", "type", "unreachable"))
                    .contains("10.99.0.0/24")
                    .contains("10.1.0.0/16");
        }
    }

    /// @param port of its own; 0 for any
    private static boolean connects(@Nullable String netns, String from, int port, String to, int toPort)
            throws Exception {
        Callable<Boolean> connect = () -> {
            try (var socket = new Socket()) {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(from, port));
                socket.connect(new InetSocketAddress(to, toPort), CONNECT_MILLIS);
                return true;
            } catch (SocketTimeoutException e) {
                return false;
            }
        };
        return netns == null ? connect.call() : NamedNetns.call(netns, connect);
    }

    private static ServerSocket listen(String address, int port) throws IOException {
        var socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(address, port));
        return socket;
    }

    @Test
    void bgpNeverGoesThereInEitherDirection() throws Exception {
        try (var bgp = listen(OWN, 179);
                var ssh = listen(OWN, 2_022);
                var farBgp = inWorld(() -> listen(NODE, 179));
                var farSsh = inWorld(() -> listen(NODE, 2_022))) {
            try (SiteGuard guard = guard()) {
                assertThat(connects(WORLD, NODE, 0, OWN, 2_022)).isTrue();
                assertThat(connects(null, OWN, 0, NODE, 2_022)).isTrue();
                assertThat(drops(guard, "admin-barred")).isZero();
                assertThat(connects(WORLD, NODE, 0, OWN, 179)).isFalse();
                long taken = drops(guard, "admin-barred"); // an attempt may be several packets
                assertThat(taken).isPositive();
                assertThat(connects(null, OWN, 0, NODE, 179)).isFalse();
                assertThat(drops(guard, "admin-barred")).isGreaterThan(taken);
            }
            Command.run("nft", "delete", "table", "inet", "slash32_overlay");
            assertThat(connects(WORLD, NODE, 0, OWN, 179)).as("without a guard").isTrue();
            assertThat(connects(null, OWN, 0, NODE, 179)).as("without a guard").isTrue();
            assertThat(List.of(bgp, ssh, farBgp, farSsh)).noneMatch(ServerSocket::isClosed);
        }
        try (SiteGuard guard = guard();
                var _ = listen(OWN, 2_022)) {
            assertThat(connects(WORLD, NODE, 179, OWN, 2_022))
                    .as("from BGP's port")
                    .isFalse();
            assertThat(drops(guard, "admin-barred")).isPositive();
        }
        try (SiteGuard guard = guard()) {
            for (int port : new int[] {3_784, 4_789}) {
                assertComes(false, NODE, OWN, port);
                assertGoes(false, OWN, NODE, port);
            }
            assertDrops(guard, "admin-barred", 4);
        }
    }

    /// The device is a veth pair: what comes out of it was opened.
    @Test
    void aNodeOfAnotherSiteIsHeardByTheWayFromThereAlone() throws Exception {
        Command.run("ip", "link", "add", "mesh32", "type", "veth", "peer", "name", "mesh1", "netns", WORLD);
        Command.run("ip", "link", "set", "mesh32", "up");
        Command.run("ip", "-n", WORLD, "link", "set", "mesh1", "up");
        try (SiteGuard guard = guard()) {
            guard.admin(Ipv4Address.parse(NODE), false);
            guard.adminElsewhere(Ipv4Address.parse(NODE), true);
            guard.inSync();
            guard.pass(System.nanoTime());
            assertComes(false, NODE, OWN, 5_000); // in the clear
            assertGoes(false, OWN, NODE, 5_000);
            assertDrops(guard, "plain", 2);
            Command.run("ip", "-n", WORLD, "addr", "add", "10.0.8.9/32", "dev", "mesh1");
            String mac = "02:00:00:00:00:32";
            Command.run("ip", "link", "set", "mesh32", "address", mac);
            Command.run("ip", "-n", WORLD, "neigh", "add", "10.0.8.1", "lladdr", mac, "dev", "mesh1");
            for (String to : List.of(OWN, UNDERLAY)) {
                Command.run(
                        "ip", "-n", WORLD, "route", "replace", to + "/32", "via", "10.0.8.1", "dev", "mesh1", "onlink");
            }
            assertComes(true, NODE, OWN, 5_000);
            assertComes(false, NODE, OWN, 3_784);
            assertComes(false, STRANGER, OWN, 5_000);
            assertComes(false, NODE, UNDERLAY, 5_000);
            assertComes(false, NODE_UNDERLAY, UNDERLAY, 5_000);
            assertDrops(guard, "to-host", 1);
            guard.adminElsewhere(Ipv4Address.parse(NODE), false);
            guard.admin(Ipv4Address.parse(NODE), true);
            guard.pass(System.nanoTime());
            assertComes(false, NODE, OWN, 5_000); // a node of this site by the way from others
        }
    }

    @Test
    void aConfigurationWithoutItLeavesNothingOfIt() throws Exception {
        guard().close();
        assertComes(false, STRANGER, OWN, 5_000); // without the agent
        try (SiteGuard _ = SiteGuard.install(terms(false))) {
            assertComes(true, STRANGER, OWN, 5_000);
            assertThat(Command.run("ip", "route", "show", "type", "unreachable"))
                    .doesNotContain("10.99.0.0/24");
        }
        AdminDevice.clear();
        assertThat(Command.tryRun("ip", "link", "show", "admin32").exitCode()).isNotZero();
    }
}
