package slash32.overlay.ike.udp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.crypto.Prf;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.NodeConfig;
import slash32.overlay.ike.udp.Strongswan.Selectors;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// Every set of algorithms that strongSwan has as we do: each end begins in turn, and replaces the Child SA and the IKE
/// SA. Each cell is measured in the run that writes the table. Too many for each build, so its name does not end in
/// Test; `make interop` runs it.
@InNetns
class IkeInteropMatrix {
    private static final Map<String, String> KEYS = new LinkedHashMap<>();
    private static final Map<KeyExchangeMethod, String> EXCHANGES = new EnumMap<>(KeyExchangeMethod.class);
    private static final Map<Prf, String> PRFS = new EnumMap<>(Prf.class);
    private static final List<Integer> KEY_BITS = List.of(256, 128);

    static {
        KEYS.put("ec", "ECDSA P-256");
        KEYS.put("ed25519", "Ed25519");
        KEYS.put("rsa", "RSA-PSS, 3072 bits");
        EXCHANGES.put(KeyExchangeMethod.X25519, "x25519");
        EXCHANGES.put(KeyExchangeMethod.P256, "ecp256");
        EXCHANGES.put(KeyExchangeMethod.MODP_2048, "modp2048");
        PRFS.put(Prf.HMAC_SHA2_256, "prfsha256");
        PRFS.put(Prf.HMAC_SHA2_384, "prfsha384");
        PRFS.put(Prf.HMAC_SHA2_512, "prfsha512");
    }

    @TempDir
    Path folder;

    @Test
    void table() throws Exception {
        var table = new StringBuilder("| certificate | key exchange | PRF | we begin: AES-256 | AES-128"
                + " | strongSwan begins: AES-256 | AES-128 |\n|---|---|---|---|---|---|---|\n");
        for (String keys : KEYS.keySet()) {
            Path own = Files.createDirectory(folder.resolve(keys));
            var far = new Strongswan(own);
            try {
                far.start(keys, "aes256gcm16-prfsha256-x25519", "aes256gcm16-x25519", Selectors.OUTER);
                for (KeyExchangeMethod method : EXCHANGES.keySet()) {
                    for (Prf prf : PRFS.keySet()) {
                        table.append("| ").append(KEYS.get(keys)).append(" | ").append(EXCHANGES.get(method));
                        table.append(" | ").append(PRFS.get(prf)).append(" |");
                        for (boolean weBegin : new boolean[] {true, false}) {
                            for (int bits : KEY_BITS) {
                                table.append(' ')
                                        .append(measured(far, keys, method, prf, bits, weBegin))
                                        .append(" |");
                            }
                        }
                        table.append('\n');
                    }
                }
            } finally {
                far.takeDown();
                Command.tryRun("ip", "link", "del", "near");
            }
        }
        System.out.println(table);
        write(table.toString());
        assertThat(table).doesNotContain("fails");
    }

    /// strongSwan's threads may stop for a while in what its plugins do; one that fails is measured once more, and the
    /// cell says so.
    private static String measured(
            Strongswan far, String keys, KeyExchangeMethod method, Prf prf, int bits, boolean weBegin)
            throws Exception {
        return isMeasured(far, keys, method, prf, bits, weBegin)
                ? "pass"
                : isMeasured(far, keys, method, prf, bits, weBegin) ? "pass, the second time" : "fails";
    }

    private static boolean isMeasured(
            Strongswan far, String keys, KeyExchangeMethod method, Prf prf, int bits, boolean weBegin)
            throws Exception {
        String cipher = "aes" + bits + "gcm16-";
        far.propose(
                cipher + PRFS.get(prf) + "-" + EXCHANGES.get(method), cipher + EXCHANGES.get(method), Selectors.OUTER);
        NodeConfig all = far.ours(keys, method);
        var near = new OurEnd(
                far,
                new NodeConfig(
                        all.credentials(),
                        all.verifier(),
                        List.of(method),
                        List.of(prf),
                        all.timers(),
                        all.forceEncapsulation(),
                        all.cookiesFrom()));
        try {
            measure(far, near, bits, weBegin);
            return true;
        } catch (AssertionError e) {
            System.out.println(keys + " " + method + " " + prf + " " + bits + " " + weBegin + ": " + e);
            return false;
        } finally {
            far.swanctl("--terminate", "--ike", "ours", "--force");
            near.stop();
        }
    }

    private static void measure(Strongswan far, OurEnd near, int bits, boolean weBegin) {
        if (weBegin) {
            near.connect();
        } else {
            assertThat(far.swanctl("--initiate", "--child", "data")).contains("completed successfully");
            near.connected();
        }
        assertThat(near.current().inboundKey().length()).isEqualTo(bits / 8 + 4);
        ChildSa first = near.current();
        String ike = far.ikeSpi();
        if (weBegin) {
            near.loop().execute((node, now) -> node.rekeyChild(first.inboundSpi(), now));
            near.eventually("our new Child SA", () -> !near.current().equals(first));
            near.settle();
            near.loop().execute((node, now) -> node.rekeyIke(Strongswan.THEIRS, now));
            near.eventually(
                    "our new IKE SA",
                    () -> !far.ikeSpi().equals(ike) && far.ikeSpi().length() == 16);
            near.loop().execute((node, now) -> node.release(Strongswan.THEIRS, now));
        } else {
            assertThat(far.swanctl("--rekey", "--child", "data")).contains("rekey completed");
            near.eventually("its new Child SA", () -> !near.current().equals(first));
            near.settle();
            assertThat(far.swanctl("--rekey", "--ike", "ours")).contains("rekey completed");
        }
        near.eventually("nothing is left", () -> {
            if (!weBegin) {
                far.swanctl("--terminate", "--ike", "ours"); // until none is left: a replaced one goes by itself
            }
            return near.installed.isEmpty() && far.swanctl("--list-sas").isBlank();
        });
    }

    /// Between the marks of docs/interop-ike.md.
    private static void write(String table) throws IOException {
        Path page = Path.of("../docs/interop-ike.md");
        String text = Files.readString(page);
        String begin = "<!-- table: written by `make interop` -->\n";
        int from = text.indexOf(begin) + begin.length();
        int to = text.indexOf("<!-- end of table -->");
        assertThat(from).isPositive().isLessThanOrEqualTo(to);
        Files.writeString(page, text.substring(0, from) + table + text.substring(to));
    }
}
