package slash32.overlay.ike.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import slash32.net.Bytes;

class CryptoTest {
    private static final byte[] OCTETS = "signed octets".getBytes(StandardCharsets.US_ASCII);

    /// RSA keys take long to make.
    private static final Map<String, KeyPair> OWN = new HashMap<>();

    private static final Map<String, KeyPair> OTHER = new HashMap<>();

    private final SecureRandom random = new SecureRandom();

    @ParameterizedTest
    @EnumSource
    void bothEndsOfAnExchangeHaveTheSecret(KeyExchangeMethod method) {
        KeyOffer offer = method.offer(random);
        KeyExchangeMethod.Answer answer = method.answer(offer.value(), random).orElseThrow();
        assertThat(offer.secret(answer.value())).contains(answer.secret());
        assertThat(KeyExchangeMethod.of(method.code())).contains(method);
    }

    @ParameterizedTest
    @EnumSource
    void valuesOfAnotherLengthAreRefused(KeyExchangeMethod method) {
        KeyOffer offer = method.offer(random);
        byte[] value = offer.value().toArray();
        for (int length : new int[] {0, 1, value.length - 1, value.length + 1}) {
            Bytes wrong = Bytes.copyOf(Arrays.copyOf(value, length));
            assertThat(method.answer(wrong, random)).isEmpty();
            assertThat(offer.secret(wrong)).isEmpty();
        }
    }

    @Test
    void modpValuesOfSmallSubgroupsAreRefused() {
        byte[] one = new byte[Modp.BYTES];
        one[Modp.BYTES - 1] = 1;
        byte[] last = Modp.PRIME.subtract(BigInteger.ONE).toByteArray();
        Bytes minusOne = Bytes.copyOf(last, last.length - Modp.BYTES, Modp.BYTES);
        for (Bytes value : new Bytes[] {Bytes.copyOf(new byte[Modp.BYTES]), Bytes.copyOf(one), minusOne}) {
            assertThat(KeyExchangeMethod.MODP_2048.answer(value, random)).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "EC, ECDSA_SHA256, 0", "EC, ECDSA_SHA384, 0", "Ed25519, ED25519, 0",
        "RSA, RSA_PSS_SHA256, 2048", "RSA, RSA_PSS_SHA384, 2048", "RSA, RSA_PSS_SHA512, 2048"
    })
    void signaturesAreVerified(String algorithm, SignatureScheme scheme, int bits) {
        KeyPair own = OWN.computeIfAbsent(algorithm, _ -> keys(algorithm, bits));
        KeyPair other = OTHER.computeIfAbsent(algorithm, _ -> keys(algorithm, bits));
        assertThat(SignatureScheme.of(own.getPublic())).contains(scheme);
        Bytes auth = scheme.sign(own.getPrivate(), OCTETS);
        assertThat(SignatureScheme.verify(own.getPublic(), auth, OCTETS)).isTrue();
        assertThat(SignatureScheme.verify(other.getPublic(), auth, OCTETS)).isFalse();
        assertThat(SignatureScheme.verify(own.getPublic(), auth, new byte[1])).isFalse();
        for (int length = 0; length < auth.length(); length += 5) {
            assertThat(SignatureScheme.verify(own.getPublic(), Bytes.copyOf(auth.toArray(), 0, length), OCTETS))
                    .isFalse();
        }
    }

    @Test
    void aSignatureOfAnotherKindOfKeyIsRefused() {
        Bytes auth = SignatureScheme.ECDSA_SHA256.sign(keys("EC", 0).getPrivate(), OCTETS);
        assertThat(SignatureScheme.verify(keys("Ed25519", 0).getPublic(), auth, OCTETS))
                .isFalse();
    }

    @Test
    void shortRsaKeysAreRefused() {
        assertThat(SignatureScheme.of(keys("RSA", 1024).getPublic())).isEmpty();
    }

    @Test
    void hashesAreAnnouncedByNumber() {
        assertThat(SignatureScheme.hashes()).containsExactly(2, 3, 4, 5);
    }

    private static KeyPair keys(String algorithm, int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            if (algorithm.equals("EC")) {
                generator.initialize(new ECGenParameterSpec("secp256r1"));
            } else if (bits != 0) {
                generator.initialize(bits);
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(algorithm, e);
        }
    }

    @Test
    void aSealedMessageOpensOnceUntouched() {
        var key = new Secret(new byte[36]);
        var gcm = new AesGcm(key);
        byte[] associated = {1, 2, 3};
        byte[] sealed = gcm.seal(associated, OCTETS);
        assertThat(new AesGcm(key).open(associated, sealed))
                .hasValueSatisfying(plain -> assertThat(plain).isEqualTo(OCTETS));
        for (int i = 0; i < sealed.length; i++) {
            byte[] flipped = sealed.clone();
            flipped[i] ^= 1;
            assertThat(gcm.open(associated, flipped)).isEmpty();
        }
        assertThat(gcm.open(new byte[] {1, 2, 4}, sealed)).isEmpty();
        assertThat(gcm.open(associated, new byte[23])).isEmpty();
        assertThat(Arrays.copyOf(gcm.seal(associated, OCTETS), 8)).isNotEqualTo(Arrays.copyOf(sealed, 8));
    }

    @Test
    void secretsAreNotPrinted() {
        assertThat(new Secret(new byte[] {1, 2, 3})).hasToString("Secret[3 octets]");
    }
}
