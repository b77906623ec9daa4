package slash32.overlay.ike.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.interfaces.RSAKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import slash32.net.Bytes;

/// A digital signature of RFC 7427: its AlgorithmIdentifier goes before it (§3).
public enum SignatureScheme {
    ECDSA_SHA256(2, "EC", "SHA256withECDSA", "300a06082a8648ce3d040302"),
    ECDSA_SHA384(3, "EC", "SHA384withECDSA", "300a06082a8648ce3d040303"),
    /// RFC 8420 §2: no hash of its own, "Identity".
    ED25519(5, "EdDSA", "Ed25519", "300506032b6570"),
    RSA_PSS_SHA256(2, "RSA", "RSASSA-PSS", pssWithNull("01", "20"), pss("01", "20")),
    RSA_PSS_SHA384(3, "RSA", "RSASSA-PSS", pssWithNull("02", "30"), pss("02", "30")),
    RSA_PSS_SHA512(4, "RSA", "RSASSA-PSS", pssWithNull("03", "40"), pss("03", "40"));

    private static final int MIN_RSA_BITS = 2_048;

    private final int hash;
    private final String keyAlgorithm;
    private final String algorithm;
    private final String identifier;
    private final String otherIdentifier;

    SignatureScheme(int hash, String keyAlgorithm, String algorithm, String identifier) {
        this(hash, keyAlgorithm, algorithm, identifier, identifier);
    }

    SignatureScheme(int hash, String keyAlgorithm, String algorithm, String identifier, String otherIdentifier) {
        this.hash = hash;
        this.keyAlgorithm = keyAlgorithm;
        this.algorithm = algorithm;
        this.identifier = identifier;
        this.otherIdentifier = otherIdentifier;
    }

    /// The RSASSA-PSS-params of RFC 4055 §3.1 with NULL as the hash's parameters.
    private static String pssWithNull(String sha2, String saltBytes) {
        String hash = "300d06096086480165030402" + sha2 + "0500";
        return "304106092a864886f70d01010a3034a00f" + hash + "a11c301a06092a864886f70d010108" + hash + "a2030201"
                + saltBytes;
    }

    /// The same with the hash's parameters absent, which is as good (RFC 4055 §2.1).
    private static String pss(String sha2, String saltBytes) {
        String hash = "300b06096086480165030402" + sha2;
        return "303d06092a864886f70d01010a3030a00d" + hash + "a11a301806092a864886f70d010108" + hash + "a2030201"
                + saltBytes;
    }

    /// The schemes that a key of this kind can sign with, best first.
    public static List<SignatureScheme> of(PublicKey key) {
        return Arrays.stream(values()).filter(scheme -> scheme.fits(key)).toList();
    }

    /// Of the whole list that SIGNATURE_HASH_ALGORITHMS announces (RFC 7427 §4).
    public static List<Integer> hashes() {
        return Arrays.stream(values())
                .map(scheme -> scheme.hash)
                .distinct()
                .sorted()
                .toList();
    }

    /// Its hash algorithm's number.
    public int hash() {
        return hash;
    }

    /// Whether a certificate's key is one for this scheme, and long enough.
    private boolean fits(PublicKey key) {
        if (key instanceof RSAKey rsa) {
            return keyAlgorithm.equals("RSA") && rsa.getModulus().bitLength() >= MIN_RSA_BITS;
        }
        return key.getAlgorithm().equals(keyAlgorithm)
                || (this == ED25519 && key.getAlgorithm().equals("Ed25519"));
    }

    /// The value of an AUTH payload over {@code octets}.
    ///
    /// @throws IllegalArgumentException if the key is not one for this scheme
    public Bytes sign(PrivateKey key, byte[] octets) {
        try {
            Signature signature = signature();
            signature.initSign(key);
            signature.update(octets);
            byte[] identifier = HexFormat.of().parseHex(this.identifier);
            byte[] value = signature.sign();
            return Bytes.copyOf(ByteBuffer.allocate(1 + identifier.length + value.length)
                    .put((byte) identifier.length)
                    .put(identifier)
                    .put(value)
                    .array());
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("signing with " + this, e);
        }
    }

    /// Whether {@code auth} is the signature over {@code octets} of whoever has the key: its identifier has to be one
    /// of a scheme for such a key.
    public static boolean verify(PublicKey key, Bytes auth, byte[] octets) {
        return identified(auth).filter(scheme -> scheme.fits(key)).isPresent()
                && identified(auth).orElseThrow().verifies(key, auth, octets);
    }

    private static Optional<SignatureScheme> identified(Bytes auth) {
        return Arrays.stream(values())
                .filter(scheme -> isAt(auth, scheme.identifier) || isAt(auth, scheme.otherIdentifier))
                .findFirst();
    }

    private static boolean isAt(Bytes auth, String identifier) {
        int length = identifier.length() / 2;
        return auth.length() > length
                && auth.unsignedAt(0) == length
                && Bytes.fromHex(identifier).contentEquals(auth.toArray(), 1, length);
    }

    private boolean verifies(PublicKey key, Bytes auth, byte[] octets) {
        int from = 1 + auth.unsignedAt(0);
        try {
            Signature signature = signature();
            signature.initVerify(key);
            signature.update(octets);
            return signature.verify(auth.toArray(), from, auth.length() - from);
        } catch (SignatureException | InvalidKeyException _) {
            return false; // octets that are no signature, or a key that is none
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK's " + algorithm, e);
        }
    }

    private Signature signature() throws GeneralSecurityException {
        Signature signature = Signature.getInstance(algorithm);
        String sha2 = "SHA-" + (hash == 2 ? 256 : hash == 3 ? 384 : 512);
        if (algorithm.equals("RSASSA-PSS")) {
            int saltBytes = (hash == 2 ? 32 : hash == 3 ? 48 : 64);
            var mask = new MGF1ParameterSpec(sha2);
            signature.setParameter(
                    new PSSParameterSpec(sha2, "MGF1", mask, saltBytes, PSSParameterSpec.TRAILER_FIELD_BC));
        }
        return signature;
    }
}
