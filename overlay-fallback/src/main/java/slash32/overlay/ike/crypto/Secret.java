package slash32.overlay.ike.crypto;

import java.security.MessageDigest;
import java.util.Arrays;

/// Key material: never printed, compared only by tests.
public final class Secret {
    private final byte[] value;

    Secret(byte[] owned) {
        value = owned;
    }

    public static Secret copyOf(byte[] value) {
        return new Secret(value.clone());
    }

    public int length() {
        return value.length;
    }

    /// A fresh array.
    public byte[] toArray() {
        return value.clone();
    }

    Secret slice(int from, int to) {
        return new Secret(Arrays.copyOfRange(value, from, to));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret that && MessageDigest.isEqual(value, that.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return "Secret[" + value.length + " octets]";
    }
}
