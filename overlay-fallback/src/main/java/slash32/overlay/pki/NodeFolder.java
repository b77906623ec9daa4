package slash32.overlay.pki;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.SignatureScheme;
import slash32.overlay.ike.exchange.Credentials;
import slash32.overlay.ike.wire.Identity;

/// What a node has: `node.pem` with its certificate and those between it and an authority, `node.key`, `ca.pem`
/// with all authorities that it trusts, `revoked.pem`.
public final class NodeFolder {
    private final Path folder;

    public NodeFolder(Path folder) {
        this.folder = folder;
    }

    void write(X509Certificate own, PrivateKey key, List<X509Certificate> trusted, List<X509CRL> revoked)
            throws IOException {
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Pem.writeCertificates(folder.resolve("ca.pem"), trusted);
        Pem.writeCrls(folder.resolve("revoked.pem"), revoked);
        Pem.writeKey(folder.resolve("node.key"), key);
        Pem.writeCertificates(folder.resolve("node.pem"), List.of(own));
    }

    /// Reads what this node proves itself with, where peers know it by its underlay address.
    ///
    /// @throws IOException as {@link #credentials()}, and if the certificate does not name the address
    public Credentials credentials(IpAddress underlay) throws IOException {
        Path file = folder.resolve("node.pem");
        if (!SubjectNames.of(Pem.readCertificates(file).getFirst()).addresses().contains(underlay)) {
            throw new IOException(file + ": does not name the underlay address " + underlay);
        }
        Credentials named = credentials();
        return new Credentials(
                Identity.address(underlay), named.certificates(), named.key(), named.schemes(), named.authorities());
    }

    /// Reads what this node proves itself with, by its name.
    ///
    /// @throws IOException naming the file, also if others can read the key, or it is not the certificate's
    public Credentials credentials() throws IOException {
        List<X509Certificate> chain = Pem.readCertificates(folder.resolve("node.pem"));
        X509Certificate own = chain.getFirst();
        String name = SubjectNames.of(own).hosts().stream()
                .findFirst()
                .orElseThrow(() -> new IOException(folder.resolve("node.pem") + ": names no host"));
        PrivateKey key =
                Pem.readKey(folder.resolve("node.key"), own.getPublicKey().getAlgorithm());
        List<SignatureScheme> schemes = SignatureScheme.of(own.getPublicKey());
        if (schemes.isEmpty()) {
            throw new IOException(folder.resolve("node.pem") + ": a key that can't sign for IKE");
        }
        byte[] probe = {1, 2, 3};
        if (!SignatureScheme.verify(own.getPublicKey(), schemes.getFirst().sign(key, probe), probe)) {
            throw new IOException(folder.resolve("node.key") + ": not the key of " + folder.resolve("node.pem"));
        }
        return new Credentials(Identity.name(name), der(chain), key, schemes, hashes());
    }

    /// Reads whom this node trusts.
    ///
    /// @param underlay the address that a peer is known at
    public PeerVerifier verifier(Function<Identity, Optional<IpAddress>> underlay, Supplier<Instant> now)
            throws IOException {
        return new PeerVerifier(
                Pem.readCertificates(folder.resolve("ca.pem")),
                Pem.readCrls(folder.resolve("revoked.pem")),
                underlay,
                now);
    }

    /// When the node's certificate ends.
    public Instant end() throws IOException {
        return Pem.readCertificates(folder.resolve("node.pem"))
                .getFirst()
                .getNotAfter()
                .toInstant();
    }

    private static List<Bytes> der(List<X509Certificate> chain) {
        var all = new ArrayList<Bytes>();
        try {
            for (X509Certificate one : chain) {
                all.add(Bytes.copyOf(one.getEncoded()));
            }
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was read", e);
        }
        return all;
    }

    /// SHA-1 of each authority's public key (RFC 7296 §3.7).
    private Bytes hashes() throws IOException {
        var all = new ByteArrayOutputStream();
        try {
            for (X509Certificate one : Pem.readCertificates(folder.resolve("ca.pem"))) {
                all.writeBytes(MessageDigest.getInstance("SHA-1")
                        .digest(one.getPublicKey().getEncoded()));
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK's SHA-1", e);
        }
        return Bytes.copyOf(all.toByteArray());
    }
}
