package slash32.overlay.pki;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import slash32.net.IpAddress;

/// One that signs nodes' certificates and its list of revoked ones, with ECDSA on P-256.
public final class CertificateAuthority {
    private static final int SERIAL_BITS = 127;
    private static final String SIGNATURE = "SHA256withECDSA";

    private final X509Certificate certificate;
    private final PrivateKey key;
    private final SecureRandom random;

    CertificateAuthority(X509Certificate certificate, PrivateKey key, SecureRandom random) {
        this.certificate = certificate;
        this.key = key;
        this.random = random;
    }

    /// A new one that has signed itself.
    static CertificateAuthority create(String name, Instant from, Instant until, SecureRandom random) {
        KeyPair keys = newKeys(random);
        X500Name subject = name(name);
        try {
            var builder = new JcaX509v3CertificateBuilder(
                    subject, serial(random), Date.from(from), Date.from(until), subject, keys.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            builder.addExtension(
                    Extension.subjectKeyIdentifier,
                    false,
                    new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()));
            var signed = new JcaX509CertificateConverter().getCertificate(builder.build(signer(keys.getPrivate())));
            return new CertificateAuthority(signed, keys.getPrivate(), random);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("a certificate of an authority", e);
        }
    }

    /// A key pair as this authority and its nodes have.
    static KeyPair newKeys(SecureRandom random) {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK's P-256", e);
        }
    }

    X509Certificate certificate() {
        return certificate;
    }

    PrivateKey key() {
        return key;
    }

    /// Signs that who has {@code key} is {@code node}, at these addresses.
    X509Certificate issue(String node, Collection<IpAddress> addresses, PublicKey key, Instant from, Instant until) {
        var names = new ArrayList<GeneralName>();
        names.add(new GeneralName(GeneralName.dNSName, node));
        try {
            for (IpAddress address : addresses) {
                String text = InetAddress.getByAddress(address.toArray()).getHostAddress();
                names.add(new GeneralName(GeneralName.iPAddress, text));
            }
            var utils = new JcaX509ExtensionUtils();
            var builder = new JcaX509v3CertificateBuilder(
                    certificate, serial(random), Date.from(from), Date.from(until), name(node), key);
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(GeneralName[]::new)));
            builder.addExtension(Extension.subjectKeyIdentifier, false, utils.createSubjectKeyIdentifier(key));
            builder.addExtension(
                    Extension.authorityKeyIdentifier, false, utils.createAuthorityKeyIdentifier(certificate));
            return new JcaX509CertificateConverter().getCertificate(builder.build(signer(this.key)));
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("a certificate of " + node, e);
        }
    }

    /// Signs the list of those that are no more to be trusted.
    X509CRL revoked(List<BigInteger> serials, Instant now, Instant next) {
        try {
            var builder = new JcaX509v2CRLBuilder(certificate, Date.from(now));
            builder.setNextUpdate(Date.from(next));
            serials.forEach(serial -> builder.addCRLEntry(serial, Date.from(now), CRLReason.unspecified));
            return new JcaX509CRLConverter().getCRL(builder.build(signer(key)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a list of revoked certificates", e);
        }
    }

    private static X500Name name(String common) {
        return new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, common).build();
    }

    private static BigInteger serial(SecureRandom random) {
        return new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS - 1);
    }

    private static ContentSigner signer(PrivateKey key) {
        try {
            return new JcaContentSignerBuilder(SIGNATURE).build(key);
        } catch (OperatorCreationException e) {
            throw new IllegalStateException("the JDK's " + SIGNATURE, e);
        }
    }
}
