package slash32.net;

import java.util.Arrays;
import java.util.HexFormat;

/// An immutable byte string with value equality, for record components and map keys.
///
/// The only way bytes cross a boundary between modules: no aliasing, no reference counts.
public final class Bytes {
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] value;
    private final int hash;

    private Bytes(byte[] owned) {
        value = owned;
        hash = Arrays.hashCode(owned);
    }

    /// Copies {@code source}.
    public static Bytes copyOf(byte[] source) {
        return source.length == 0 ? EMPTY : new Bytes(source.clone());
    }

    /// Copies {@code length} bytes of {@code source} from {@code offset}.
    public static Bytes copyOf(byte[] source, int offset, int length) {
        return length == 0 ? EMPTY : new Bytes(Arrays.copyOfRange(source, offset, offset + length));
    }

    /// Parses lower- or upper-case hexadecimal digits; white space between octets is allowed.
    ///
    /// @throws IllegalArgumentException if {@code hex} has anything else
    public static Bytes fromHex(String hex) {
        return copyOf(HexFormat.of().parseHex(hex.replaceAll("\\s", "")));
    }

    public int length() {
        return value.length;
    }

    public byte at(int index) {
        return value[index];
    }

    public int unsignedAt(int index) {
        return value[index] & 0xff;
    }

    /// A fresh array.
    public byte[] toArray() {
        return value.clone();
    }

    /// Copies this whole string into {@code target} at {@code offset}.
    public void copyInto(byte[] target, int offset) {
        System.arraycopy(value, 0, target, offset, value.length);
    }

    /// True if {@code length} bytes of {@code other} from {@code offset} are these bytes.
    public boolean contentEquals(byte[] other, int offset, int length) {
        return Arrays.equals(value, 0, value.length, other, offset, offset + length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes that && hash == that.hash && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /// Lower-case hexadecimal digits without separators.
    @Override
    public String toString() {
        return HexFormat.of().formatHex(value);
    }
}
