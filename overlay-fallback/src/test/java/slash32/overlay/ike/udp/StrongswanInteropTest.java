package slash32.overlay.ike.udp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.exchange.Action;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.IkeNode;
import slash32.overlay.ike.exchange.IkeNode.Counter;
import slash32.overlay.ike.exchange.NodeConfig;
import slash32.overlay.ike.udp.Strongswan.Selectors;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;
import slash32.testkit.InNetns;

/// Our loop at one end of a cable and strongSwan with its ESP in user space (tunnel mode, in UDP) at the other, each in
/// a namespace of its own, with certificates of one authority.
@InNetns
@Tag("interop")
class StrongswanInteropTest {
    private static final IpAddress NEAR = Strongswan.NEAR;
    private static final IpAddress FAR = Strongswan.FAR;
    private static final String IKE = "aes256gcm16-prfsha256-x25519";
    private static final String ESP = "aes256gcm16-x25519";
    private static final Identity THEIRS = Strongswan.THEIRS;

    @TempDir
    Path folder;

    private @Nullable Strongswan far;
    private @Nullable OurEnd near;

    @BeforeEach
    void cable() {
        far = new Strongswan(folder);
    }

    @AfterEach
    void tearDown() throws InterruptedException {
        if (near != null) {
            near.stop();
        }
        far().takeDown();
    }

    @ParameterizedTest
    @CsvSource({
        "X25519, ec, aes256gcm16-prfsha256-x25519, aes256gcm16-x25519",
        "P256, ed25519, aes256gcm16-prfsha384-ecp256, aes256gcm16-ecp256",
        "MODP_2048, rsa, aes128gcm16-prfsha256-modp2048, aes128gcm16-modp2048"
    })
    void weBegin(KeyExchangeMethod method, String keys, String ike, String esp) throws Exception {
        far().start(keys, ike, esp, Selectors.OUTER);
        start(keys, method);
        near().connect();
        rekeyBothWays();
        near().loop().execute((node, now) -> node.disconnect(THEIRS, now));
        near().eventually(
                        "strongSwan has nothing",
                        () -> far().swanctl("--list-sas").isBlank());
        near().eventually("nor have we", near().installed::isEmpty);
    }

    @ParameterizedTest
    @CsvSource({
        "X25519, ec, aes256gcm16-prfsha256-x25519, aes256gcm16-x25519",
        "P256, ed25519, aes256gcm16-prfsha384-ecp256, aes256gcm16-ecp256",
        "MODP_2048, rsa, aes128gcm16-prfsha256-modp2048, aes128gcm16-modp2048"
    })
    void strongswanBegins(KeyExchangeMethod method, String keys, String ike, String esp) throws Exception {
        far().start(keys, ike, esp, Selectors.OUTER);
        start(keys, method);
        assertThat(far().swanctl("--initiate", "--child", "data")).contains("completed successfully");
        near().connected();
        rekeyBothWays();
        assertThat(far().swanctl("--terminate", "--ike", "ours")).contains("completed successfully");
        near().eventually("we have nothing", near().installed::isEmpty);
        assertThat(near().events).contains(new Action.Lost(THEIRS, "deleted by the peer"));
    }

    @Test
    void bothRekeyAtOnce() throws Exception {
        far().start("ec", IKE, ESP, Selectors.OUTER);
        start("ec", KeyExchangeMethod.X25519);
        near().connect();
        for (int round = 0; round < 5; round++) {
            ChildSa before = near().current();
            near().loop().execute((node, now) -> node.rekeyChild(before.inboundSpi(), now));
            far().swanctl("--rekey", "--child", "data");
            near().eventually("another Child SA", () -> !near().current().equals(before));
            near().settle();
        }
        assertThat(near().losses()).isEmpty();
    }

    @Test
    void aStrongswanThatIsKilledIsLostAndComesBack() throws Exception {
        far().start("ec", IKE, ESP, Selectors.OUTER);
        start("ec", KeyExchangeMethod.X25519);
        near().connect();
        far().kill();
        near().eventually("it is lost", () -> near().losses().equals(List.of("the peer does not answer")));
        assertThat(near().installed).isEmpty();
        far().start("ec", IKE, ESP, Selectors.OUTER);
        near().connect();
    }

    /// Each asks the other for a cookie (RFC 7296 §2.6), and gives one.
    @Test
    void cookiesAreAskedForAndGiven() throws Exception {
        far().settings("cookie_threshold = 1", "");
        far().start("ec", IKE, ESP, Selectors.OUTER);
        NodeConfig usual = far().ours("ec", KeyExchangeMethod.X25519);
        start(new NodeConfig(
                usual.credentials(),
                usual.verifier(),
                usual.keyExchanges(),
                usual.prfs(),
                usual.timers(),
                usual.forceEncapsulation(),
                1));
        beginAndLeave(usual, NEAR); // a half-open one with us
        assertThat(far().swanctl("--initiate", "--child", "data")).contains("completed successfully");
        near().connected();
        var asked = new CompletableFuture<Map<Counter, Long>>();
        near().loop().execute((node, _) -> asked.complete(node.counters()));
        assertThat(asked.get(10, TimeUnit.SECONDS)).containsEntry(Counter.COOKIE_ASKED, 1L);
        assertThat(far().swanctl("--terminate", "--ike", "ours")).contains("completed successfully");
        near().eventually("we have nothing", near().installed::isEmpty);

        beginAndLeave(usual, FAR);
        near().eventually(
                        "strongSwan has a half-open one",
                        () -> far().swanctl("--list-sas").contains("CONNECTING"));
        near().connect();
        assertThat(far().log()).contains("sending COOKIE notify to " + NEAR);
    }

