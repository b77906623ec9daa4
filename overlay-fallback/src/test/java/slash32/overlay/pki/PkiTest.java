package slash32.overlay.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.exchange.Credentials;
import slash32.overlay.ike.exchange.Verifier.Verdict;
import slash32.overlay.ike.wire.Identity;

class PkiTest {
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final Duration YEAR = Duration.ofDays(365);
    private static final Duration QUARTER = Duration.ofDays(90);
    private static final Identity HV1 = Identity.name("hv1.example");
    private static final IpAddress ADDRESS = IpAddress.parse("192.0.2.1");
    private static final IpAddress SIXTH = IpAddress.parse("2001:db8::1");

    @TempDir
    Path folder;

    private final SecureRandom random = new SecureRandom();
    private Instant now = NOW;

    private NodeFolder node() {
        return new NodeFolder(folder.resolve("hv1"));
    }

    private NodeFolder peer() {
        return new NodeFolder(folder.resolve("hv2"));
    }

    @BeforeEach
    void authority() throws IOException {
        AuthorityFolder ca = AuthorityFolder.create(folder.resolve("ca"), "lab", NOW, YEAR, false, random);
        ca.issue("hv1.example", List.of(ADDRESS, SIXTH), NOW, QUARTER, node());
        ca.issue("hv2.example", List.of(IpAddress.parse("192.0.2.2")), NOW, QUARTER, peer());
    }

    private AuthorityFolder ca() throws IOException {
        return AuthorityFolder.read(folder.resolve("ca"), random);
    }

    /// What hv2 says to a certificate.
    private String verdict(Identity claimed, List<Bytes> certificates, Optional<IpAddress> known) throws IOException {
        return switch (peer().verifier(_ -> known, () -> now).verify(claimed, certificates)) {
            case Verdict.Trusted _ -> "trusted";
            case Verdict.Refused(String why) -> why;
        };
    }

    private String verdict(Credentials credentials) throws IOException {
        return verdict(credentials.identity(), credentials.certificates(), Optional.of(ADDRESS));
    }

    @Test
    void aNodeIsTrustedByItsNameAndEachOfItsAddresses() throws IOException {
        Credentials own = node().credentials();
        assertThat(own.identity()).isEqualTo(HV1);
        assertThat(own.schemes()).isNotEmpty();
        assertThat(own.authorities().length()).isEqualTo(20);
        assertThat(verdict(own)).isEqualTo("trusted");
        assertThat(verdict(HV1, own.certificates(), Optional.of(SIXTH))).isEqualTo("trusted");
        assertThat(verdict(Identity.address(SIXTH), own.certificates(), Optional.of(SIXTH)))
                .isEqualTo("trusted");
        assertThat(verdict(Identity.name("HV1.example"), own.certificates(), Optional.of(ADDRESS)))
                .isEqualTo("trusted");
        assertThat(node().end()).isEqualTo(NOW.plus(QUARTER));
    }

    @Test
    void anotherNameOrAddressIsRefused() throws IOException {
        List<Bytes> own = node().credentials().certificates();
        assertThat(verdict(Identity.name("hv3.example"), own, Optional.of(ADDRESS)))
                .isEqualTo("the certificate is not of hv3.example");
        assertThat(verdict(new Identity(Identity.DISTINGUISHED_NAME, Bytes.EMPTY), own, Optional.of(ADDRESS)))
                .startsWith("the certificate is not of");
        assertThat(verdict(Identity.address(IpAddress.parse("192.0.2.9")), own, Optional.of(ADDRESS)))
                .isEqualTo("the certificate is not of 192.0.2.9");
        assertThat(verdict(HV1, own, Optional.of(IpAddress.parse("192.0.2.9"))))
                .isEqualTo("the certificate of hv1.example is not for 192.0.2.9");
        assertThat(verdict(HV1, own, Optional.empty())).isEqualTo("no address is known of hv1.example");
    }

    @Test
    void whatIsNotInForceIsRefused() throws IOException {
        Credentials own = node().credentials();
        now = NOW.plus(QUARTER).plusSeconds(1);
        assertThat(verdict(own)).startsWith("the certificate is not trusted: ");
        now = NOW.minus(Duration.ofHours(1));
        assertThat(verdict(own)).startsWith("the certificate is not trusted: ");
        now = NOW.minus(Duration.ofMinutes(1));
        assertThat(verdict(own)).as("a clock that is a little slow").isEqualTo("trusted");
    }

    @Test
    void anotherAuthorityIsRefusedThoughItHasTheSameName() throws IOException {
        AuthorityFolder other = AuthorityFolder.create(folder.resolve("other"), "lab", NOW, YEAR, false, random);
        NodeFolder impostor = new NodeFolder(folder.resolve("impostor"));
        other.issue("hv1.example", List.of(ADDRESS), NOW, QUARTER, impostor);
        assertThat(verdict(impostor.credentials())).startsWith("the certificate is not trusted: ");
    }

