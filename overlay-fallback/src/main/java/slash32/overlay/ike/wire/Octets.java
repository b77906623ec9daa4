package slash32.overlay.ike.wire;

import java.util.Arrays;
import slash32.net.Bytes;

/// A growing string of octets in network order.
final class Octets {
    private byte[] bytes = new byte[256];
    private int length;

    int length() {
        return length;
    }

    Octets u8(int value) {
        room(1);
        bytes[length++] = (byte) value;
        return this;
    }

    Octets u16(int value) {
        return u8(value >>> 8).u8(value);
    }

    Octets u32(int value) {
        return u16(value >>> 16).u16(value);
    }

    Octets u64(long value) {
        return u32((int) (value >>> 32)).u32((int) value);
    }

    Octets zeros(int count) {
        room(count);
        length += count;
        return this;
    }

    Octets put(Bytes value) {
        room(value.length());
        value.copyInto(bytes, length);
        length += value.length();
        return this;
    }

    Octets put(byte[] value) {
        room(value.length);
        System.arraycopy(value, 0, bytes, length, value.length);
        length += value.length;
        return this;
    }

    /// Writes 16 bits over what is at {@code offset}.
    void u16At(int offset, int value) {
        if (value > 0xffff) {
            throw new IllegalArgumentException("a length of " + value + " octets");
        }
        bytes[offset] = (byte) (value >>> 8);
        bytes[offset + 1] = (byte) value;
    }

    void u8At(int offset, int value) {
        bytes[offset] = (byte) value;
    }

    byte[] toArray() {
        return Arrays.copyOf(bytes, length);
    }

    Bytes toBytes() {
        return Bytes.copyOf(bytes, 0, length);
    }

    private void room(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
        }
    }
}
