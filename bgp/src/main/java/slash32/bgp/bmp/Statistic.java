package slash32.bgp.bmp;

import java.nio.ByteBuffer;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Bytes;

/// One number of a Statistics Report (RFC 7854 §4.8, RFC 8671 §6.2).
///
/// @param value 4 octets of a counter, 8 of a gauge, 11 of a family's gauge; others as they came
public record Statistic(int type, Bytes value) {
    public static final int REJECTED_BY_POLICY = 0;
    public static final int ADJ_RIB_IN = 7;
    public static final int LOC_RIB = 8;
    public static final int ADJ_RIB_IN_OF_FAMILY = 9;
    public static final int LOC_RIB_OF_FAMILY = 10;
    public static final int TREATED_AS_WITHDRAW = 11;
    public static final int ADJ_RIB_OUT = 15;
    public static final int ADJ_RIB_OUT_OF_FAMILY = 17;

    /// A count since the start, that wraps at 32 bits.
    public static Statistic counter(int type, long count) {
        return new Statistic(
                type, Bytes.copyOf(ByteBuffer.allocate(4).putInt((int) count).array()));
    }

    public static Statistic gauge(int type, long number) {
        return new Statistic(
                type, Bytes.copyOf(ByteBuffer.allocate(8).putLong(number).array()));
    }

    public static Statistic gauge(int type, AddressFamily family, long number) {
        byte[] value = ByteBuffer.allocate(11)
                .putShort((short) family.afi())
                .put((byte) family.safi())
                .putLong(number)
                .array();
        return new Statistic(type, Bytes.copyOf(value));
    }

    /// The number: the whole value, or what is behind the family.
    public long number() {
        long number = 0;
        for (int i = value.length() == 11 ? 3 : 0; i < value.length(); i++) {
            number = number << 8 | value.unsignedAt(i);
        }
        return number;
    }
}