    /// Sends what begins an IKE SA, and does not listen.
    private static void beginAndLeave(NodeConfig config, IpAddress to) throws IOException {
        var stranger = new IkeNode(config, new SecureRandom(), 0);
        stranger.configure(Strongswan.peer(
                TrafficSelector.of(NEAR, TrafficSelector.UDP), TrafficSelector.of(FAR, TrafficSelector.UDP)));
        stranger.connect(THEIRS, 0);
        byte[] init = stranger.actions().stream()
                .filter(Action.Send.class::isInstance)
                .map(action -> ((Action.Send) action).datagram().toArray())
                .findFirst()
                .orElseThrow();
        try (var socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(init, init.length, InetAddress.getByName(to.toString()), 500));
        }
    }

    /// RFC 7383, both ways.
    @Test
    void longMessagesAreCutAndPutTogether() throws Exception {
        far().start("rsa", IKE, ESP, Selectors.OUTER);
        start("rsa", KeyExchangeMethod.X25519);
        near().connect();
        assertThat(far().log()).contains("reassembled fragmented IKE message").contains("splitting IKE message");
    }

    /// RFC 6023: strongSwan begins with an IKE SA alone, and asks for a Child SA later.
    @Test
    void anIkeSaBeginsWithoutAChildSa() throws Exception {
        far().settings("", "childless = force");
        far().start("ec", IKE, ESP, Selectors.OUTER);
        start("ec", KeyExchangeMethod.X25519);
        assertThat(far().swanctl("--initiate", "--ike", "ours")).contains("completed successfully");
        near().eventually(
                        "it is established",
                        () -> near().events.stream().anyMatch(Action.Established.class::isInstance));
        assertThat(near().installed).isEmpty();
        assertThat(far().swanctl("--initiate", "--child", "data")).contains("completed successfully");
        near().connected();
        ChildSa first = near().current();
        assertThat(far().swanctl("--rekey", "--child", "data")).contains("rekey completed");
        near().eventually("another Child SA", () -> !near().current().equals(first));
        near().settle();
    }

    /// RFC 7296 §2.8.3: a new IKE SA with a new proof, before the old one goes or after it.
    @ParameterizedTest
    @ValueSource(strings = {"yes", "no"})
    void strongswanProvesItselfAnew(String makeBeforeBreak) throws Exception {
        far().settings("make_before_break = " + makeBeforeBreak, "");
        far().start("ec", IKE, ESP, Selectors.OUTER);
        start("ec", KeyExchangeMethod.X25519);
        assertThat(far().swanctl("--initiate", "--child", "data")).contains("completed successfully");
        near().connected();
        for (int round = 0; round < 3; round++) {
            ChildSa before = near().current();
            String ike = far().ikeSpi();
            assertThat(far().swanctl("--rekey", "--ike", "ours", "--reauth")).contains("rekey completed");
            near().eventually(
                            "its new IKE SA",
                            () -> !far().ikeSpi().equals(ike) && far().ikeSpi().length() == 16);
            near().eventually("a new Child SA", () -> !near().current().equals(before));
            near().settle();
        }
        if (makeBeforeBreak.equals("yes")) {
            assertThat(near().losses()).isEmpty();
        }
    }

    @Test
    void weProveOurselvesAnew() throws Exception {
        far().start("ec", IKE, ESP, Selectors.OUTER);
        start("ec", KeyExchangeMethod.X25519);
        near().connect();
        for (int round = 0; round < 3; round++) {
            ChildSa before = near().current();
            near().loop().execute((node, now) -> node.reauthenticate(THEIRS, now));
            near().eventually("a new Child SA", () -> !near().current().equals(before));
            near().settle();
        }
        assertThat(near().losses()).isEmpty();
        assertThat(near().events)
                .filteredOn(Action.Established.class::isInstance)
                .hasSize(4);
    }

    /// We replace the Child SA and the IKE SA, then strongSwan does.
    private void rekeyBothWays() {
        ChildSa first = near().current();
        near().loop().execute((node, now) -> node.rekeyChild(first.inboundSpi(), now));
        near().eventually("our new Child SA", () -> !near().current().equals(first));
        near().settle();
        String ike = far().ikeSpi();
        near().loop().execute((node, now) -> node.rekeyIke(THEIRS, now));
        near().eventually(
                        "our new IKE SA",
                        () -> !far().ikeSpi().equals(ike) && far().ikeSpi().length() == 16);
        near().settle();
        ChildSa second = near().current();
        assertThat(far().swanctl("--rekey", "--child", "data")).contains("rekey completed");
        near().eventually("its new Child SA", () -> !near().current().equals(second));
        near().settle();
        String before = far().ikeSpi();
        assertThat(far().swanctl("--rekey", "--ike", "ours")).contains("rekey completed");
        near().eventually(
                        "its new IKE SA",
                        () -> !far().ikeSpi().equals(before) && far().ikeSpi().length() == 16);
        near().settle();
        assertThat(near().losses()).isEmpty();
    }

    private void start(String keys, KeyExchangeMethod first) throws Exception {
        start(far().ours(keys, first));
    }

    private void start(NodeConfig config) throws Exception {
        near = new OurEnd(far(), config);
    }

    private OurEnd near() {
        return Objects.requireNonNull(near);
    }

    private Strongswan far() {
        return Objects.requireNonNull(far);
    }
}
