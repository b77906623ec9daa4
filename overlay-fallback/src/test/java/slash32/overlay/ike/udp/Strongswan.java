package slash32.overlay.ike.udp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
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
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.crypto.Prf;
import slash32.overlay.ike.crypto.SignatureScheme;
import slash32.overlay.ike.exchange.Credentials;
import slash32.overlay.ike.exchange.NodeConfig;
import slash32.overlay.ike.exchange.PeerConfig;
import slash32.overlay.ike.exchange.Timers;
import slash32.overlay.ike.exchange.Verifier;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;
import slash32.testkit.Command;
import slash32.testkit.Requirement;

/// strongSwan in a namespace of its own at the far end of a cable, with its ESP in user space, and the certificates
/// of both ends.
public final class Strongswan {
    public static final IpAddress NEAR = IpAddress.parse("10.0.0.1");
    public static final IpAddress FAR = IpAddress.parse("10.0.0.2");
    public static final Identity OURS = Identity.name("hv1.example");
    public static final Identity THEIRS = Identity.name("hv2.example");

    private static final String OTHER = "s32ike" + ProcessHandle.current().pid();
    private static final int LIMIT_SECONDS = 60;

    private static final String IN_USER_SPACE = """
                    kernel-libipsec { allow_peer_ts = yes }
                    kernel-netlink { fwmark = !0x42 }
                    socket-default { fwmark = 0x42 }""";

    private static final String CHARON = "/usr/lib/ipsec/charon";

    private final Path folder;
    private final boolean kernelEsp;
    private String charonSettings = "";
    private String connectionSettings = "";
    private boolean bare;
    private final List<Process> started = new ArrayList<>();

    /// What it encrypts of its side and ours.
    ///
    /// @param theirs traffic selector as swanctl.conf has it
    /// @param rekeySeconds after which it replaces its SAs; 0 for never
    /// @param lingerSeconds how long a replaced SA receives
    public record Selectors(String theirs, String ours, int rekeySeconds, int lingerSeconds) {
        /// UDP between the two ends of the cable themselves.
        public static final Selectors OUTER = new Selectors("dynamic[udp]", "dynamic[udp]", 0, 1);
    }

    /// Lays the cable from the calling thread's namespace.
    ///
    /// @param folder for its files
    public Strongswan(Path folder) {
        this(folder, false);
    }

