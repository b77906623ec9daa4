package slash32.overlay.esp.offload;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Numbers in arrays, and the Internet checksum (RFC 1071).
final class Octets {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle NATIVE_SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());
    private static final VarHandle NATIVE_INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle NATIVE_LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final long LOW = 0xffff_ffffL;

    private Octets() {}

    static int shortAt(byte[] octets, int at) {
        return (short) SHORT.get(octets, at) & 0xffff;
    }

    static void putShort(byte[] octets, int at, int value) {
        SHORT.set(octets, at, (short) value);
    }

    static int intAt(byte[] octets, int at) {
        return (int) INT.get(octets, at);
    }

    static void putInt(byte[] octets, int at, int value) {
        INT.set(octets, at, value);
    }

    static int nativeShortAt(byte[] octets, int at) {
        return (short) NATIVE_SHORT.get(octets, at) & 0xffff;
    }

    static void putNativeShort(byte[] octets, int at, int value) {
        NATIVE_SHORT.set(octets, at, (short) value);
    }

    /// The sum of the octets as words in the machine's order, not folded: the checksum does not depend on the order
    /// (RFC 1071 §2(B)).
    static long sum(byte[] octets, int at, int length) {
        long one = 0;
        long other = 0;
        int i = at;
        int end = at + length;
        for (; i + 32 <= end; i += 32) { // four independent reads at a time
            long a = (long) NATIVE_LONG.get(octets, i);
            long b = (long) NATIVE_LONG.get(octets, i + 8);
            long c = (long) NATIVE_LONG.get(octets, i + 16);
            long d = (long) NATIVE_LONG.get(octets, i + 24);
            one += (a & LOW) + (b & LOW) + (c & LOW) + (d & LOW);
            other += (a >>> 32) + (b >>> 32) + (c >>> 32) + (d >>> 32);
        }
        for (; i + 4 <= end; i += 4) {
            one += (int) NATIVE_INT.get(octets, i) & LOW;
        }
        if (i + 2 <= end) {
            one += nativeShortAt(octets, i);
            i += 2;
        }
        if (i < end) {
            one += LITTLE ? octets[i] & 0xff : (octets[i] & 0xff) << 8;
        }
        return one + other;
    }

    /// A number of 16 bits of the network as a word of a sum.
    static int word(int value) {
        return LITTLE ? Short.reverseBytes((short) value) & 0xffff : value & 0xffff;
    }

    /// A sum as 16 bits.
    static int fold(long sum) {
        long folded = (sum & LOW) + (sum >>> 32);
        folded = (folded & 0xffff) + (folded >>> 16);
        folded = (folded & 0xffff) + (folded >>> 16);
        return (int) ((folded & 0xffff) + (folded >>> 16));
    }
}
