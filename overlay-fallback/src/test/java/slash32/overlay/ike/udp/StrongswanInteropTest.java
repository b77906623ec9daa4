package slash32.overlay.ike.udp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.exchange.Action;
import slash32.overlay.ike.exchange.ChildSa;
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
    private static final Identity THEIRS = Strongswan.THEIRS;

    @TempDir
    Path folder;

    private @Nullable Strongswan far;
    private final Set<ChildSa> installed = ConcurrentHashMap.newKeySet();
    private final List<Action> events = new CopyOnWriteArrayList<>();
    private volatile @Nullable ChildSa outbound;
    private @Nullable IkeLoop loop;
    private @Nullable Thread thread;

    @BeforeEach
    void cable() {
        far = new Strongswan(folder);
    }

    @AfterEach
    void tearDown() throws InterruptedException {
        if (loop != null && thread != null) {
            loop.close();
            thread.join();
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
        connect();
        rekeyBothWays();
        run().execute((node, now) -> node.disconnect(THEIRS, now));
        eventually("strongSwan has nothing", () -> far().swanctl("--list-sas").isBlank());
        eventually("nor have we", installed::isEmpty);
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
        eventually("a Child SA", () -> outbound != null);
        assertSame();
        rekeyBothWays();
        assertThat(far().swanctl("--terminate", "--ike", "ours")).contains("completed successfully");
        eventually("we have nothing", installed::isEmpty);
        assertThat(events).contains(new Action.Lost(THEIRS, "deleted by the peer"));
    }

    @Test
    void bothRekeyAtOnce() throws Exception {
        far().start("ec", "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519", Selectors.OUTER);
        start("ec", KeyExchangeMethod.X25519);
        connect();
        for (int round = 0; round < 5; round++) {
            ChildSa before = current();
            run().execute((node, now) -> node.rekeyChild(before.inboundSpi(), now));
            far().swanctl("--rekey", "--child", "data");
            eventually("another Child SA", () -> !current().equals(before));
            settle();
        }
        assertThat(losses()).isEmpty();
    }

    @Test
    void aChainThatNeedsFragmentsIsTaken() throws Exception {
        far().start("rsa", "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519", Selectors.OUTER);
        start("rsa", KeyExchangeMethod.X25519);
        connect();
    }

    @Test
    void aStrongswanThatIsKilledIsLostAndComesBack() throws Exception {
        far().start("ec", "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519", Selectors.OUTER);
        start("ec", KeyExchangeMethod.X25519);
        connect();
        far().kill();
        eventually("it is lost", () -> losses().equals(List.of("the peer does not answer")));
        assertThat(installed).isEmpty();
        outbound = null;
        far().start("ec", "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519", Selectors.OUTER);
        connect();
    }

    /// We replace the Child SA and the IKE SA, then strongSwan does.
    private void rekeyBothWays() {
        ChildSa first = current();
        run().execute((node, now) -> node.rekeyChild(first.inboundSpi(), now));
        eventually("our new Child SA", () -> !current().equals(first));
        settle();
        String ike = far().ikeSpi();
        run().execute((node, now) -> node.rekeyIke(THEIRS, now));
        eventually(
                "our new IKE SA",
                () -> !far().ikeSpi().equals(ike) && far().ikeSpi().length() == 16);
        settle();
        ChildSa second = current();
        assertThat(far().swanctl("--rekey", "--child", "data")).contains("rekey completed");
        eventually("its new Child SA", () -> !current().equals(second));
        settle();
        String before = far().ikeSpi();
        assertThat(far().swanctl("--rekey", "--ike", "ours")).contains("rekey completed");
        eventually(
                "its new IKE SA",
                () -> !far().ikeSpi().equals(before) && far().ikeSpi().length() == 16);
        settle();
        assertThat(losses()).isEmpty();
    }

    private void settle() {
        eventually(
                "one Child SA at both ends",
                () -> installed.size() == 1 && far().swanctlChildren().size() == 1);
        assertSame();
    }

    /// What strongSwan receives on is what we send on, and the other way round.
    private void assertSame() {
        ChildSa ours = current();
        String wanted = "in %08x out %08x".formatted(ours.outboundSpi(), ours.inboundSpi());
        eventually("the same SA at both ends", () -> far().swanctlChildren().contains(wanted));
    }

    private void connect() {
        run().execute((node, now) -> node.connect(THEIRS, now));
        eventually("a Child SA", () -> outbound != null);
        assertSame();
        assertThat(current().encapsulated()).isTrue();
    }

    private ChildSa current() {
        ChildSa now = outbound;
        assertThat(now).as("what we send on; events: %s", events).isNotNull();
        return Objects.requireNonNull(now);
    }

    private List<String> losses() {
        return events.stream()
                .filter(Action.Lost.class::isInstance)
                .map(event -> ((Action.Lost) event).why())
                .toList();
    }

    private IkeLoop run() {
        return Objects.requireNonNull(loop);
    }

    private void start(String keys, KeyExchangeMethod first) throws Exception {
        IkeLoop opened = IkeLoop.open(NEAR, far().ours(keys, first), this::on);
        opened.execute((node, _) -> node.configure(Strongswan.peer(
                TrafficSelector.of(NEAR, TrafficSelector.UDP), TrafficSelector.of(FAR, TrafficSelector.UDP))));
        loop = opened;
        thread = Thread.ofPlatform().name("ike").start(() -> {
            try {
                opened.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private void on(Action action) {
        switch (action) {
            case Action.InstallInbound(ChildSa child) -> installed.add(child);
            case Action.UseOutbound(ChildSa child) -> outbound = child;
            case Action.Remove(ChildSa child) -> installed.remove(child);
            default -> events.add(action);
        }
    }

    private void eventually(String what, BooleanSupplier holds) {
        far().eventually(what, holds, () -> "events " + events + ", installed " + installed);
    }

    private Strongswan far() {
        return Objects.requireNonNull(far);
    }
}
