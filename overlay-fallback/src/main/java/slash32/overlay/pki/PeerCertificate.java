package slash32.overlay.pki;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Optional;
import slash32.net.Bytes;

/// A peer's certificate for people.
///
/// @param name the first host that it names, or its subject
public record PeerCertificate(String name, Instant end) {
    /// Reads one that was trusted; empty for what is none.
    public static Optional<PeerCertificate> of(Bytes der) {
        try {
            X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(der.toArray()));
            String name = SubjectNames.of(certificate).hosts().stream()
                    .findFirst()
                    .orElse(certificate.getSubjectX500Principal().getName());
            return Optional.of(
                    new PeerCertificate(name, certificate.getNotAfter().toInstant()));
        } catch (CertificateException _) {
            return Optional.empty();
        }
    }
}
