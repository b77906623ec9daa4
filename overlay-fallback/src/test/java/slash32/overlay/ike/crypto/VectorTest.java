package slash32.overlay.ike.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.Bytes;
import slash32.overlay.ike.Vectors;

/// Vectors of others: those of RFC 7748, NIST's for prf and prf+ (as strongSwan has them), Wycheproof's for what a peer
/// can send.
class VectorTest {
    private static final String BASE_POINT = "0900000000000000000000000000000000000000000000000000000000000000";
    private static final String ALICE = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    private static final String ALICE_PUBLIC = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    private static final String BOB = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
    private static final String BOB_PUBLIC = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";

    @Test
    void prfPlusIsThatOfNist() {
        var compared = new ArrayList<String>();
        Vectors.records("ikev2/strongswan_crypto.jsonl")
                .filter(one -> one.get("kind").asText().equals("ikev2-prf-plus"))
                .forEach(one -> {
                    byte[] wanted = Vectors.bytes(one.get("out"));
                    assertThat(prf(one).plus(
                                            Vectors.bytes(one.get("key")),
                                            Vectors.bytes(one.get("salt")),
                                            wanted.length))
                            .isEqualTo(wanted);
                    compared.add(one.get("id").asText());
                });
        assertThat(compared).hasSize(4);
    }

    @Test
    void prfIsThatOfNist() {
        var compared = new ArrayList<String>();
        Vectors.records("ikev2/strongswan_crypto.jsonl")
                .filter(one -> one.get("kind").asText().equals("ikev2-prf"))
                .forEach(one -> {
                    assertThat(prf(one).of(Vectors.bytes(one.get("salt")), Vectors.bytes(one.get("key"))))
                            .as(one.get("id").asText())
                            .isEqualTo(Vectors.bytes(one.get("out")));
                    compared.add(one.get("id").asText());
                });
        assertThat(compared).hasSize(3);
    }

    @Test
    void prfIsTheHmacOfWycheproof() {
        int valid = 0;
        int others = 0;
        for (JsonNode one :
                Vectors.records("ikev2/wycheproof_hmac_sha256.jsonl").toList()) {
            byte[] tag = Vectors.bytes(one.get("tag"));
            byte[] whole = Prf.HMAC_SHA2_256.of(Vectors.bytes(one.get("key")), Vectors.bytes(one.get("msg")));
            boolean same = Arrays.equals(Arrays.copyOf(whole, tag.length), tag);
            assertThat(same)
                    .as(one.get("id").asText())
                    .isEqualTo(one.get("result").asText().equals("valid"));
            valid += same ? 1 : 0;
            others += same ? 0 : 1;
        }
        assertThat(valid).isEqualTo(35);
        assertThat(others).isEqualTo(52);
    }

    private static Prf prf(JsonNode record) {
        return Prf.valueOf(record.get("arg_prf").asText().substring("PRF_".length()));
    }

