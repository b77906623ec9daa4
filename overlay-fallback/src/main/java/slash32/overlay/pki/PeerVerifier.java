package slash32.overlay.pki;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.exchange.Verifier;
import slash32.overlay.ike.wire.Identity;

/// Trusts a peer whose certificate leads to a trusted authority, is in force, is not revoked, and names both who
/// the peer says it is and the address that it is known at.
public final class PeerVerifier implements Verifier {
    private static final int MOST_CERTIFICATES = 8;
    private static final int DIGITAL_SIGNATURE = 0;
    private static final int NON_REPUDIATION = 1;

    private final Set<TrustAnchor> anchors = new HashSet<>();
    private final List<X509CRL> revoked = new ArrayList<>();
    private final Function<Identity, Optional<IpAddress>> underlay;
    private final Supplier<Instant> now;

    /// Trusts these authorities.
    ///
    /// @param revoked lists signed by one of {@code authorities}; one that is not is left out
    /// @param underlay the address that a peer's node route or the configuration says; a peer without is refused
    PeerVerifier(
            List<X509Certificate> authorities,
            List<X509CRL> revoked,
            Function<Identity, Optional<IpAddress>> underlay,
            Supplier<Instant> now) {
        authorities.forEach(one -> anchors.add(new TrustAnchor(one, null)));
        revoked.stream()
                .filter(list -> authorities.stream().anyMatch(one -> isBy(list, one)))
                .forEach(this.revoked::add);
        this.underlay = underlay;
        this.now = now;
    }

    private static boolean isBy(X509CRL list, X509Certificate authority) {
        try {
            list.verify(authority.getPublicKey());
            return list.getIssuerX500Principal().equals(authority.getSubjectX500Principal());
        } catch (GeneralSecurityException _) {
            return false;
        }
    }

    @Override
    public Verdict verify(Identity claimed, List<Bytes> certificates) {
        if (certificates.isEmpty() || certificates.size() > MOST_CERTIFICATES) {
            return new Verdict.Refused(certificates.size() + " certificates");
        }
        var chain = new ArrayList<X509Certificate>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (Bytes one : certificates) {
                chain.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(one.toArray())));
            }
        } catch (CertificateException _) {
            return new Verdict.Refused("a certificate is malformed");
        }
        X509Certificate own = chain.getFirst();
        String refusal = misnamed(claimed, own);
        if (refusal == null) {
            refusal = untrusted(own, chain);
        }
        return refusal == null ? new Verdict.Trusted(own.getPublicKey()) : new Verdict.Refused(refusal);
    }

    private @Nullable String misnamed(Identity claimed, X509Certificate own) {
        SubjectNames names = SubjectNames.of(own);
        boolean named = switch (claimed.type()) {
            case Identity.FQDN -> names.hosts().contains(claimed.toString().toLowerCase(Locale.ROOT));
            case Identity.IPV4, Identity.IPV6 ->
                names.addresses().stream().anyMatch(one -> Identity.address(one).equals(claimed));
            default -> false;
        };
        if (!named) {
            return "the certificate is not of " + claimed;
        }
        Optional<IpAddress> address = underlay.apply(claimed);
        if (address.isEmpty()) {
            return "no address is known of " + claimed;
        }
        if (!names.addresses().contains(address.get())) {
            return "the certificate of " + claimed + " is not for " + address.get();
        }
        boolean[] usage = own.getKeyUsage();
        return usage == null || usage[DIGITAL_SIGNATURE] || usage[NON_REPUDIATION]
                ? null
                : "the certificate of " + claimed + " is not for signatures";
    }

    private @Nullable String untrusted(X509Certificate own, List<X509Certificate> chain) {
        var target = new X509CertSelector();
        target.setCertificate(own);
        try {
            var parameters = new PKIXBuilderParameters(anchors, target);
            parameters.setRevocationEnabled(false); // by the lists that we have, below
            parameters.setDate(Date.from(now.get()));
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain)));
            var path = (PKIXCertPathBuilderResult)
                    CertPathBuilder.getInstance("PKIX").build(parameters);
            for (Certificate one : path.getCertPath().getCertificates()) {
                if (isRevoked((X509Certificate) one)) {
                    return "the certificate is revoked";
                }
            }
            return null;
        } catch (CertPathBuilderException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return "the certificate is not trusted: " + cause.getMessage();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK's PKIX", e);
        }
    }

    private boolean isRevoked(X509Certificate certificate) {
        return revoked.stream()
                .anyMatch(list -> list.getIssuerX500Principal().equals(certificate.getIssuerX500Principal())
                        && list.isRevoked(certificate));
    }
}
