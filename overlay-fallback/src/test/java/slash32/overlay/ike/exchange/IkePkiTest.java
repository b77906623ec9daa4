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

    private void identify(Node node) throws IOException {
        String name = node.identity.toString();
        node.ike.identify(files(name).credentials(), verifier(name), sim.nowNanos);
    }

    @Test
    void certificatesAndTheAuthorityAreReplacedWhileSasStay() throws IOException {
        issue("hv1", "192.0.2.1");
        issue("hv2", "192.0.2.2");
        Node left = node("hv1");
        Node right = node("hv2");
        sim.acquaint(left, right);
        left.ike.connect(right.identity, sim.nowNanos);
        sim.runFor(Duration.ofSeconds(5));
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
        right.ike.connect(left.identity, sim.nowNanos);
        sim.runFor(Duration.ofSeconds(5));
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
        issue("hv1", "192.0.2.1");
        issue("hv2", "192.0.2.2");
        Node left = node("hv1");
        Node right = node("hv2");
        sim.acquaint(left, right);
        left.ike.connect(right.identity, sim.nowNanos);
        sim.runFor(Duration.ofSeconds(5));
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
        issue("hv1", "192.0.2.1");
        issue("hv2", "192.0.2.2");
        Node left = node("hv1");
        Node right = node("hv2");
        sim.acquaint(left, right);
        left.ike.connect(right.identity, sim.nowNanos);
        sim.runFor(Duration.ofSeconds(5));
        assertThat(left.ike.isEstablished(right.identity)).isTrue();

        now = NOW.plus(YEAR.dividedBy(2)).plusSeconds(1);
        identify(left);
        assertThat(left.ike.childSas(right.identity)).isEmpty();
        sim.runFor(Duration.ofSeconds(5));
        assertThat(left.inbound).isEmpty();
        assertThat(right.inbound).isEmpty();
        left.ike.connect(right.identity, sim.nowNanos);
        sim.runFor(Duration.ofSeconds(5));
        assertThat(left.ike.isEstablished(right.identity)).isFalse();
        assertThat(right.ike.isEstablished(left.identity)).isFalse();
        assertThat(left.inbound).isEmpty();
    }

    @Test
    void aRevokedPeerAndOneOfAnotherAddressAreRefused() throws IOException {
        issue("hv1", "192.0.2.1");
        issue("hv2", "192.0.2.9");
        Node left = node("hv1");
        Node right = node("hv2");
        sim.acquaint(left, right);
        left.ike.connect(right.identity, sim.nowNanos);
        sim.runFor(Duration.ofSeconds(5));
        assertThat(left.losses()).containsExactly("the certificate of hv2 is not for 192.0.2.2");

        issue("hv2", "192.0.2.2");
        identify(right);
        ca().revoke("hv2", NOW);
        issue("hv1", "192.0.2.1"); // brings the list
        identify(left);
        left.ike.connect(right.identity, sim.nowNanos);
        sim.runFor(Duration.ofSeconds(5));
        assertThat(left.losses()).last().isEqualTo("the certificate is revoked");
        assertThat(left.inbound).isEmpty();
        assertThat(left.ike.isEstablished(Identity.name("hv2"))).isFalse();
    }
}
