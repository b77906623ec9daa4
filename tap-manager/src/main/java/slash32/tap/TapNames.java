package slash32.tap;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import slash32.net.InterfaceName;

/// Names for TAPs whose caller states none.
public final class TapNames {
    private static final String PREFIX = "s32";
    private static final String BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
    private static final int DIGITS = InterfaceName.MAX_LENGTH - PREFIX.length();
    private static final int DIGIT_BITS = 5;

    private TapNames() {}

    /// The same name for the same endpoint, always and everywhere: 60 bits of its SHA-256.
    public static InterfaceName of(String endpoint) {
        byte[] hash = sha256(endpoint);
        long bits = 0;
        for (int i = 0; i < Long.BYTES; i++) {
            bits = bits << 8 | (hash[i] & 0xff);
        }
        var name = new StringBuilder(PREFIX);
        for (int i = 1; i <= DIGITS; i++) {
            name.append(BASE32.charAt((int) (bits >>> (Long.SIZE - i * DIGIT_BITS)) & 31));
        }
        return new InterfaceName(name.toString());
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
