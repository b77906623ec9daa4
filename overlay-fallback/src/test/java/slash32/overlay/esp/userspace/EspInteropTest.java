package slash32.overlay.esp.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.netlink.tun.OffloadDevice;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.overlay.esp.path.Drop;
import slash32.overlay.esp.path.EspNode;
import slash32.overlay.esp.path.Lifetime;
import slash32.overlay.esp.path.SaStatus;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.exchange.Action;
import slash32.overlay.ike.udp.Strongswan;
import slash32.overlay.ike.udp.Strongswan.Selectors;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// Traffic between our data path and strongSwan's ESP in user space, with the keys that our IKE and strongSwan
/// agreed on.
@InNetns
@Tag("interop")
class EspInteropTest {
    private static final String HERE = "10.9.0.1";
    private static final String THERE = "10.9.0.2";
    private static final String IKE = "aes256gcm16-prfsha256-x25519";
    private static final String ESP = "aes256gcm16-x25519";
    private static final int PORT = 5_001;

    /// A busy machine may have a packet wait for a second.
    private static final int LINGER_SECONDS = 5;

    private static final int OCTETS = 5_000_000;

    @TempDir
    Path folder;

    private final List<Thread> threads = new ArrayList<>();
    private final List<Action> events = new CopyOnWriteArrayList<>();
    private @Nullable Strongswan far;
    private @Nullable EspNode node;

    @BeforeEach
    void cable() {
        far = new Strongswan(folder);
        Strongswan.there("ip", "addr", "add", THERE + "/32", "dev", "lo");
    }

    @AfterEach
    void tearDown() throws InterruptedException {
        if (node != null) {
            node.stop();
            for (Thread thread : threads) {
                thread.join();
            }
            node.close();
        }
        far().takeDown();
    }

    private void start(String esp, Lifetime lifetime) throws Exception {
        start(esp, lifetime, 0, Duration.ofHours(1));
    }

    private void start(String esp, Lifetime lifetime, int rekeySeconds, Duration life) throws Exception {
        far().start("ec", IKE, esp, new Selectors(THERE + "/32", HERE + "/32", rekeySeconds, LINGER_SECONDS));
        OffloadDevice device = OffloadDevice.open(new InterfaceName("esp0"), OffloadDevice.Layer.PACKETS);
        EspNode opened = EspNode.open(
                Strongswan.NEAR,
                listener -> UserspacePath.open(
                        device,
                        BatchUdpSocket.bind(Strongswan.NEAR, slash32.overlay.ike.exchange.Path.NAT_PORT),
                        lifetime,
                        listener),
                far().ours("ec", KeyExchangeMethod.X25519, life, Duration.ofSeconds(LINGER_SECONDS)),
                events::add,
                new EspNode.Wants() {
                    @Override
                    public void needed(Identity peer) {}

                    @Override
                    public void strayed(IpAddress from) {}
                });
        node = opened;
        Command.run("ip", "addr", "add", HERE + "/24", "dev", "esp0");
        Command.run("ip", "link", "set", "esp0", "mtu", "1400", "up");
        TrafficSelector here = TrafficSelector.of(IpAddress.parse(HERE), 0);
        TrafficSelector there = TrafficSelector.of(IpAddress.parse(THERE), 0);
        opened.ike().execute((ike, now) -> {
            ike.configure(Strongswan.peer(here, there));
            ike.connect(Strongswan.THEIRS, now);
        });
        run("ike", opened.ike()::run);
        opened.path().loops().forEach((name, loop) -> run(name, loop::run));
        eventually("a Child SA that is sent on", () -> sas().stream().anyMatch(SaStatus::used));
        // it makes its device when it has its first SA
        eventually(
                "its device",
                () -> Command.tryRun(Strongswan.inside("ip", "link", "set", "ipsec0", "mtu", "1400"))
                                .exitCode()
                        == 0);
    }

    private interface Loop {
        void run() throws IOException;
    }

