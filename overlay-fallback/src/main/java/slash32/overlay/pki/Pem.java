package slash32.overlay.pki;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/// Certificates, keys and lists of revoked ones in files (RFC 7468).
final class Pem {
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final String CRL = "X509 CRL";
    private static final String KEY = "PRIVATE KEY";
    private static final Set<PosixFilePermission> OWNER = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> ALL = PosixFilePermissions.fromString("rw-r--r--");

    private Pem() {}

    private static String block(String kind, byte[] der) {
        return "-----BEGIN " + kind + "-----\n" + LINES.encodeToString(der) + "\n-----END " + kind + "-----\n";
    }

    static void writeCertificates(Path file, List<X509Certificate> certificates) throws IOException {
        var text = new StringBuilder();
        try {
            for (X509Certificate one : certificates) {
                text.append(block(CERTIFICATE, one.getEncoded()));
            }
        } catch (CertificateException e) {
            throw new IllegalStateException("a certificate that was made here", e);
        }
        write(file, text.toString(), ALL);
    }

    static void writeCrls(Path file, List<X509CRL> crls) throws IOException {
        var text = new StringBuilder();
        try {
            for (X509CRL one : crls) {
                text.append(block(CRL, one.getEncoded()));
            }
        } catch (CRLException e) {
            throw new IllegalStateException("a list that was made here", e);
        }
        write(file, text.toString(), ALL);
    }

    /// Readable by its owner alone, from the first moment on.
    static void writeKey(Path file, PrivateKey key) throws IOException {
        write(file, block(KEY, key.getEncoded()), OWNER);
    }

    /// All of it or nothing: whoever reads meanwhile has what was there.
    private static void write(Path file, String text, Set<PosixFilePermission> permissions) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        Files.createFile(fresh, PosixFilePermissions.asFileAttribute(OWNER));
        Files.writeString(fresh, text);
        Files.setPosixFilePermissions(fresh, permissions);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    static List<X509Certificate> readCertificates(Path file) throws IOException {
        try {
            var all = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
            if (all.isEmpty()) {
                throw new IOException(file + ": no certificate in it");
            }
            return all.stream().map(X509Certificate.class::cast).toList();
        } catch (CertificateException e) {
            throw new IOException(file + ": not a certificate: " + e.getMessage(), e);
        }
    }

    /// None if there is no such file.
    static List<X509CRL> readCrls(Path file) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            return CertificateFactory.getInstance("X.509")
                    .generateCRLs(new ByteArrayInputStream(Files.readAllBytes(file)))
                    .stream()
                    .map(X509CRL.class::cast)
                    .toList();
        } catch (CertificateException | CRLException e) {
            throw new IOException(file + ": not a list of revoked certificates: " + e.getMessage(), e);
        }
    }

    /// Refuses a key that others can read.
    static PrivateKey readKey(Path file, String algorithm) throws IOException {
        if (!OWNER.containsAll(Files.getPosixFilePermissions(file))) {
            throw new IOException(file + ": others may read it; chmod 600");
        }
        String text = Files.readString(file, StandardCharsets.US_ASCII);
        if (!text.contains("-----BEGIN " + KEY + "-----")) {
            throw new IOException(file + ": no unencrypted PKCS #8 key in it");
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(text.replaceAll("-----[^-]+-----", ""));
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // not the cause, whose message may quote the key
            throw new IOException(file + ": no key of a certificate with " + algorithm);
        }
    }
}
