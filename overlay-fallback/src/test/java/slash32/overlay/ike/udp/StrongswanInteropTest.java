package slash32.overlay.ike.udp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.crypto.Prf;
import slash32.overlay.ike.crypto.SignatureScheme;
import slash32.overlay.ike.exchange.Action;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.Credentials;
import slash32.overlay.ike.exchange.NodeConfig;
import slash32.overlay.ike.exchange.PeerConfig;
import slash32.overlay.ike.exchange.Timers;
import slash32.overlay.ike.exchange.Verifier;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// Our loop at one end of a cable and strongSwan with its ESP in user space (tunnel mode, in UDP) at the other, each in
/// a namespace of its own, with certificates of one authority.
@InNetns
@Tag("interop")
class StrongswanInteropTest {
    private static final String OTHER = "s32ike" + ProcessHandle.current().pid();
    private static final IpAddress NEAR = IpAddress.parse("10.0.0.1");
    private static final IpAddress FAR = IpAddress.parse("10.0.0.2");
    private static final Identity OURS = Identity.name("hv1.example");
    private static final Identity THEIRS = Identity.name("hv2.example");
    private static final String CHARON = "/usr/lib/ipsec/charon";

    @TempDir
    Path folder;

    private final List<Process> started = new ArrayList<>();
    private final Set<ChildSa> installed = ConcurrentHashMap.newKeySet();
    private final List<Action> events = new CopyOnWriteArrayList<>();
    private volatile @Nullable ChildSa outbound;
    private @Nullable IkeLoop loop;
    private @Nullable Thread thread;

    @BeforeEach
    void cable() {
        Requirement.program("swanctl", "strongswan-swanctl");
        Requirement.program("openssl", "openssl");
        Command.run("ip", "netns", "add", OTHER);
        Command.run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", OTHER);
        Command.run("ip", "addr", "add", NEAR + "/24", "dev", "near");
        Command.run("ip", "link", "set", "near", "up");
        there("ip", "addr", "add", FAR + "/24", "dev", "far");
        there("ip", "link", "set", "lo", "up");
        there("ip", "link", "set", "far", "up");
    }

    @AfterEach
    void tearDown() throws InterruptedException {
        if (loop != null && thread != null) {
            loop.close();
            thread.join();
        }
        for (Process process : started.reversed()) {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
            process.waitFor(10, TimeUnit.SECONDS);
            process.destroyForcibly();
        }
        Command.run("ip", "netns", "del", OTHER);
    }

    @ParameterizedTest
    @CsvSource({
        "X25519, ec, aes256gcm16-prfsha256-x25519, aes256gcm16-x25519",
        "P256, ed25519, aes256gcm16-prfsha384-ecp256, aes256gcm16-ecp256",
        "MODP_2048, rsa, aes128gcm16-prfsha256-modp2048, aes128gcm16-modp2048"
    })
    void weBegin(KeyExchangeMethod method, String keys, String ike, String esp) throws Exception {
        startStrongswan(keys, ike, esp);
        start(keys, method);
        connect();
        rekeyBothWays();
        run().execute((node, now) -> node.disconnect(THEIRS, now));
        eventually("strongSwan has nothing", () -> swanctl("--list-sas").isBlank());
        eventually("nor have we", installed::isEmpty);
    }

    @ParameterizedTest
    @CsvSource({
        "X25519, ec, aes256gcm16-prfsha256-x25519, aes256gcm16-x25519",
        "P256, ed25519, aes256gcm16-prfsha384-ecp256, aes256gcm16-ecp256",
        "MODP_2048, rsa, aes128gcm16-prfsha256-modp2048, aes128gcm16-modp2048"
    })
    void strongswanBegins(KeyExchangeMethod method, String keys, String ike, String esp) throws Exception {
        startStrongswan(keys, ike, esp);
        start(keys, method);
        assertThat(swanctl("--initiate", "--child", "data")).contains("completed successfully");
        eventually("a Child SA", () -> outbound != null);
        assertSame();
        rekeyBothWays();
        assertThat(swanctl("--terminate", "--ike", "ours")).contains("completed successfully");
        eventually("we have nothing", installed::isEmpty);
        assertThat(events).contains(new Action.Lost(THEIRS, "deleted by the peer"));
    }

