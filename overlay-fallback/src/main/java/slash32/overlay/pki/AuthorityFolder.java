package slash32.overlay.pki;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import slash32.net.IpAddress;

/// An authority in files: `ca.pem` with all that are trusted, the one that signs first; its key; `revoked.pem`; and
/// a copy of what was issued to each node.
public final class AuthorityFolder {
    private static final Duration BACKDATE = Duration.ofMinutes(5);
    private static final Duration CRL_LIFE = Duration.ofDays(30);
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

    private final Path folder;
    private final SecureRandom random;
    private final List<X509Certificate> trusted;
    private final CertificateAuthority authority;

    private AuthorityFolder(
            Path folder, SecureRandom random, List<X509Certificate> trusted, CertificateAuthority authority) {
        this.folder = folder;
        this.random = random;
        this.trusted = trusted;
        this.authority = authority;
    }

    /// Makes one.
    ///
    /// @param next besides one that is there, which stays trusted and signs no more
    /// @throws IOException if one is there, or is not, against {@code next}
    public static AuthorityFolder create(
            Path folder, String name, Instant now, Duration life, boolean next, SecureRandom random)
            throws IOException {
        Path bundle = folder.resolve("ca.pem");
        if (Files.exists(bundle) != next) {
            throw new IOException(bundle + (next ? ": no authority yet" : ": an authority is there already"));
        }
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.createDirectories(folder.resolve("issued"));
        var authority = CertificateAuthority.create(name, now.minus(BACKDATE), now.plus(life), random);
        var trusted = new ArrayList<X509Certificate>();
        trusted.add(authority.certificate());
        if (next) {
            trusted.addAll(Pem.readCertificates(bundle));
        }
        Pem.writeKey(folder.resolve("ca.key"), authority.key());
        Pem.writeCertificates(bundle, trusted);
        return new AuthorityFolder(folder, random, trusted, authority);
    }

    /// Reads the one that is there.
    public static AuthorityFolder read(Path folder, SecureRandom random) throws IOException {
        List<X509Certificate> trusted = Pem.readCertificates(folder.resolve("ca.pem"));
        X509Certificate own = trusted.getFirst();
        var key = Pem.readKey(folder.resolve("ca.key"), own.getPublicKey().getAlgorithm());
        return new AuthorityFolder(folder, random, trusted, new CertificateAuthority(own, key, random));
    }

    /// Issues a new key and certificate to a node.
    ///
    /// @param node its name, as peers know it
    /// @param addresses its underlay address, and what else it may be reached at
    /// @return the certificate's end
    public Instant issue(String node, Collection<IpAddress> addresses, Instant now, Duration life, NodeFolder to)
            throws IOException {
        if (!NAME.matcher(node).matches()) {
            throw new IOException("node " + node + ": not a host name in lower case");
        }
        if (addresses.isEmpty()) {
            throw new IOException("node " + node + ": no address");
        }
        Instant until = now.plus(life);
        if (authority.certificate().getNotAfter().toInstant().isBefore(until)) {
            throw new IOException("node " + node + ": the authority ends before, on "
                    + authority.certificate().getNotAfter().toInstant() + "; make the next one");
        }
        KeyPair keys = CertificateAuthority.newKeys(random);
        X509Certificate made = authority.issue(node, addresses, keys.getPublic(), now.minus(BACKDATE), until);
        to.write(made, keys.getPrivate(), trusted, revoked());
        Pem.writeCertificates(issued(node), List.of(made));
        return until;
    }

    /// Issues to a node again what it has, with a new key and a new end.
    public Instant renew(String node, Instant now, Duration life, NodeFolder to) throws IOException {
        Set<IpAddress> addresses = SubjectNames.of(lastIssued(node)).addresses();
        return issue(node, addresses, now, life, to);
    }

    /// Trusts the last certificate of a node no more, once peers have the new list.
    public void revoke(String node, Instant now) throws IOException {
        X509Certificate last = lastIssued(node);
        if (!last.getIssuerX500Principal().equals(authority.certificate().getSubjectX500Principal())) {
            throw new IOException("node " + node + ": its certificate is of an authority that signs no more");
        }
        var serials = new ArrayList<BigInteger>();
        var lists = new ArrayList<X509CRL>();
        for (X509CRL list : revoked()) {
            if (!list.getIssuerX500Principal().equals(authority.certificate().getSubjectX500Principal())) {
                lists.add(list);
            } else if (list.getRevokedCertificates() != null) {
                list.getRevokedCertificates().stream()
                        .map(X509CRLEntry::getSerialNumber)
                        .forEach(serials::add);
            }
        }
        serials.add(last.getSerialNumber());
        lists.addFirst(authority.revoked(serials, now, now.plus(CRL_LIFE)));
        Pem.writeCrls(folder.resolve("revoked.pem"), lists);
    }

    private List<X509CRL> revoked() throws IOException {
        return Pem.readCrls(folder.resolve("revoked.pem"));
    }

    private Path issued(String node) {
        return folder.resolve("issued").resolve(node + ".pem");
    }

    private X509Certificate lastIssued(String node) throws IOException {
        if (!NAME.matcher(node).matches() || !Files.exists(issued(node))) {
            throw new IOException("node " + node + ": nothing was issued to it");
        }
        return Pem.readCertificates(issued(node)).getFirst();
    }
}
