package slash32.overlay.ike.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.net.IpAddress;
import slash32.overlay.ike.exchange.IkeSimulation.Node;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.pki.AuthorityFolder;
import slash32.overlay.pki.NodeFolder;

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
        return files(name)
                .verifier(
                        peer -> Optional.ofNullable(ADDRESSES.get(peer.toString()))
                                .map(IpAddress::parse),
                        () -> now);
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
        node.ike.identify(files(name).credentials(), verifier(name), sim.nowNanos);
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
