package slash32.overlay.esp.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.netlink.tun.OffloadDevice;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.overlay.esp.ChildPair;
import slash32.overlay.esp.path.Drop;
import slash32.overlay.esp.path.Lifetime;
import slash32.overlay.esp.path.PathListener;
import slash32.overlay.esp.path.SaStatus;
import slash32.overlay.ike.exchange.PeerConfig;
import slash32.overlay.ike.wire.Identity;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;

/// Two paths in one process: the TUN of one is in a namespace of its own, that of the other and both sockets are in the
/// test's. The kernel's TCP is at both ends.
@InNetns
class UserspacePathKernelTest {
    private static final String OTHER = "s32esp" + ProcessHandle.current().pid();
    private static final IpAddress LEFT = IpAddress.parse("192.0.2.1");
    private static final IpAddress RIGHT = IpAddress.parse("192.0.2.2");
    private static final Ipv4Address SELF = new Ipv4Address(0xc633_6402); // 198.51.100.2
    private static final Ipv4Address NODE = new Ipv4Address(0xc633_6401);
    private static final String GATEWAY6 = "fe80::5332:c633:6401";
    private static final int PORT = 5_001;

    /// An IPv4 header from 10.1.0.1 to 10.1.0.2 with nothing behind it.
    private static final byte[] HEADER = ByteBuffer.allocate(20)
            .putInt(0x4500_0014)
            .putInt(0)
            .putInt(0x403b_66ab)
            .putInt(0x0a01_0001)
            .putInt(0x0a01_0002)
            .array();

    private static final int OCTETS = 20_000_000;

    @TempDir
    Path folder;

    private final List<Thread> threads = new ArrayList<>();
    private final List<UserspacePath> paths = new ArrayList<>();
    private final LinkedBlockingQueue<String> said = new LinkedBlockingQueue<>();
    private final PathListener listener = new PathListener() {
        @Override
        public boolean received(IpAddress from, int port, byte[] message) {
            return said.add("ike " + from + " " + port + " " + Arrays.toString(message));
        }

        @Override
        public void wornOut(int inboundSpi) {
            said.add("worn out " + inboundSpi);
        }

        @Override
        public void needed(Identity peer) {
            said.add("needed " + peer);
        }
    };

    @BeforeEach
    void namespaces() {
        Command.run("ip", "netns", "add", OTHER);
        Command.run("ip", "link", "set", "lo", "mtu", "1500");
        Command.run("ip", "addr", "add", LEFT + "/32", "dev", "lo");
        Command.run("ip", "addr", "add", RIGHT + "/32", "dev", "lo");
    }

    @AfterEach
    void stop() throws InterruptedException {
        paths.forEach(UserspacePath::stop);
        for (Thread thread : threads) {
            thread.join();
        }
        paths.forEach(UserspacePath::close);
        Command.run("ip", "netns", "del", OTHER);
    }

    private UserspacePath path(IpAddress underlay, String device, Lifetime lifetime) throws IOException {
        OffloadDevice tun = OffloadDevice.open(new InterfaceName(device), OffloadDevice.Layer.PACKETS);
        UserspacePath path = UserspacePath.open(tun, BatchUdpSocket.bind(underlay, 4500), lifetime, listener);
        paths.add(path);
        start("esp-out", path::runOutbound);
        start("esp-in", path::runInbound);
        return path;
    }

    private interface Loop {
        void run() throws IOException;
    }