    @Test
    void bothRekeyAtOnce() throws Exception {
        startStrongswan("ec", "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519");
        start("ec", KeyExchangeMethod.X25519);
        connect();
        for (int round = 0; round < 5; round++) {
            ChildSa before = current();
            run().execute((node, now) -> node.rekeyChild(before.inboundSpi(), now));
            swanctl("--rekey", "--child", "data");
            eventually("another Child SA", () -> !current().equals(before));
            settle();
        }
        assertThat(losses()).isEmpty();
    }

    @Test
    void aChainThatNeedsFragmentsIsTaken() throws Exception {
        startStrongswan("rsa", "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519");
        start("rsa", KeyExchangeMethod.X25519);
        connect();
    }

    @Test
    void aStrongswanThatIsKilledIsLostAndComesBack() throws Exception {
        startStrongswan("ec", "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519");
        start("ec", KeyExchangeMethod.X25519);
        connect();
        Process charon = started.removeLast();
        charon.descendants().forEach(ProcessHandle::destroyForcibly);
        charon.destroyForcibly().waitFor();
        eventually("it is lost", () -> losses().equals(List.of("the peer does not answer")));
        assertThat(installed).isEmpty();
        outbound = null;
        startStrongswan("ec", "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519");
        connect();
    }

    /// We replace the Child SA and the IKE SA, then strongSwan does.
    private void rekeyBothWays() {
        ChildSa first = current();
        run().execute((node, now) -> node.rekeyChild(first.inboundSpi(), now));
        eventually("our new Child SA", () -> !current().equals(first));
        settle();
        String ike = ikeSpi();
        run().execute((node, now) -> node.rekeyIke(THEIRS, now));
        eventually("our new IKE SA", () -> !ikeSpi().equals(ike) && ikeSpi().length() == 16);
        settle();
        ChildSa second = current();
        assertThat(swanctl("--rekey", "--child", "data")).contains("rekey completed");
        eventually("its new Child SA", () -> !current().equals(second));
        settle();
        String before = ikeSpi();
        assertThat(swanctl("--rekey", "--ike", "ours")).contains("rekey completed");
        eventually("its new IKE SA", () -> !ikeSpi().equals(before) && ikeSpi().length() == 16);
        settle();
        assertThat(losses()).isEmpty();
    }

    private void settle() {
        eventually(
                "one Child SA at both ends",
                () -> installed.size() == 1 && swanctlChildren().size() == 1);
        assertSame();
    }

    /// What strongSwan receives on is what we send on, and the other way round.
    private void assertSame() {
        ChildSa ours = current();
        String wanted = "in %08x out %08x".formatted(ours.outboundSpi(), ours.inboundSpi());
        eventually("the same SA at both ends", () -> swanctlChildren().contains(wanted));
    }

    private void connect() {
        run().execute((node, now) -> node.connect(THEIRS, now));
        eventually("a Child SA", () -> outbound != null);
        assertSame();
        assertThat(current().encapsulated()).isTrue();
    }

    private ChildSa current() {
        ChildSa now = outbound;
        assertThat(now).as("what we send on; events: %s", events).isNotNull();
        return Objects.requireNonNull(now);
    }

    private List<String> losses() {
        return events.stream()
                .filter(Action.Lost.class::isInstance)
                .map(event -> ((Action.Lost) event).why())
                .toList();
    }

    private IkeLoop run() {
        return Objects.requireNonNull(loop);
    }

