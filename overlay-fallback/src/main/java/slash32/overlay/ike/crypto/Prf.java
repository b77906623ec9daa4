package slash32.overlay.ike.crypto;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// A pseudo-random function (RFC 4868 §2.1.2) and its stream (RFC 7296 §2.13).
public enum Prf {
    HMAC_SHA2_256(5, "HmacSHA256", 32),
    HMAC_SHA2_384(6, "HmacSHA384", 48),
    HMAC_SHA2_512(7, "HmacSHA512", 64);

    private final int code;
    private final String algorithm;
    private final int outputBytes;

    Prf(int code, String algorithm, int outputBytes) {
        this.code = code;
        this.algorithm = algorithm;
        this.outputBytes = outputBytes;
    }

    public static Optional<Prf> of(int code) {
        return Arrays.stream(values()).filter(prf -> prf.code == code).findFirst();
    }

    /// Its transform id.
    public int code() {
        return code;
    }

    /// Of the output, and of a key that is derived for it.
    public int outputBytes() {
        return outputBytes;
    }

    /// prf(key, data), the data being {@code parts} one after the other.
    public byte[] of(byte[] key, byte[]... parts) {
        Mac mac = keyed(key);
        for (byte[] part : parts) {
            mac.update(part);
        }
        return mac.doFinal();
    }

    /// The first {@code length} octets of prf+(key, seed), at most 255 outputs.
    public byte[] plus(byte[] key, byte[] seed, int length) {
        if (length > 255 * outputBytes) {
            throw new IllegalArgumentException(length + " octets of " + this);
        }
        Mac mac = keyed(key);
        byte[] stream = new byte[length];
        byte[] last = {};
        for (int at = 0, round = 1; at < length; at += outputBytes, round++) {
            mac.update(last);
            mac.update(seed);
            mac.update((byte) round);
            last = mac.doFinal();
            System.arraycopy(last, 0, stream, at, Math.min(outputBytes, length - at));
        }
        return stream;
    }

    private Mac keyed(byte[] key) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(key, algorithm));
            return mac;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK's " + algorithm, e);
        }
    }
}
