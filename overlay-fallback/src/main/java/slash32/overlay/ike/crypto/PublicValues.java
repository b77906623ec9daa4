package slash32.overlay.ike.crypto;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.interfaces.DHPublicKey;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;

/// How the public values of a key exchange are written in a KE payload, and how the JDK wants them: its keys'
/// encoding is a constant before the same octets, but for MODP.
enum PublicValues {
    X25519("X25519", "302a300506032b656e032100", 32),
    P256("EC", "3059301306072a8648ce3d020106082a8648ce3d03010703420004", 64),
    MODP_2048("DH", "", Modp.BYTES),
    ML_KEM_768("ML-KEM", "308204b2300b0609608648016503040402038204a100", 1184);

    private static final BigInteger P256_PRIME =
            new BigInteger("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16);
    private static final BigInteger P256_B =
            new BigInteger("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16);

    private final String keyAlgorithm;
    private final String prefix;
    private final int bytes;

    PublicValues(String keyAlgorithm, String prefix, int bytes) {
        this.keyAlgorithm = keyAlgorithm;
        this.prefix = prefix;
        this.bytes = bytes;
    }

    String keyAlgorithm() {
        return keyAlgorithm;
    }

    Bytes encode(PublicKey key) {
        byte[] encoded = key instanceof DHPublicKey modp ? padded(modp.getY()) : key.getEncoded();
        return Bytes.copyOf(encoded, encoded.length - bytes, bytes);
    }

    /// Null if the length is wrong or the recipient's tests of RFC 6989 §2 fail.
    byte @Nullable [] toSubjectPublicKeyInfo(Bytes value) {
        byte[] raw = value.toArray();
        if (raw.length != bytes) {
            return null;
        }
        return switch (this) {
            case MODP_2048 -> modp(new BigInteger(1, raw));
            case P256 -> isOnP256(raw) ? prefixed(raw) : null;
            case X25519, ML_KEM_768 -> prefixed(raw);
        };
    }

    private byte[] prefixed(byte[] raw) {
        byte[] front = HexFormat.of().parseHex(prefix);
        return ByteBuffer.allocate(front.length + bytes).put(front).put(raw).array();
    }

    /// RFC 6989 §2.3: both coordinates below the prime, and y² = x³ - 3x + b.
    private static boolean isOnP256(byte[] raw) {
        var x = new BigInteger(1, Arrays.copyOf(raw, 32));
        var y = new BigInteger(1, Arrays.copyOfRange(raw, 32, 64));
        BigInteger right = x.pow(3).subtract(x.multiply(BigInteger.valueOf(3))).add(P256_B);
        return x.compareTo(P256_PRIME) < 0
                && y.compareTo(P256_PRIME) < 0
                && y.pow(2).subtract(right).mod(P256_PRIME).signum() == 0;
    }

    /// RFC 6989 §2.1: strictly between 1 and p - 1.
    private static byte @Nullable [] modp(BigInteger y) {
        if (y.compareTo(BigInteger.ONE) <= 0 || y.compareTo(Modp.PRIME.subtract(BigInteger.ONE)) >= 0) {
            return null;
        }
        byte[] prime = Modp.PRIME.toByteArray();
        byte[] parameters = der(0x30, der(0x02, prime), der(0x02, Modp.GENERATOR.toByteArray()));
        byte[] algorithm = der(0x30, der(0x06, HexFormat.of().parseHex("2a864886f70d010301")), parameters);
        return der(0x30, algorithm, der(0x03, new byte[1], der(0x02, y.toByteArray())));
    }

    private static byte[] padded(BigInteger y) {
        byte[] signed = y.toByteArray();
        byte[] value = new byte[Modp.BYTES];
        int length = Math.min(signed.length, Modp.BYTES);
        System.arraycopy(signed, signed.length - length, value, Modp.BYTES - length, length);
        return value;
    }

    /// One DER element of less than 64 KiB.
    private static byte[] der(int tag, byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteBuffer out = ByteBuffer.allocate(4 + length).put((byte) tag);
        if (length < 128) {
            out.put((byte) length);
        } else {
            out.put((byte) 0x82).putShort((short) length);
        }
        for (byte[] part : parts) {
            out.put(part);
        }
        return Arrays.copyOf(out.array(), out.position());
    }
}