    private void start(String keys, KeyExchangeMethod first) throws Exception {
        var methods = new ArrayList<>(List.of(first));
        Arrays.stream(KeyExchangeMethod.values())
                .filter(one -> one != first && one != KeyExchangeMethod.ML_KEM_768)
                .forEach(methods::add);
        X509Certificate own = certificate(Files.readAllBytes(folder.resolve("x509/ours.pem")));
        X509Certificate authority = certificate(Files.readAllBytes(folder.resolve("x509ca/ca.pem")));
        var credentials = new Credentials(
                OURS,
                List.of(Bytes.copyOf(own.getEncoded())),
                key(keys, folder.resolve("ours.key")),
                SignatureScheme.of(own.getPublicKey()),
                Bytes.copyOf(new byte[20]));
        var timers = new Timers(
                Duration.ofMillis(500),
                5,
                Duration.ofHours(1),
                Duration.ofHours(1),
                Duration.ofSeconds(3),
                Duration.ofMillis(500),
                Duration.ofSeconds(30));
        var config = new NodeConfig(
                credentials,
                (claimed, chain) -> verify(authority, claimed, chain),
                methods,
                List.of(Prf.HMAC_SHA2_256, Prf.HMAC_SHA2_384),
                timers,
                true,
                30);
        IkeLoop opened = IkeLoop.open(NEAR, config, this::on);
        opened.execute((node, _) -> node.configure(new PeerConfig(
                THEIRS,
                new slash32.overlay.ike.exchange.Path(
                        NEAR,
                        slash32.overlay.ike.exchange.Path.IKE_PORT,
                        FAR,
                        slash32.overlay.ike.exchange.Path.IKE_PORT),
                List.of(TrafficSelector.of(NEAR, TrafficSelector.UDP)),
                List.of(TrafficSelector.of(FAR, TrafficSelector.UDP)),
                false)));
        loop = opened;
        thread = Thread.ofPlatform().name("ike").start(() -> {
            try {
                opened.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private void on(Action action) {
        switch (action) {
            case Action.InstallInbound(ChildSa child) -> installed.add(child);
            case Action.UseOutbound(ChildSa child) -> outbound = child;
            case Action.Remove(ChildSa child) -> installed.remove(child);
            default -> events.add(action);
        }
    }

    private static Verifier.Verdict verify(X509Certificate authority, Identity claimed, List<Bytes> chain) {
        try {
            X509Certificate peer = certificate(chain.getFirst().toArray());
            peer.verify(authority.getPublicKey());
            return peer.getSubjectAlternativeNames().stream().anyMatch(name -> name.contains(claimed.toString()))
                    ? new Verifier.Verdict.Trusted(peer.getPublicKey())
                    : new Verifier.Verdict.Refused("another name");
        } catch (GeneralSecurityException e) {
            return new Verifier.Verdict.Refused("" + e.getMessage());
        }
    }

    private static X509Certificate certificate(byte[] bytes) throws CertificateException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(bytes));
    }

    private static PrivateKey key(String keys, Path file) throws Exception {
        String pem = Files.readString(file).replaceAll("-----[^-]+-----|\\s", "");
        String algorithm = keys.equals("ec") ? "EC" : keys.equals("rsa") ? "RSA" : "Ed25519";
        return KeyFactory.getInstance(algorithm)
                .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
    }

    private void startStrongswan(String keys, String ike, String esp) throws IOException {
        if (!Files.exists(folder.resolve("x509"))) {
            certificates(keys);
        }
        Files.writeString(folder.resolve("strongswan.conf"), """
                charon {
                  load = random nonce openssl curve25519 pem pkcs1 pkcs8 x509 revocation constraints pubkey kdf hmac gcm aes sha1 sha2 \
                kernel-libipsec kernel-netlink socket-default vici
                  rsa_pss = yes
                  delete_rekeyed_delay = 1
                  plugins {
                    vici { socket = unix://%s/vici }
                    kernel-libipsec { allow_peer_ts = yes }
                    kernel-netlink { fwmark = !0x42 }
                    socket-default { fwmark = 0x42 }
                  }
                  filelog { log { path = %s/log
                    default = 1
                    ike = 2
                    cfg = 2 } }
                }
                """.formatted(folder, folder));
        Files.writeString(folder.resolve("swanctl.conf"), """
                connections {
                  ours {
                    version = 2
                    local_addrs = %s
                    remote_addrs = %s
                    proposals = %s
                    encap = yes
                    mobike = no
                    send_cert = always
                    rekey_time = 0
                    local { auth = pubkey
                      certs = theirs.pem
                      id = %s }
                    remote { auth = pubkey
                      id = %s }
                    children {
                      data {
                        local_ts = dynamic[udp]
                        remote_ts = dynamic[udp]
                        esp_proposals = %s
                        mode = tunnel
                        rekey_time = 0
                      }
                    }
                  }
                }
                """.formatted(FAR, NEAR, ike, THEIRS, OURS, esp));
        var builder = new ProcessBuilder(
                "ip",
                "netns",
                "exec",
                OTHER,
                "unshare",
                "-m",
                "sh",
                "-c",
                "mount -t tmpfs none /run && exec " + CHARON);
        builder.environment()
                .put("STRONGSWAN_CONF", folder.resolve("strongswan.conf").toString());
        started.add(builder.redirectErrorStream(true)
                .redirectOutput(folder.resolve("charon.out").toFile())
                .start());
        eventually(
                "charon's socket",
                () -> Files.exists(folder.resolve("vici")) && swanctl("--stats").contains("uptime"));
        assertThat(swanctl("--load-all")).contains("loaded connection 'ours'");
    }

    private void certificates(String keys) throws IOException {
        for (String name : List.of(
                "x509",
                "x509ca",
                "private",
                "x509crl",
                "x509aa",
                "x509ac",
                "x509ocsp",
                "pubkey",
                "rsa",
                "ecdsa",
                "pkcs8",
                "pkcs12",
                "bliss",
                "conf.d")) {
            Files.createDirectories(folder.resolve(name));
        }
        String at = folder.toString();
        List<String> ca = genpkey(keys, at + "/ca.key");
        Command.run(ca.toArray(String[]::new));
        Command.run(
                "openssl",
                "req",
                "-x509",
                "-new",
                "-key",
                at + "/ca.key",
                "-subj",
                "/CN=ca",
                "-days",
                "2",
                "-out",
                at + "/x509ca/ca.pem",
                "-addext",
                "keyUsage=critical,keyCertSign,cRLSign");
        for (String[] end : new String[][] {{"ours", OURS.toString()}, {"theirs", THEIRS.toString()}}) {
            Command.run(genpkey(keys, at + "/" + end[0] + ".key").toArray(String[]::new));
            Command.run(
                    "openssl",
                    "req",
                    "-new",
                    "-key",
                    at + "/" + end[0] + ".key",
                    "-subj",
                    "/CN=" + end[1],
                    "-out",
                    at + "/" + end[0] + ".csr");
            Files.writeString(
                    folder.resolve(end[0] + ".ext"), "subjectAltName=DNS:" + end[1] + "\nkeyUsage=digitalSignature\n");
            Command.run(
                    "openssl",
                    "x509",
                    "-req",
                    "-in",
                    at + "/" + end[0] + ".csr",
                    "-CA",
                    at + "/x509ca/ca.pem",
                    "-CAkey",
                    at + "/ca.key",
                    "-CAcreateserial",
                    "-days",
                    "1",
                    "-extfile",
                    at + "/" + end[0] + ".ext",
                    "-out",
                    at + "/x509/" + end[0] + ".pem");
        }
        Files.copy(folder.resolve("theirs.key"), folder.resolve("private/theirs.key"));
    }

    private static List<String> genpkey(String keys, String file) {
        var words = new ArrayList<>(List.of("openssl", "genpkey", "-out", file, "-algorithm"));
        switch (keys) {
            case "ec" -> words.addAll(List.of("EC", "-pkeyopt", "ec_paramgen_curve:P-256"));
            case "rsa" -> words.addAll(List.of("RSA", "-pkeyopt", "rsa_keygen_bits:3072"));
            default -> words.add("ED25519");
        }
        return words;
    }

    private String swanctl(String... words) {
        var all = new ArrayList<>(
                List.of("env", "STRONGSWAN_CONF=" + folder + "/strongswan.conf", "SWANCTL_DIR=" + folder, "swanctl"));
        all.addAll(List.of(words));
        all.addAll(List.of("--uri", "unix://" + folder + "/vici"));
        return Command.tryRun(all.toArray(String[]::new)).output();
    }

    /// "in cafe0001 out cafe0002" of each Child SA that strongSwan has.
    private Set<String> swanctlChildren() {
        var all = new HashSet<String>();
        String in = "";
        for (String line : swanctl("--list-sas").lines().map(String::strip).toList()) {
            if (line.startsWith("in ")) {
                in = line.substring(4).strip().substring(0, 8);
            } else if (line.startsWith("out ")) {
                all.add("in " + in + " out " + line.substring(4).strip().substring(0, 8));
            }
        }
        return all;
    }

    /// Of the responder's side, which tells one IKE SA from its successor.
    private String ikeSpi() {
        return swanctl("--list-sas")
                .lines()
                .filter(line -> line.startsWith("ours:") && line.contains("ESTABLISHED"))
                .map(line -> line.replaceAll(".* ([0-9a-f]{16})_r.*", "$1"))
                .findFirst()
                .orElse("");
    }

    private static void there(String... words) {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", OTHER));
        all.addAll(List.of(words));
        Command.run(all.toArray(String[]::new));
    }

    private void eventually(String what, BooleanSupplier holds) {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(
                        what + " not within 30 s; events " + events + ", installed " + installed + "\n" + log());
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    private String log() {
        try {
            Path log = folder.resolve("log");
            return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "no log";
        } catch (IOException e) {
            return "" + e;
        }
    }
}
