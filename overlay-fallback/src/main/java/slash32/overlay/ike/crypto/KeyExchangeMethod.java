package slash32.overlay.ike.crypto;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.KEM;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.DHParameterSpec;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;

/// A key exchange, by its transform id. All have the shape of a key encapsulation, as RFC 9370 wants it: who begins
/// offers a value, who answers gives one back and has the secret, who began has it then.
public enum KeyExchangeMethod {
    /// RFC 8031: the u-coordinate, little-endian.
    X25519(31, PublicValues.X25519, "X25519"),
    /// RFC 5903 §7: x and y; the secret is x alone.
    P256(19, PublicValues.P256, "ECDH"),
    /// RFC 3526 §3, for old peers.
    MODP_2048(14, PublicValues.MODP_2048, "DH"),
    /// FIPS 203, under the number that IANA registered for it.
    ML_KEM_768(36, PublicValues.ML_KEM_768, null);

    private final int code;
    private final PublicValues values;
    private final @Nullable String agreement;

    KeyExchangeMethod(int code, PublicValues values, @Nullable String agreement) {
        this.code = code;
        this.values = values;
        this.agreement = agreement;
    }

    public static Optional<KeyExchangeMethod> of(int code) {
        return Arrays.stream(values()).filter(method -> method.code == code).findFirst();
    }

    /// Its transform id.
    public int code() {
        return code;
    }

    /// Begins an exchange.
    public KeyOffer offer(SecureRandom random) {
        KeyPair pair = generate(random);
        return new KeyOffer(this, values.encode(pair.getPublic()), pair.getPrivate());
    }

    /// What goes back for a peer's offer, and the secret; nothing if the offer is no public value of this method.
    public Optional<Answer> answer(Bytes offered, SecureRandom random) {
        try {
            PublicKey peer = publicKey(offered);
            if (peer == null) {
                return Optional.empty();
            }
            if (agreement == null) {
                KEM.Encapsulated encapsulated =
                        KEM.getInstance("ML-KEM").newEncapsulator(peer, random).encapsulate();
                return Optional.of(new Answer(
                        Bytes.copyOf(encapsulated.encapsulation()),
                        new Secret(encapsulated.key().getEncoded())));
            }
            KeyPair pair = generate(random);
            return Optional.of(new Answer(values.encode(pair.getPublic()), agree(agreement, pair.getPrivate(), peer)));
        } catch (GeneralSecurityException _) {
            return Optional.empty();
        }
    }

    /// What answers an offer, and the secret of both.
    public record Answer(Bytes value, Secret secret) {}

    /// The secret of the exchange that {@code own} began, or nothing if the answer is no value of this method.
    Optional<Secret> secret(PrivateKey own, Bytes answer) {
        try {
            if (agreement == null) {
                byte[] encapsulation = answer.toArray();
                KEM.Decapsulator decapsulator = KEM.getInstance("ML-KEM").newDecapsulator(own);
                return encapsulation.length == decapsulator.encapsulationSize()
                        ? Optional.of(new Secret(
                                decapsulator.decapsulate(encapsulation).getEncoded()))
                        : Optional.empty();
            }
            PublicKey peer = publicKey(answer);
            return peer == null ? Optional.empty() : Optional.of(agree(agreement, own, peer));
        } catch (GeneralSecurityException _) {
            return Optional.empty();
        }
    }

    private static Secret agree(String agreement, PrivateKey own, PublicKey peer) throws GeneralSecurityException {
        KeyAgreement both = KeyAgreement.getInstance(agreement);
        both.init(own);
        both.doPhase(peer, true);
        return new Secret(both.generateSecret());
    }

    private @Nullable PublicKey publicKey(Bytes value) throws GeneralSecurityException {
        byte[] encoded = values.toSubjectPublicKeyInfo(value);
        try {
            return encoded == null
                    ? null
                    : KeyFactory.getInstance(values.keyAlgorithm()).generatePublic(new X509EncodedKeySpec(encoded));
        } catch (InvalidKeySpecException _) {
            return null;
        }
    }

    private KeyPair generate(SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(values.keyAlgorithm());
            generator.initialize(parameters(), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK's " + values.keyAlgorithm(), e);
        }
    }

    private AlgorithmParameterSpec parameters() {
        return switch (this) {
            case X25519 -> NamedParameterSpec.X25519;
            case P256 -> new ECGenParameterSpec("secp256r1");
            case MODP_2048 -> new DHParameterSpec(Modp.PRIME, Modp.GENERATOR);
            case ML_KEM_768 -> NamedParameterSpec.ML_KEM_768;
        };
    }
}