    private void run(String name, Loop loop) {
        threads.add(Thread.ofPlatform().name(name).start(() -> {
            try {
                loop.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }));
    }

    private EspNode node() {
        return Objects.requireNonNull(node);
    }

    private Strongswan far() {
        return Objects.requireNonNull(far);
    }

    private List<SaStatus> sas() {
        return node().path().sas();
    }

    private void eventually(String what, BooleanSupplier holds) {
        far().eventually(
                        what,
                        holds,
                        () -> "events " + events + ", SAs " + sas() + ", drops "
                                + node().path().drops());
    }

    private static String ping(int count, String interval) {
        return Command.tryRun("ping", "-q", "-c", "" + count, "-i", interval, "-W", "20", "-I", HERE, THERE)
                .output();
    }

    @ParameterizedTest
    @CsvSource({"aes256gcm16-x25519, true", "aes128gcm16-ecp256, false"})
    void trafficPassesBothWays(String esp, boolean fromThere) throws Exception {
        start(esp, Lifetime.DEFAULT);
        assertThat(ping(20, "0.01")).contains("20 received, 0% packet loss");
        assertThat(Strongswan.there("ping", "-q", "-c", "20", "-i", "0.01", "-I", THERE, HERE))
                .contains("20 received, 0% packet loss");
        byte[] octets = new byte[OCTETS];
        new Random(1).nextBytes(octets);
        Path file = folder.resolve("octets");
        if (fromThere) {
            Files.write(file, octets);
        }
        try (var server = new ServerSocket()) {
            server.bind(new InetSocketAddress(HERE, PORT));
            String connection = "/dev/tcp/" + HERE + "/" + PORT;
            Process client = new ProcessBuilder(Strongswan.inside(
                            "bash",
                            "-c",
                            fromThere ? "cat " + file + " > " + connection : "cat < " + connection + " > " + file))
                    .start();
            try (Socket socket = server.accept()) {
                if (fromThere) {
                    assertThat(socket.getInputStream().readAllBytes()).isEqualTo(octets);
                } else {
                    socket.getOutputStream().write(octets);
                }
            }
            assertThat(client.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(Files.readAllBytes(file)).isEqualTo(octets);
        SaStatus sa = sas().getFirst();
        assertThat(fromThere ? sa.inboundOctets() : sa.outboundOctets()).isGreaterThan(OCTETS);
        assertThat(node().path().drops())
                .containsEntry(Drop.NOT_AUTHENTIC, 0L)
                .containsEntry(Drop.NOT_AGREED, 0L)
                .containsEntry(Drop.MALFORMED, 0L)
                .containsEntry(Drop.UNKNOWN_SPI, 0L);
    }

    /// Ours is asked for by the wear of the SA, theirs by hand, all the while a ping runs.
    @Test
    void rekeyingLosesNothing() throws Exception {
        start(ESP, new Lifetime(100, Long.MAX_VALUE));
        Process ping =
                new ProcessBuilder("ping", "-q", "-c", "1000", "-i", "0.005", "-W", "20", "-I", HERE, THERE).start();
        for (int round = 0; round < 5; round++) {
            int before = sas().getFirst().child().inboundSpi();
            assertThat(far().swanctl("--rekey", "--child", "data")).contains("rekey completed");
            eventually(
                    "another Child SA",
                    () -> sas().stream().anyMatch(sa -> sa.used() && sa.child().inboundSpi() != before));
        }
        assertThat(new String(ping.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("1000 received, 0% packet loss");
        eventually(
                "one SA is left at both ends",
                () -> sas().size() == 1 && far().swanctlChildren().size() == 1);
        assertThat(events.stream().filter(Action.UseOutbound.class::isInstance)).hasSizeGreaterThan(8);
        assertThat(events.stream().filter(Action.Lost.class::isInstance)).isEmpty();
    }

    /// Both ends replace the Child SA and the IKE SA every ten seconds or so, at about the same time, for {@code
    /// -Desp.soak=600} seconds or for a few.
    @Test
    void bothReplaceAllSasAllTheTime() throws Exception {
        int seconds = Integer.getInteger("esp.soak", 15);
        start(ESP, Lifetime.DEFAULT, 10, Duration.ofSeconds(12));
        String first = far().ikeSpi();
        assertThat(ping(50 * seconds, "0.02")).contains(50 * seconds + " received, 0% packet loss");
        assertThat(events.stream().filter(Action.UseOutbound.class::isInstance)).hasSizeGreaterThan(seconds / 15);
        assertThat(events.stream().filter(Action.Lost.class::isInstance)).isEmpty();
        assertThat(far().ikeSpi()).isNotEqualTo(first);
    }

    @Test
    void nothingPassesOnceThePeerIsLetInNoMore() throws Exception {
        start(ESP, Lifetime.DEFAULT);
        assertThat(ping(1, "1")).contains("1 received");
        node().ike().execute((ike, now) -> ike.disconnect(Strongswan.THEIRS, now));
        eventually("no SA", () -> sas().isEmpty());
        assertThat(Command.tryRun("ping", "-q", "-c", "2", "-i", "0.1", "-W", "1", "-I", HERE, THERE)
                        .output())
                .contains("100% packet loss");
        assertThat(node().path().drops()).doesNotContainEntry(Drop.NO_SA, 0L);
    }
}