    /// A node's certificate may not sign others.
    @Test
    void aNodeIsNoAuthority() throws Exception {
        var hv1 = new CertificateAuthority(
                Pem.readCertificates(folder.resolve("hv1/node.pem")).getFirst(),
                node().credentials().key(),
                random);
        var keys = CertificateAuthority.newKeys(random);
        var forged = hv1.issue("hv3.example", List.of(ADDRESS), keys.getPublic(), NOW, NOW.plus(QUARTER));
        Bytes der = Bytes.copyOf(forged.getEncoded());
        List<Bytes> chain = List.of(der, node().credentials().certificates().getFirst());
        assertThat(verdict(Identity.name("hv3.example"), chain, Optional.of(ADDRESS)))
                .startsWith("the certificate is not trusted: ");
    }

    @Test
    void malformedAndTooManyCertificatesAreRefused() throws IOException, CertificateException {
        Bytes own = node().credentials().certificates().getFirst();
        assertThat(verdict(HV1, List.of(), Optional.of(ADDRESS))).isEqualTo("0 certificates");
        assertThat(verdict(HV1, Collections.nCopies(9, own), Optional.of(ADDRESS)))
                .isEqualTo("9 certificates");
        byte[] octets = own.toArray();
        for (int length = 0; length < octets.length; length += 7) {
            assertThat(verdict(HV1, List.of(Bytes.copyOf(octets, 0, length)), Optional.of(ADDRESS)))
                    .isNotEqualTo("trusted");
        }
        var certificate = (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(octets));
        int unusedBits = octets.length - certificate.getSignature().length - 1;
        for (int at = 0; at < octets.length; at++) {
            byte[] damaged = octets.clone();
            // without a last bit that is zero the JDK reads the same signature, and nothing is forged
            damaged[at] ^= (byte) (at == unusedBits ? 0x80 : 1);
            assertThat(verdict(HV1, List.of(Bytes.copyOf(damaged)), Optional.of(ADDRESS)))
                    .as("octet %d", at)
                    .isNotEqualTo("trusted");
        }
    }

    @Test
    void whatIsRevokedIsRefusedOnceThePeerHasTheList() throws IOException {
        Credentials old = node().credentials();
        ca().revoke("hv1.example", NOW);
        assertThat(verdict(old)).isEqualTo("trusted");
        ca().renew("hv2.example", NOW, QUARTER, peer());
        assertThat(verdict(old)).isEqualTo("the certificate is revoked");
        ca().renew("hv1.example", NOW, QUARTER, node());
        assertThat(verdict(node().credentials())).isEqualTo("trusted");
        assertThat(verdict(old)).isEqualTo("the certificate is revoked");
        ca().revoke("hv1.example", NOW);
        ca().renew("hv2.example", NOW, QUARTER, peer());
        assertThat(verdict(node().credentials())).isEqualTo("the certificate is revoked");
        assertThat(verdict(old)).isEqualTo("the certificate is revoked");
    }

    /// Old and new are trusted side by side, so that nodes may be renewed one by one.
    @Test
    void anAuthorityTakesThePlaceOfAnotherWithoutAGap() throws IOException {
        Credentials old = node().credentials();
        AuthorityFolder.create(folder.resolve("ca"), "lab 2", NOW, YEAR, true, random);
        ca().renew("hv2.example", NOW, QUARTER, peer());
        assertThat(verdict(old)).as("of the old one").isEqualTo("trusted");
        assertThat(peer().credentials().authorities().length()).isEqualTo(40);
        ca().renew("hv1.example", NOW, QUARTER, node());
        assertThat(verdict(node().credentials())).as("of the new one").isEqualTo("trusted");
        assertThatThrownBy(() -> AuthorityFolder.create(folder.resolve("ca"), "lab", NOW, YEAR, false, random))
                .hasMessageEndingWith("ca.pem: an authority is there already");
        assertThatThrownBy(() -> AuthorityFolder.create(folder.resolve("none"), "lab", NOW, YEAR, true, random))
                .hasMessageEndingWith("ca.pem: no authority yet");
    }

    @Test
    void keysAreTheirOwnersAlone() throws IOException {
        Path key = folder.resolve("ca/ca.key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(this::ca).hasMessageEndingWith("ca.key: others may read it; chmod 600");
    }

    @Test
    void whatCanNotBeIssuedIsNamed() throws IOException {
        AuthorityFolder ca = ca();
        assertThatThrownBy(() -> ca.issue("../hv1", List.of(ADDRESS), NOW, QUARTER, node()))
                .hasMessage("node ../hv1: not a host name in lower case");
        assertThatThrownBy(() -> ca.issue("hv1", List.of(), NOW, QUARTER, node()))
                .hasMessage("node hv1: no address");
        assertThatThrownBy(() -> ca.issue("hv1", List.of(ADDRESS), NOW, YEAR.plusDays(1), node()))
                .hasMessageStartingWith("node hv1: the authority ends before, on 2027-11-21T12:00:00Z");
        assertThatThrownBy(() -> ca.renew("hv9", NOW, QUARTER, node()))
                .hasMessage("node hv9: nothing was issued to it");
    }
}
