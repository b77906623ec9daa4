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
import java.time.Duration;
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
    private static final int CRL_SIGN = 6;

    private final Set<TrustAnchor> anchors = new HashSet<>();
    private final List<X509Certificate> authorities;
    /// Signed by one of {@link #authorities}.
    private final List<X509CRL> revoked = new ArrayList<>();
    /// All others.
    private final List<X509CRL> ofOthers = new ArrayList<>();
    private final Function<Identity, Optional<IpAddress>> underlay;
    private final Supplier<Instant> now;

    /// Trusts these authorities.
    ///
    /// @param revoked lists signed by one of {@code authorities}, or by who issued a certificate on the way to one
    /// @param underlay the address that a peer's node route or the configuration says; a peer without is refused
    PeerVerifier(
            List<X509Certificate> authorities,
            List<X509CRL> revoked,
            Function<Identity, Optional<IpAddress>> underlay,
            Supplier<Instant> now) {
        this.authorities = List.copyOf(authorities);
        authorities.forEach(one -> anchors.add(new TrustAnchor(one, null)));
        for (X509CRL list : revoked) {
            (authorities.stream().anyMatch(one -> isBy(list, one)) ? this.revoked : ofOthers).add(list);
        }
        this.underlay = underlay;
        this.now = now;
    }

    private static boolean isBy(X509CRL list, X509Certificate issuer) {
        boolean[] usage = issuer.getKeyUsage();
        if (!isNamed(list, issuer) || (usage != null && !usage[CRL_SIGN])) { // RFC 10007
            return false;
        }
        try {
            list.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException _) {
            return false;
        }
    }

    private static boolean isNamed(X509CRL list, X509Certificate issuer) {
        return list.getIssuerX500Principal().equals(issuer.getSubjectX500Principal());
    }

    /// The lists that there are.
    public List<RevocationList> lists() {
        var all = new ArrayList<RevocationList>();
        revoked.forEach(list -> all.add(described(list, RevocationList.Use.COUNTS)));
        for (X509CRL list : ofOthers) {
            boolean named = authorities.stream().anyMatch(one -> isNamed(list, one));
            all.add(described(list, named ? RevocationList.Use.IGNORED : RevocationList.Use.WITH_ITS_ISSUER));
        }
        return all;
    }

    private static RevocationList described(X509CRL list, RevocationList.Use use) {
        return new RevocationList(
                list.getIssuerX500Principal().getName(),
                list.getThisUpdate().toInstant(),
                list.getNextUpdate() == null ? null : list.getNextUpdate().toInstant(),
                use);
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
        return refusal == null ? followed(own, chain) : new Verdict.Refused(refusal);
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

    /// Follows the certificates to an authority.
    private Verdict followed(X509Certificate own, List<X509Certificate> chain) {
        Instant at = now.get();
        var target = new X509CertSelector();
        target.setCertificate(own);
        try {
            var parameters = new PKIXBuilderParameters(anchors, target);
            parameters.setRevocationEnabled(false); // by the lists that we have, below
            parameters.setDate(Date.from(at));
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(chain)));
            var path = (PKIXCertPathBuilderResult)
                    CertPathBuilder.getInstance("PKIX").build(parameters);
            Instant end = Instant.MAX;
            List<? extends Certificate> way = path.getCertPath().getCertificates();
            for (int i = 0; i < way.size(); i++) {
                X509Certificate one = (X509Certificate) way.get(i);
                X509Certificate issuer = i + 1 < way.size()
                        ? (X509Certificate) way.get(i + 1)
                        : path.getTrustAnchor().getTrustedCert();
                if (isRevoked(one, issuer)) {
                    return new Verdict.Refused("the certificate is revoked");
                }
                Instant its = one.getNotAfter().toInstant();
                end = its.isBefore(end) ? its : end;
            }
            return new Verdict.Trusted(own.getPublicKey(), Duration.between(at, end));
        } catch (CertPathBuilderException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return new Verdict.Refused("the certificate is not trusted: " + cause.getMessage());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK's PKIX", e);
        }
    }

    private boolean isRevoked(X509Certificate certificate, X509Certificate issuer) {
        return revoked.stream()
                        .anyMatch(list -> list.getIssuerX500Principal().equals(certificate.getIssuerX500Principal())
                                && list.isRevoked(certificate))
                || ofOthers.stream().anyMatch(list -> isBy(list, issuer) && list.isRevoked(certificate));
    }
}