    /// RFC 7748 §5.2: scalar, u-coordinate, output; the third is the first of those that are repeated. §6.1: the public
    /// values of both ends, and the secret that each of them has.
    @ParameterizedTest
    @CsvSource({
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4,"
                + "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c,"
                + "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d,"
                + "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493,"
                + "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        BASE_POINT + "," + BASE_POINT + ",422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
        ALICE + "," + BASE_POINT + "," + ALICE_PUBLIC,
        BOB + "," + BASE_POINT + "," + BOB_PUBLIC,
        ALICE + "," + BOB_PUBLIC + ",4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
        BOB + "," + ALICE_PUBLIC + ",4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    })
    void x25519AnswersItsRfc(String scalar, String coordinate, String output) throws GeneralSecurityException {
        HexFormat hex = HexFormat.of();
        var own = KeyFactory.getInstance("X25519")
                .generatePrivate(new XECPrivateKeySpec(NamedParameterSpec.X25519, hex.parseHex(scalar)));
        assertThat(KeyExchangeMethod.X25519.secret(own, Bytes.copyOf(hex.parseHex(coordinate))))
                .contains(new Secret(hex.parseHex(output)));
    }

    @Test
    void x25519AnswersWycheproof() throws GeneralSecurityException {
        var factory = KeyFactory.getInstance("X25519");
        int valid = 0;
        int refused = 0;
        for (JsonNode one : Vectors.records("ikev2/wycheproof_x25519.jsonl").toList()) {
            var own = factory.generatePrivate(
                    new XECPrivateKeySpec(NamedParameterSpec.X25519, Vectors.bytes(one.get("private"))));
            Optional<Secret> secret =
                    KeyExchangeMethod.X25519.secret(own, Bytes.copyOf(Vectors.bytes(one.get("public"))));
            if (Bytes.copyOf(Vectors.bytes(one.get("shared"))).equals(Bytes.copyOf(new byte[32]))) {
                // a secret of all zeros is refused, as RFC 7748 §6.1 allows
                assertThat(secret).as(one.get("id").asText()).isEmpty();
                refused++;
            } else {
                assertThat(secret).as(one.get("id").asText()).contains(new Secret(Vectors.bytes(one.get("shared"))));
                valid++;
            }
        }
        assertThat(valid).isGreaterThan(200);
        assertThat(refused).isGreaterThan(10);
    }

    @Test
    void p256AnswersWycheproof() throws GeneralSecurityException {
        var factory = KeyFactory.getInstance("EC");
        var parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec("secp256r1"));
        ECParameterSpec curve = parameters.getParameterSpec(ECParameterSpec.class);
        int valid = 0;
        int refused = 0;
        for (JsonNode one :
                Vectors.records("ikev2/wycheproof_ecdh_secp256r1_ecpoint.jsonl").toList()) {
            byte[] point = Vectors.bytes(one.get("public"));
            if (point.length == 33) {
                continue; // compressed, which a KE payload never is (RFC 5903 §7)
            }
            byte[] value = point.length == 0 ? point : Arrays.copyOfRange(point, 1, point.length);
            var own = factory.generatePrivate(
                    new ECPrivateKeySpec(new BigInteger(1, Vectors.bytes(one.get("private"))), curve));
            Optional<Secret> secret = KeyExchangeMethod.P256.secret(own, Bytes.copyOf(value));
            if (one.get("result").asText().equals("invalid")) {
                assertThat(secret).as(one.get("id").asText()).isEmpty();
                refused++;
            } else {
                assertThat(secret).as(one.get("id").asText()).contains(new Secret(Vectors.bytes(one.get("shared"))));
                valid++;
            }
        }
        assertThat(valid).isGreaterThan(100);
        assertThat(refused).isPositive();
    }

    @Test
    void gcmOpensWhatWycheproofSaysIsValid() {
        int valid = 0;
        int refused = 0;
        for (JsonNode one : Vectors.records("esp/wycheproof_aes_gcm.jsonl").toList()) {
            byte[] nonce = Vectors.bytes(one.get("iv"));
            int keyBits = one.get("keySize").asInt();
            if (nonce.length != 12 || keyBits == 192) {
                continue;
            }
            byte[] keyAndSalt = concat(Vectors.bytes(one.get("key")), nonce, 0, 4);
            byte[] sealed = concat(
                    concat(Arrays.copyOfRange(nonce, 4, 12), Vectors.bytes(one.get("ct"))),
                    Vectors.bytes(one.get("tag")));
            Optional<byte[]> opened = new AesGcm(new Secret(keyAndSalt)).open(Vectors.bytes(one.get("aad")), sealed);
            if (one.get("result").asText().equals("valid")) {
                assertThat(opened.map(Bytes::copyOf))
                        .as(one.get("id").asText())
                        .contains(Bytes.copyOf(Vectors.bytes(one.get("msg"))));
                valid++;
            } else {
                assertThat(opened).as(one.get("id").asText()).isEmpty();
                refused++;
            }
        }
        assertThat(valid).isGreaterThan(30);
        assertThat(refused).isGreaterThan(20);
    }

    private static byte[] concat(byte[] one, byte[] other) {
        return concat(one, other, 0, other.length);
    }

    private static byte[] concat(byte[] one, byte[] other, int from, int length) {
        byte[] both = Arrays.copyOf(one, one.length + length);
        System.arraycopy(other, from, both, one.length, length);
        return both;
    }
}
