package slash32.bgp.wire;

import slash32.net.Bytes;

/// A cursor over a slice of a byte array. Whoever reads checks {@link #remaining()} first; a read past the end is our
/// own fault and says so.
public final class Reader {
    private final byte[] bytes;
    private final int limit;
    private int position;

    public Reader(byte[] bytes, int from, int to) {
        if (from < 0 || from > to || to > bytes.length) {
            throw new IndexOutOfBoundsException("slice " + from + " to " + to + " of " + bytes.length);
        }
        this.bytes = bytes;
        position = from;
        limit = to;
    }

    static Reader of(Bytes bytes) {
        return new Reader(bytes.toArray(), 0, bytes.length());
    }

    byte[] array() {
        return bytes;
    }

    public int position() {
        return position;
    }

    public int limit() {
        return limit;
    }

    public int remaining() {
        return limit - position;
    }

    public int u8() {
        return bytes[advance(1)] & 0xff;
    }

    public int u16() {
        int at = advance(2);
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }

    /// 32 bits as they are: compare with {@link Integer#compareUnsigned}.
    public int i32() {
        int at = advance(4);
        return (bytes[at] & 0xff) << 24
                | (bytes[at + 1] & 0xff) << 16
                | (bytes[at + 2] & 0xff) << 8
                | (bytes[at + 3] & 0xff);
    }

    public long u32() {
        return i32() & 0xffff_ffffL;
    }

    public long i64() {
        return u32() << 32 | u32();
    }

    /// The next {@code length} bytes as a slice of their own.
    public Reader slice(int length) {
        int at = advance(length);
        return new Reader(bytes, at, at + length);
    }

    /// A copy of what remains.
    public Bytes rest() {
        return Bytes.copyOf(bytes, position, remaining());
    }

    private int advance(int length) {
        int at = position;
        if (length < 0 || length > limit - at) {
            throw new IndexOutOfBoundsException(length + " bytes wanted at " + at + ", the slice ends at " + limit);
        }
        position = at + length;
        return at;
    }
}
