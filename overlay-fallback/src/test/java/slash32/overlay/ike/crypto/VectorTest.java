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
import java.util.Optional;
import org.junit.jupiter.api.Test;
import slash32.net.Bytes;
import slash32.overlay.ike.Vectors;

/// Vectors of others: NIST's for prf and prf+ (as strongSwan has them), Wycheproof's for what a peer can send.
class VectorTest {
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

    private static Prf prf(JsonNode record) {
        return Prf.valueOf(record.get("arg_prf").asText().substring("PRF_".length()));
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