    private void start(String name, Loop loop) {
        threads.add(Thread.ofPlatform().name(name).start(() -> {
            try {
                loop.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }));
    }

    private static ChildPair pair(long seed) {
        var underlay = new slash32.overlay.ike.exchange.Path(LEFT, 4500, RIGHT, 4500);
        return ChildPair.of(seed, true, underlay, ChildPair.all("10.1.0.1"), ChildPair.all("10.1.0.2"));
    }

    private UserspacePath left(Lifetime lifetime) throws IOException {
        UserspacePath left = path(LEFT, "tunleft", lifetime);
        Command.run("ip", "link", "set", "tunleft", "netns", OTHER);
        there("ip", "addr", "add", "10.1.0.1/24", "dev", "tunleft");
        there("ip", "link", "set", "tunleft", "mtu", "1400", "up");
        return left;
    }

    private UserspacePath right() throws IOException {
        UserspacePath right = path(RIGHT, "tunright", Lifetime.DEFAULT);
        Command.run("ip", "addr", "add", "10.1.0.2/24", "dev", "tunright");
        Command.run("ip", "link", "set", "tunright", "mtu", "1400", "up");
        return right;
    }

    /// The right end with a device for any number of peers: {@link #NODE} stands for the left one.
    private UserspacePath mesh() throws IOException {
        MeshDevice device = MeshDevice.open(new InterfaceName("mesh0"), SELF, 1_400);
        UserspacePath right = UserspacePath.open(device, BatchUdpSocket.bind(RIGHT, 4500), Lifetime.DEFAULT, listener);
        paths.add(right);
        right.loops().forEach((name, loop) -> start(name, loop::run));
        var peer = new PeerConfig(
                Identity.address(NODE),
                new slash32.overlay.ike.exchange.Path(RIGHT, 500, LEFT, 500),
                ChildPair.all("10.1.0.2"),
                ChildPair.all("10.1.0.1"),
                false);
        InterfaceIndex index = right.attach(NODE, peer);
        assertThat(right.attach(NODE, peer)).isEqualTo(index);
        Command.run("ip", "addr", "add", "10.1.0.2/32", "dev", "lo");
        Command.run("ip", "addr", "add", "2001:db8:1::2/128", "dev", "lo");
        Command.run("ip", "route", "add", "10.1.0.1/32", "via", NODE.toString(), "dev", "mesh0", "onlink");
        return right;
    }

    private static void there(String... words) {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", OTHER));
        all.addAll(List.of(words));
        Command.run(all.toArray(String[]::new));
    }

    private static void install(ChildPair pair, UserspacePath left, UserspacePath right) {
        left.receive(pair.left());
        right.receive(pair.right());
        left.send(pair.left());
        right.send(pair.right());
    }

    @ParameterizedTest
    @CsvSource({"true, false", "false, false", "true, true", "false, true"})
    void tcpComesThroughWhole(boolean fromOther, boolean mesh) throws Exception {
        UserspacePath left = left(Lifetime.DEFAULT);
        UserspacePath right = mesh ? mesh() : right();
        install(mesh ? pair(1).withLeftAs(Identity.address(NODE)) : pair(1), left, right);
        byte[] octets = new byte[OCTETS];
        new Random(1).nextBytes(octets);
        Path file = folder.resolve("file");
        try (var server = new ServerSocket()) {
            server.bind(new InetSocketAddress("10.1.0.2", PORT));
            String connection = "/dev/tcp/10.1.0.2/" + PORT;
            if (fromOther) {
                Files.write(file, octets);
            }
            Process client = new ProcessBuilder(
                            "ip",
                            "netns",
                            "exec",
                            OTHER,
                            "bash",
                            "-c",
                            fromOther ? "cat " + file + " > " + connection : "cat < " + connection + " > " + file)
                    .redirectErrorStream(true)
                    .start();
            try (Socket socket = server.accept()) {
                if (fromOther) {
                    assertThat(socket.getInputStream().readAllBytes()).isEqualTo(octets);
                } else {
                    socket.getOutputStream().write(octets);
                }
            }
            assertThat(client.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(Files.readAllBytes(file)).isEqualTo(octets);
        SaStatus status = left.sas().getFirst();
        assertThat(status.used()).isTrue();
        assertThat(fromOther ? status.outboundOctets() : status.inboundOctets()).isGreaterThan(OCTETS);
        Map<Drop, Long> drops = right.drops();
        assertThat(drops)
                .containsEntry(Drop.NOT_AUTHENTIC, 0L)
                .containsEntry(Drop.REPLAYED, 0L)
                .containsEntry(Drop.DEVICE_REFUSED, 0L);
    }

    @Test
    void everySizeOfADatagramComesThrough() throws Exception {
        UserspacePath left = left(Lifetime.DEFAULT);
        UserspacePath right = right();
        install(pair(2), left, right);
        for (int size : new int[] {0, 1, 2, 3, 100, 1_372, 4_000, 30_000}) {
            assertThat(Command.tryRun(
                                    "ip",
                                    "netns",
                                    "exec",
                                    OTHER,
                                    "ping",
                                    "-c",
                                    "1",
                                    "-W",
                                    "5",
                                    "-s",
                                    "" + size,
                                    "10.1.0.2")
                            .exitCode())
                    .as("ping of %d octets", size)
                    .isZero();
        }
        assertThat(right.sas().getFirst().inboundPackets()).isGreaterThanOrEqualTo(8);
    }

    /// Of an authentic packet of another sequence number, a copy of it, and one with a bit that flipped the first goes
    /// to the device, and what follows is as before.
    @Test
    void aCopyAndAFlippedPacketAreDroppedByReason() throws Exception {
        UserspacePath left = left(Lifetime.DEFAULT);
        UserspacePath right = right();
        ChildPair pair = pair(4);
        install(pair, left, right);
        byte[] packet = ChildPair.sealed(pair.left(), 1_000, HEADER);
        byte[] flipped = ChildPair.sealed(pair.left(), 1_001, HEADER);
        flipped[flipped.length / 2] ^= 1;
        try (var sender = new DatagramSocket(0, InetAddress.getByName("192.0.2.1"))) {
            for (byte[] octets : List.of(packet, packet, flipped)) {
                sender.send(new DatagramPacket(octets, octets.length, new InetSocketAddress("192.0.2.2", 4500)));
            }
        }
        Eventually.holds(
                "two drops",
                () -> Long.valueOf(1).equals(right.drops().get(Drop.NOT_AUTHENTIC)),
                () -> right.drops().toString());
        assertThat(right.drops()).containsEntry(Drop.REPLAYED, 1L).containsEntry(Drop.MALFORMED, 0L);
        assertThat(right.sas().getFirst().inboundPackets()).isEqualTo(1);
        there("ping", "-c", "1", "-W", "10", "10.1.0.2");
        assertThat(right.sas().getFirst().inboundPackets()).isEqualTo(2);
    }

    @Test
    void withoutAnSaNothingLeaves() throws Exception {
        UserspacePath left = left(Lifetime.DEFAULT);
        right();
        assertThat(Command.tryRun("ip", "netns", "exec", OTHER, "ping", "-c", "1", "-W", "1", "10.1.0.2")
                        .exitCode())
                .isNotZero();
        assertThat(left.drops()).doesNotContainEntry(Drop.NO_SA, 0L);
    }

    @Test
    void aPeerWithoutAnSaIsAskedForAndGetsNothing() throws Exception {
        UserspacePath right = mesh();
        Command.run("ip", "-6", "route", "add", "2001:db8:1::1/128", "via", GATEWAY6, "dev", "mesh0", "onlink");
        for (String address : List.of("10.1.0.1", "2001:db8:1::1")) {
            said.clear();
            assertThat(Command.tryRun("ping", "-c", "1", "-W", "1", address).exitCode())
                    .isNotZero();
            assertThat(said.poll(10, TimeUnit.SECONDS)).isEqualTo("needed " + NODE);
        }
        right.detach(NODE);
        assertThat(Command.run("ip", "neigh", "show", "dev", "mesh0")).doesNotContain("PERMANENT");
    }

    @Test
    void anSaTakesThePlaceOfAnotherWithoutALoss() throws Exception {
        UserspacePath left = left(Lifetime.DEFAULT);
        UserspacePath right = right();
        install(pair(10), left, right);
        Process ping = new ProcessBuilder(
                        "ip", "netns", "exec", OTHER, "ping", "-q", "-c", "400", "-i", "0.002", "-W", "20", "10.1.0.2")
                .redirectErrorStream(true)
                .start();
        // The old ones stay: on a busy machine a packet may be on its way for long.
        for (int seed = 11; ping.isAlive(); seed++) {
            install(pair(seed), left, right);
            ping.waitFor(10, TimeUnit.MILLISECONDS);
        }
        assertThat(new String(ping.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("400 received, 0% packet loss");
        assertThat(left.sas()).hasSizeGreaterThan(2).filteredOn(SaStatus::used).hasSize(1);
    }

    /// Three pings of 84 octets each.
    @ParameterizedTest
    @CsvSource({"3, 9223372036854775807", "9223372036854775807, 252"})
    void ikeHearsWhatIsItsAndThatAnSaIsWornOut(long mostPackets, long mostOctets) throws Exception {
        UserspacePath left = left(new Lifetime(mostPackets, mostOctets));
        UserspacePath right = right();
        ChildPair pair = pair(3);
        install(pair, left, right);
        assertThat(Command.tryRun("ip", "netns", "exec", OTHER, "ping", "-c", "4", "-i", "0.01", "10.1.0.2")
                        .exitCode())
                .isZero();
        assertThat(said.poll(10, TimeUnit.SECONDS))
                .isEqualTo("worn out " + pair.left().inboundSpi());
        try (var stranger = new DatagramSocket(0, InetAddress.getByName("192.0.2.1"))) {
            for (byte[] octets : new byte[][] {{(byte) 0xff}, {1, 2}, {1, 2, 3, 4, 5}, {0, 0, 0, 0, 7, 8}}) {
                stranger.send(new DatagramPacket(octets, octets.length, new InetSocketAddress("192.0.2.2", 4500)));
            }
            assertThat(said.poll(10, TimeUnit.SECONDS))
                    .isEqualTo("ike 192.0.2.1 " + stranger.getLocalPort() + " [7, 8]");
        }
        assertThat(right.drops()).containsEntry(Drop.MALFORMED, 1L).containsEntry(Drop.UNKNOWN_SPI, 1L);
        left.send(RIGHT, 4500, new byte[] {0, 0, 0, 0, 9});
        assertThat(said.poll(10, TimeUnit.SECONDS)).isEqualTo("ike 192.0.2.1 4500 [9]");
    }
}
