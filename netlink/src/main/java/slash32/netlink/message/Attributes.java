package slash32.netlink.message;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;

/// A cursor over the attributes of a message. Never reads beyond its slice: an attribute whose length is short or runs
/// past the end ends the walk.
///
/// Reads are of the current attribute; a value of the wrong size is an {@link IllegalArgumentException} that names the
/// attribute, since the kernel does not send one.
public final class Attributes {
    private final ByteBuffer slice;
    private int next;
    private int at;
    private int length;
    private int type;

    /// @param slice from its position to its limit; not changed
    public Attributes(ByteBuffer slice) {
        this.slice = slice.duplicate().order(ByteOrder.nativeOrder());
        next = slice.position();
    }

    /// Moves to the next attribute.
    ///
    /// @return false at the end
    public boolean next() {
        if (next + 4 > slice.limit()) {
            return false;
        }
        int total = slice.getShort(next) & 0xffff;
        if (total < 4 || next + total > slice.limit()) {
            return false;
        }
        type = slice.getShort(next + 2) & Nl.NLA_TYPE_MASK;
        at = next + 4;
        length = total - 4;
        next += Nl.align(total);
        return true;
    }

    public int type() {
        return type;
    }

    public int length() {
        return length;
    }

    public int u8() {
        return slice.get(sized(1)) & 0xff;
    }

    public int u16() {
        return slice.getShort(sized(2)) & 0xffff;
    }

    public int u32() {
        return slice.getInt(sized(4));
    }

    public int be16() {
        return slice.duplicate().order(ByteOrder.BIG_ENDIAN).getShort(sized(2)) & 0xffff;
    }

    public int be32() {
        return slice.duplicate().order(ByteOrder.BIG_ENDIAN).getInt(sized(4));
    }

    public long be64() {
        return slice.duplicate().order(ByteOrder.BIG_ENDIAN).getLong(sized(8));
    }

    /// The text up to its first NUL.
    public String string() {
        byte[] text = bytes();
        int end = 0;
        while (end < text.length && text[end] != 0) {
            end++;
        }
        return new String(text, 0, end, StandardCharsets.UTF_8);
    }

    /// A fresh array.
    public byte[] bytes() {
        byte[] value = new byte[length];
        slice.get(at, value);
        return value;
    }

    /// An address, or null if the value has neither 4 nor 16 bytes.
    public @Nullable IpAddress address() {
        return length == 4 || length == 16 ? IpAddress.of(bytes()) : null;
    }

    public Attributes nested() {
        return new Attributes(slice.duplicate().position(at).limit(at + length));
    }

    private int sized(int wanted) {
        if (length != wanted) {
            throw new IllegalArgumentException("attribute " + type + " has " + length + " bytes, not " + wanted);
        }
        return at;
    }
}