    /// @param kernelEsp of the kernel in place of its own in user space
    public Strongswan(Path folder, boolean kernelEsp) {
        this.folder = folder;
        this.kernelEsp = kernelEsp;
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

    /// Ends it and takes the cable away.
    public void takeDown() throws InterruptedException {
        for (Process process : started.reversed()) {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
            process.waitFor(10, TimeUnit.SECONDS);
            process.destroyForcibly();
        }
        Command.run("ip", "netns", "del", OTHER);
    }

    /// Ends it as a power cut does.
    public void kill() throws InterruptedException {
        Process charon = started.removeLast();
        charon.descendants().forEach(ProcessHandle::destroyForcibly);
        charon.destroyForcibly().waitFor();
    }

    /// A command line in its namespace.
    public static String[] inside(String... words) {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", OTHER));
        all.addAll(List.of(words));
        return all.toArray(String[]::new);
    }

    /// Runs a command in its namespace.
    public static String there(String... words) {
        return Command.run(inside(words));
    }

    /// Has its next start know more than it does by default.
    ///
    /// @param charon lines of strongswan.conf
    /// @param connection lines of a connection in swanctl.conf
    public void settings(String charon, String connection) {
        charonSettings = charon;
        connectionSettings = connection;
    }

    /// From its next configuration on both ends are content with ESP in IP, where there is no NAT.
    public void bare() {
        bare = true;
    }

    /// Starts it with a key of this kind and these proposals, and with new certificates of both ends if there are none.
    public void start(String keys, String ike, String esp, Selectors selectors) throws IOException {
        if (!Files.exists(folder.resolve("x509"))) {
            certificates(keys);
        }
        Files.writeString(folder.resolve("strongswan.conf"), """
                charon {
                  load = random nonce openssl curve25519 pem pkcs1 pkcs8 x509 revocation constraints pubkey kdf hmac gcm aes sha1 sha2 \
                %s socket-default vici
                  rsa_pss = yes
                  delete_rekeyed_delay = %d
                  %s
                  plugins {
                    vici { socket = unix://%s/vici }
                    %s
                  }
                  filelog { log { path = %s/log
                    flush_line = yes
                    default = 1
                    ike = 2
                    net = 2
                    cfg = 2 } }
                }
                """.formatted(
                        kernelEsp ? "kernel-netlink" : "kernel-libipsec kernel-netlink",
                        selectors.lingerSeconds,
                        charonSettings,
                        folder,
                        kernelEsp ? "" : IN_USER_SPACE,
                        folder));
        connection(ike, esp, selectors);
        launch();
        assertThat(swanctl("--load-all")).contains("loaded connection 'ours'");
    }

    /// Has it know these proposals from now on.
    public void propose(String ike, String esp, Selectors selectors) throws IOException {
        connection(ike, esp, selectors);
        assertThat(swanctl("--load-conns")).contains("loaded connection 'ours'");
    }

    private void connection(String ike, String esp, Selectors selectors) throws IOException {
        Files.writeString(folder.resolve("swanctl.conf"), """
                connections {
                  ours {
                    version = 2
                    local_addrs = %s
                    remote_addrs = %s
                    proposals = %s
                    encap = %s
                    mobike = no
                    send_cert = always
                    rekey_time = %ds
                    rand_time = 0s
                    over_time = 60s
                    %s
                    local { auth = pubkey
                      certs = theirs.pem
                      id = %s }
                    remote { auth = pubkey
                      id = %s }
                    children {
                      data {
                        local_ts = %s
                        remote_ts = %s
                        esp_proposals = %s
                        mode = tunnel
                        rekey_time = %ds
                        rand_time = 0s
                        life_time = 3600s
                      }
                    }
                  }
                }
                """.formatted(
                        FAR,
                        NEAR,
                        ike,
                        bare ? "no" : "yes",
                        selectors.rekeySeconds,
                        connectionSettings,
                        THEIRS,
                        OURS,
                        selectors.theirs,
                        selectors.ours,
                        esp,
                        selectors.rekeySeconds));
    }

    private void launch() throws IOException {
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
                () -> Files.exists(folder.resolve("vici")) && swanctl("--stats").contains("uptime"),
                () -> "");
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

    /// What {@code swanctl} says.
    public String swanctl(String... words) {
        var all = new ArrayList<>(
                List.of("env", "STRONGSWAN_CONF=" + folder + "/strongswan.conf", "SWANCTL_DIR=" + folder, "swanctl"));
        all.addAll(List.of(words));
        all.addAll(List.of("--uri", "unix://" + folder + "/vici"));
        return Command.tryRun(all.toArray(String[]::new)).output();
    }

    /// "in cafe0001 out cafe0002" of each Child SA that strongSwan has.
    public Set<String> swanctlChildren() {
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
    public String ikeSpi() {
        return swanctl("--list-sas")
                .lines()
                .filter(line -> line.startsWith("ours:") && line.contains("ESTABLISHED"))
                .map(line -> line.replaceAll(".* ([0-9a-f]{16})_r.*", "$1"))
                .findFirst()
                .orElse("");
    }

    /// What our end needs to be let in.
    ///
    /// @param first the key exchange that is offered
    public NodeConfig ours(String keys, KeyExchangeMethod first) throws Exception {
        return ours(keys, first, Duration.ofHours(1), Duration.ofMillis(500));
    }

    /// The same with SAs that live for this long, and receive for {@code linger} once they are replaced.
    public NodeConfig ours(String keys, KeyExchangeMethod first, Duration life, Duration linger) throws Exception {
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
                Duration.ofMillis(500), 5, life, life, Duration.ofSeconds(3), linger, Duration.ofSeconds(30));
        return new NodeConfig(
                credentials,
                (claimed, chain) -> verify(authority, claimed, chain),
                methods,
                List.of(Prf.HMAC_SHA2_256, Prf.HMAC_SHA2_384),
                timers,
                !bare,
                30);
    }

    /// The far end as a peer of ours.
    public static PeerConfig peer(TrafficSelector ours, TrafficSelector theirs) {
        int port = slash32.overlay.ike.exchange.Path.IKE_PORT;
        return new PeerConfig(
                THEIRS,
                new slash32.overlay.ike.exchange.Path(NEAR, port, FAR, port),
                List.of(ours),
                List.of(theirs),
                false);
    }

    private static Verifier.Verdict verify(X509Certificate authority, Identity claimed, List<Bytes> chain) {
        try {
            X509Certificate peer = certificate(chain.getFirst().toArray());
            peer.verify(authority.getPublicKey());
            return peer.getSubjectAlternativeNames().stream().anyMatch(name -> name.contains(claimed.toString()))
                    ? new Verifier.Verdict.Trusted(peer.getPublicKey(), Duration.ofDays(90))
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

    /// Waits until it holds.
    ///
    /// @param state for the report if it never does
    public void eventually(String what, BooleanSupplier holds, Supplier<String> state) {
        long end = System.nanoTime() + Duration.ofSeconds(LIMIT_SECONDS).toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(what + " not within " + LIMIT_SECONDS + " s; " + state.get() + "\n" + log());
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    /// What it has noted so far.
    public String log() {
        try {
            Path log = folder.resolve("log");
            return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "no log";
        } catch (IOException e) {
            return "" + e;
        }
    }
}
