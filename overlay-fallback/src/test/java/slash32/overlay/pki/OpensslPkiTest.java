package slash32.overlay.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.SignatureScheme;
import slash32.overlay.ike.exchange.Credentials;
import slash32.overlay.ike.exchange.Verifier.Verdict;
import slash32.overlay.ike.wire.Identity;
import slash32.testkit.Command;
import slash32.testkit.Requirement;

/// A root, an authority between and a node's certificate as OpenSSL makes them.
@Tag("interop")
class OpensslPkiTest {
    private static final IpAddress ADDRESS = IpAddress.parse("192.0.2.1");
    private static final Identity HV1 = Identity.name("hv1.example");

    @TempDir
    Path folder;

    @BeforeEach
    void openssl() throws IOException {
        Requirement.program("openssl", "openssl");
        Files.writeString(
                folder.resolve("authority.ext"),
                "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n");
        Files.writeString(
                folder.resolve("ca.cnf"),
                "[ca]\ndefault_ca=it\n[it]\ndatabase=index.txt\ndefault_md=default\ndefault_crl_days=30\n");
        Files.createFile(folder.resolve("index.txt"));
    }

    private void run(String command) {
        Command.run("sh", "-c", "cd " + folder + " && openssl " + command + " 2>&1");
    }

    /// As docs/pki.md says.
    private void issue(String key) throws IOException {
        run("req -x509 -new -newkey " + key + " -noenc -keyout root.key -out ca.pem -subj /CN=root -days 30"
                + " -addext keyUsage=critical,keyCertSign,cRLSign");
        run("req -new -newkey " + key + " -noenc -keyout between.key -out between.csr -subj /CN=between");
        run("x509 -req -in between.csr -CA ca.pem -CAkey root.key -CAcreateserial -days 20"
                + " -extfile authority.ext -out between.pem");
        run("req -new -newkey " + key + " -noenc -keyout node.key -out node.csr -subj /CN=hv1.example"
                + " -addext subjectAltName=DNS:hv1.example,IP:192.0.2.1 -addext keyUsage=digitalSignature");
        run("x509 -req -in node.csr -CA between.pem -CAkey between.key -CAcreateserial -days 10"
                + " -copy_extensions copy -out leaf.pem");
        Files.writeString(
                folder.resolve("node.pem"),
                Files.readString(folder.resolve("leaf.pem")) + Files.readString(folder.resolve("between.pem")));
    }

    private PeerVerifier verifier() throws IOException {
        return new NodeFolder(folder).verifier(_ -> Optional.of(ADDRESS), Instant::now);
    }

    private String verdict(List<Bytes> certificates) throws IOException {
        return switch (verifier().verify(HV1, certificates)) {
            case Verdict.Trusted _ -> "trusted";
            case Verdict.Refused(String why) -> why;
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"ec -pkeyopt ec_paramgen_curve:P-256", "ed25519", "rsa:2048"})
    void itsKeysChainsAndListsAreTaken(String key) throws IOException {
        issue(key);
        Credentials own = new NodeFolder(folder).credentials(ADDRESS);
        assertThat(own.certificates()).hasSize(2);
        byte[] octets = {1, 2, 3};
        Bytes signature = own.schemes().getFirst().sign(own.key(), octets);
        assertThat(verifier().verify(HV1, own.certificates()))
                .isInstanceOfSatisfying(
                        Verdict.Trusted.class,
                        trusted -> assertThat(SignatureScheme.verify(trusted.key(), signature, octets))
                                .isTrue());
        assertThat(verdict(own.certificates().subList(0, 1))).startsWith("the certificate is not trusted: ");

        run("ca -config ca.cnf -revoke leaf.pem -keyfile between.key -cert between.pem");
        run("ca -config ca.cnf -gencrl -keyfile between.key -cert between.pem -out revoked.pem");
        assertThat(verifier().lists())
                .extracting(RevocationList::issuer, RevocationList::use)
                .containsExactly(tuple("CN=between", RevocationList.Use.WITH_ITS_ISSUER));
        assertThat(verdict(own.certificates())).isEqualTo("the certificate is revoked");

        run("req -x509 -new -newkey " + key + " -noenc -keyout other.key -out other.pem -subj /CN=root -days 30");
        run("ca -config ca.cnf -gencrl -keyfile other.key -cert other.pem -out revoked.pem");
        assertThat(verifier().lists()).extracting(RevocationList::use).containsExactly(RevocationList.Use.IGNORED);
        assertThat(verdict(own.certificates())).isEqualTo("trusted");
    }
}
