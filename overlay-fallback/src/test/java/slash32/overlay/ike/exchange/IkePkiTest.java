package slash32.overlay.ike.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.net.IpAddress;
import slash32.overlay.ike.exchange.IkeSimulation.Node;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.pki.AuthorityFolder;
import slash32.overlay.pki.NodeFolder;
import slash32.overlay.pki.SteadyClock;

/// Whole exchanges with certificates of an authority.
class IkePkiTest {
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final Duration YEAR = Duration.ofDays(365);
    private static final Map<String, String> ADDRESSES = Map.of("hv1", "192.0.2.1", "hv2", "192.0.2.2");

    @TempDir
    Path folder;

    private Instant now = NOW;
    private final SecureRandom random = new SecureRandom();
    private final IkeSimulation sim = new IkeSimulation(1);

    @BeforeEach
    void authority() throws IOException {
        AuthorityFolder.create(folder.resolve("ca"), "lab", NOW, YEAR, false, random);
    }

    private AuthorityFolder ca() throws IOException {
        return AuthorityFolder.read(folder.resolve("ca"), random);
    }

    private NodeFolder files(String name) {
        return new NodeFolder(folder.resolve(name));
    }

    private void issue(String name, String address) throws IOException {
        ca().issue(name, List.of(IpAddress.parse(address)), NOW, YEAR.dividedBy(2), files(name));
    }

    private Verifier verifier(String name) throws IOException {
        return verifier(name, () -> now.plusNanos(sim.nowNanos));
    }

    private Verifier verifier(String name, Supplier<Instant> time) throws IOException {
        return files(name)
                .verifier(
                        peer -> Optional.ofNullable(ADDRESSES.get(peer.toString()))
                                .map(IpAddress::parse),
                        time);
    }

    private Node node(String name) {
        return sim.node(name, Objects.requireNonNull(ADDRESSES.get(name)), config -> {
            try {
                return config.with(files(name).credentials(), verifier(name));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private record Pair(Node left, Node right) {}

    /// hv1 after it tried to connect to hv2.
    ///
    /// @param address that the certificate of hv2 says, which is at 192.0.2.2
    private Pair introduced(String address) throws IOException {
        issue("hv1", "192.0.2.1");
        issue("hv2", address);
        var pair = new Pair(node("hv1"), node("hv2"));
        sim.acquaint(pair.left, pair.right);
        connect(pair.left, pair.right);
        return pair;
    }

    private void connect(Node one, Node other) {
        one.ike.connect(other.identity, sim.nowNanos);
        sim.runFor(Duration.ofSeconds(5));
    }

    private void identify(Node node) throws IOException {
        String name = node.identity.toString();
        node.ike.identify(files(name).credentials(), verifier(name), verifier(name), sim.nowNanos);
    }

    /// The same with another clock beside that on the wall.
    private void identify(Node node, SteadyClock clock) throws IOException {
        String name = node.identity.toString();
        SteadyClock.Reading reading = clock.read(now.plusNanos(sim.nowNanos), sim.nowNanos);
        Verifier judge = verifier(name).or(verifier(name, reading::time));
        node.ike.identify(files(name).credentials(), verifier(name), judge, sim.nowNanos);
    }

    /// Certificates are in force by one clock, and not by the one on the wall, which somebody set.
    @Test
    void aWallClockThatIsSetEndsNoSaAndLetsNobodyNewIn() throws IOException {
        Pair pair = introduced("192.0.2.2");
        sim.assertNoGap(pair.left, pair.right);
        var clock = new SteadyClock(now.plusNanos(sim.nowNanos), sim.nowNanos);
        for (Duration jump : List.of(YEAR, YEAR.negated())) {
            now = NOW.plus(jump);
            identify(pair.left, clock);
            pair.left.ike.reauthenticate(pair.right.identity, sim.nowNanos);
            sim.runFor(Duration.ofSeconds(10));
            assertThat(pair.left.events).last().isInstanceOf(Action.NotRenewed.class);
        }
        assertThat(proofs(pair.left)).as("nothing new").isEqualTo(1);
        now = NOW;
        identify(pair.left, clock);
        pair.left.ike.reauthenticate(pair.right.identity, sim.nowNanos);
        sim.runFor(Duration.ofSeconds(40));
        assertThat(proofs(pair.left)).isEqualTo(2);
        assertSettled(pair);
    }

    @Test
    void aRevocationCountsWhateverTheClocksSay() throws IOException {
        Pair pair = introduced("192.0.2.2");
        var clock = new SteadyClock(now.plusNanos(sim.nowNanos), sim.nowNanos);
        ca().revoke("hv2", NOW);
        issue("hv1", "192.0.2.1"); // brings the list
        now = NOW.plus(YEAR);
        identify(pair.left, clock);
        assertThat(pair.left.ike.childSas(pair.right.identity)).isEmpty();
    }

    @Test
    void certificatesAndTheAuthorityAreReplacedWhileSasStay() throws IOException {
        Pair pair = introduced("192.0.2.2");
        Node left = pair.left();
        Node right = pair.right();
        assertThat(left.ike.isEstablished(right.identity)).isTrue();

        AuthorityFolder.create(folder.resolve("ca"), "lab 2", NOW, YEAR, true, random);
        for (Node one : List.of(left, right)) { // one after the other
            ca().renew(one.identity.toString(), NOW, YEAR.dividedBy(2), files(one.identity.toString()));
            identify(one);
            left.ike.rekeyIke(right.identity, sim.nowNanos);
            sim.runFor(Duration.ofSeconds(10));
        }
        assertThat(left.losses()).isEmpty();
        assertThat(right.losses()).isEmpty();
        sim.restart(right, config -> config.with(credentials("hv2"), config.verifier()));
        sim.acquaint(left, right);
        identify(right);
        connect(right, left);
        assertThat(right.ike.isEstablished(left.identity))
                .as("with the new ones")
                .isTrue();
    }

    private static final Duration HALF = YEAR.dividedBy(2);

    private void renew(Node node, Instant at) throws IOException {
        ca().renew(node.identity.toString(), at, HALF, files(node.identity.toString()));
        identify(node);
    }

    /// Both ends have nothing but what was made of the newest proof.
    private void assertSettled(Pair pair) {
        for (Node one : List.of(pair.left, pair.right)) {
            assertThat(one.losses()).isEmpty();
            assertThat(one.ike.ikeSas()).isEqualTo(1);
            assertThat(one.inbound).hasSize(1);
        }
    }

    @Test
    void whoRenewedIsKeptWhenItsOldCertificateEndsAndNothingIsLost() throws IOException {
        Pair pair = introduced("192.0.2.2");
        sim.assertNoGap(pair.left, pair.right);
        ChildSa before = pair.left.sendsOn(pair.right);
        now = NOW.plus(Duration.ofDays(150));
        renew(pair.left, now);
        renew(pair.right, now);
        sim.runFor(Duration.ofSeconds(10));
        assertThat(pair.left.sendsOn(pair.right)).isNotEqualTo(before);
        assertThat(pair.left.ike.certificates(pair.right.identity))
                .isEqualTo(credentials("hv2").certificates());
        assertThat(pair.right.ike.certificates(pair.left.identity))
                .isEqualTo(credentials("hv1").certificates());
        pair.left.ike.rekeyIke(pair.right.identity, sim.nowNanos);
        sim.runFor(Duration.ofSeconds(10));

        now = NOW.plus(HALF).plusSeconds(1);
        identify(pair.left);
        identify(pair.right);
        sim.runFor(Duration.ofSeconds(40)); // both began, and only one end may have seen that
        assertSettled(pair);
    }

    @Test
    void anAuthorityIsDroppedOnceAllHaveProvenThemselvesByTheNext() throws IOException {
        Pair pair = introduced("192.0.2.2");
        sim.assertNoGap(pair.left, pair.right);
        AuthorityFolder.create(folder.resolve("ca"), "lab 2", NOW, YEAR, true, random);
        for (Node one : List.of(pair.left, pair.right)) { // both are trusted there, and nobody is renewed
            Files.copy(
                    folder.resolve("ca/ca.pem"),
                    folder.resolve(one.identity.toString()).resolve("ca.pem"),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        for (Node one : List.of(pair.left, pair.right)) {
            renew(one, NOW);
            sim.runFor(Duration.ofSeconds(5));
        }
        String both = Files.readString(folder.resolve("ca/ca.pem"));
        String next = both.substring(0, both.indexOf("-----BEGIN", 1));
        for (Node one : List.of(pair.left, pair.right)) {
            Files.writeString(folder.resolve(one.identity.toString()).resolve("ca.pem"), next);
            identify(one);
            sim.runFor(Duration.ofSeconds(5));
        }
        assertSettled(pair);
    }

    /// The peer was given another authority's certificate too early: what there was goes on, and it is tried again.
    @Test
    void whoCanNotProveItselfAnewStaysUntilItCan() throws IOException {
        Pair pair = introduced("192.0.2.2");
        sim.assertNoGap(pair.left, pair.right);
        ChildSa before = pair.left.sendsOn(pair.right);
        AuthorityFolder.create(folder.resolve("ca"), "lab 2", NOW, YEAR, true, random);
        renew(pair.left, NOW);
        sim.runFor(Duration.ofSeconds(10));
        assertThat(pair.left.sendsOn(pair.right)).isEqualTo(before);
        assertThat(pair.left.events).contains(new Action.NotRenewed(pair.right.identity, "the peer refused: 24"));
        assertThat(pair.left.ike.counters()).containsEntry(IkeNode.Counter.NOT_RENEWED, 1L);
        Files.copy(folder.resolve("ca/ca.pem"), folder.resolve("hv2/ca.pem"), StandardCopyOption.REPLACE_EXISTING);
        identify(pair.right);
        sim.runFor(Duration.ofMinutes(3));
        assertThat(pair.right.ike.certificates(pair.left.identity))
                .isEqualTo(credentials("hv1").certificates());
        assertSettled(pair);
    }

    /// Nobody says that the peer has another.
    @Test
    void aPeerIsAskedAnewBeforeItsCertificateEnds() throws IOException {
        ca().issue("hv1", List.of(IpAddress.parse("192.0.2.1")), NOW, HALF, files("hv1"));
        ca().issue("hv2", List.of(IpAddress.parse("192.0.2.2")), NOW, Duration.ofMinutes(10), files("hv2"));
        var pair = new Pair(node("hv1"), node("hv2"));
        sim.acquaint(pair.left, pair.right);
        connect(pair.left, pair.right);
        sim.assertNoGap(pair.left, pair.right);
        long proven = proofs(pair.left);
        sim.runFor(Duration.ofSeconds(295));
        assertThat(proofs(pair.left)).isEqualTo(proven);
        sim.runFor(Duration.ofSeconds(165));
        assertThat(proofs(pair.left)).isGreaterThan(proven);
        assertThat(pair.left.losses()).isEmpty();
    }

    private static long proofs(Node node) {
        return node.events.stream().filter(Action.Established.class::isInstance).count();
    }

    private Credentials credentials(String name) {
        try {
            return files(name).credentials();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aPeerThatIsTrustedNoMoreIsCutOffAndAnotherIsNot() throws IOException {
        Pair pair = introduced("192.0.2.2");
        Node left = pair.left();
        Node right = pair.right();
        assertThat(left.ike.certificates(right.identity)).hasSize(1);
        identify(left); // nothing changed
        sim.runFor(Duration.ofSeconds(5));
        assertThat(left.losses()).isEmpty();

        ca().revoke("hv2", NOW);
        issue("hv1", "192.0.2.1"); // brings the list
        identify(left);
        assertThat(left.ike.childSas(right.identity)).isEmpty();
        sim.runFor(Duration.ofSeconds(5));
        assertThat(left.losses()).containsExactly("the certificate is revoked");
        assertThat(left.inbound).isEmpty();
        assertThat(left.ike.isEstablished(right.identity)).isFalse();
        assertThat(right.ike.isEstablished(left.identity)).isFalse();
    }

    @Test
    void aCertificateThatEndsInUseEndsItsSasWhenItIsJudgedNext() throws IOException {
        Pair pair = introduced("192.0.2.2");
        Node left = pair.left();
        Node right = pair.right();
        assertThat(left.ike.isEstablished(right.identity)).isTrue();

        now = NOW.plus(YEAR.dividedBy(2)).plusSeconds(1);
        identify(left);
        assertThat(left.ike.childSas(right.identity)).isEmpty();
        sim.runFor(Duration.ofSeconds(5));
        assertThat(left.inbound).isEmpty();
        assertThat(right.inbound).isEmpty();
        connect(left, right);
        assertThat(left.ike.isEstablished(right.identity)).isFalse();
        assertThat(right.ike.isEstablished(left.identity)).isFalse();
        assertThat(left.inbound).isEmpty();
    }

    @Test
    void aRevokedPeerAndOneOfAnotherAddressAreRefused() throws IOException {
        Pair pair = introduced("192.0.2.9");
        Node left = pair.left();
        Node right = pair.right();
        assertThat(left.losses()).containsExactly("the certificate of hv2 is not for 192.0.2.2");

        issue("hv2", "192.0.2.2");
        identify(right);
        ca().revoke("hv2", NOW);
        issue("hv1", "192.0.2.1"); // brings the list
        identify(left);
        connect(left, right);
        assertThat(left.losses()).last().isEqualTo("the certificate is revoked");
        assertThat(left.inbound).isEmpty();
        assertThat(left.ike.isEstablished(Identity.name("hv2"))).isFalse();
    }
}
