package slash32.netlink.message;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Supplier;
import slash32.net.IpAddress;

/// One request to the kernel: nlmsghdr, family header, attributes. Built once, in host byte order, by chained calls;
/// its sequence number is written when it is sent.
///
/// Not thread-safe while it is built.
public final class Request implements Outgoing {
    private static final int SEQUENCE_OFFSET = 8;

    private final Supplier<String> description;
    private ByteBuffer bytes = ByteBuffer.allocate(128).order(ByteOrder.nativeOrder());

    private Request(int type, int flags, Supplier<String> description) {
        this.description = description;
        bytes.putInt(0)
                .putShort((short) type)
                .putShort((short) (Nl.NLM_F_REQUEST | flags))
                .putInt(0)
                .putInt(0);
    }

    /// Starts a request.
    ///
    /// @param type nlmsg_type
    /// @param flags nlmsg_flags beside NLM_F_REQUEST
    /// @param description what it does to what, for errors: "add route 192.0.2.1/32 dev 7"
    public static Request of(int type, int flags, Supplier<String> description) {
        return new Request(type, flags, description);
    }

    public Request u8(int value) {
        room(1).put((byte) value);
        return this;
    }

    public Request u16(int value) {
        room(2).putShort((short) value);
        return this;
    }

    public Request u32(int value) {
        room(4).putInt(value);
        return this;
    }

    /// A family header that is a structure of its own.
    public Request bytes(byte[] value) {
        room(Nl.align(value.length)).put(value);
        return pad();
    }

    /// A 16-bit value in network byte order, as nfgenmsg has.
    public Request be16(int value) {
        room(2).put((byte) (value >>> 8)).put((byte) value);
        return this;
    }

    public Request attribute(int type, byte[] value) {
        ByteBuffer target = room(4 + Nl.align(value.length));
        target.putShort((short) (4 + value.length)).putShort((short) type).put(value);
        return pad();
    }

    public Request attribute(int type, IpAddress address) {
        return attribute(type, address.toArray());
    }

    /// A flag attribute: present, without a value.
    public Request flag(int type) {
        return attribute(type, new byte[0]);
    }

    public Request attributeU8(int type, int value) {
        return attribute(type, new byte[] {(byte) value});
    }

    public Request attributeU16(int type, int value) {
        room(8).putShort((short) 6).putShort((short) type).putShort((short) value);
        return pad();
    }

    public Request attributeU32(int type, int value) {
        room(8).putShort((short) 8).putShort((short) type).putInt(value);
        return this;
    }

    /// A 16-bit value in network byte order.
    public Request attributeBe16(int type, int value) {
        return attribute(type, new byte[] {(byte) (value >>> 8), (byte) value});
    }

    /// A 32-bit value in network byte order, as nfnetlink wants.
    public Request attributeBe32(int type, int value) {
        room(8).putShort((short) 8)
                .putShort((short) type)
                .put((byte) (value >>> 24))
                .put((byte) (value >>> 16))
                .put((byte) (value >>> 8))
                .put((byte) value);
        return this;
    }

    /// A 64-bit value in network byte order.
    public Request attributeBe64(int type, long value) {
        return attribute(
                type,
                ByteBuffer.allocate(8)
                        .order(ByteOrder.BIG_ENDIAN)
                        .putLong(value)
                        .array());
    }

    /// A NUL-terminated string.
    public Request attribute(int type, String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        return attribute(type, Arrays.copyOf(text, text.length + 1));
    }

    /// An attribute that holds the attributes that {@code content} adds.
    public Request nested(int type, Consumer<Request> content) {
        int start = room(4).position();
        bytes.putShort((short) 0).putShort((short) (type | Nl.NLA_F_NESTED));
        content.accept(this);
        bytes.putShort(start, (short) (bytes.position() - start));
        return this;
    }

    @Override
    public int length() {
        return bytes.position();
    }

    @Override
    public void writeTo(ByteBuffer target, int sequence) {
        bytes.putInt(0, bytes.position()).putInt(SEQUENCE_OFFSET, sequence);
        target.put(bytes.array(), 0, bytes.position());
    }

    /// The request's bytes with sequence number 0; a fresh array.
    public byte[] toArray() {
        byte[] copy = new byte[length()];
        writeTo(ByteBuffer.wrap(copy), 0);
        return copy;
    }

    @Override
    public String toString() {
        return description.get();
    }

    private Request pad() {
        while ((bytes.position() & 3) != 0) {
            bytes.put((byte) 0);
        }
        return this;
    }

    private ByteBuffer room(int more) {
        if (bytes.remaining() < more) {
            byte[] larger = Arrays.copyOf(bytes.array(), Math.max(bytes.capacity() * 2, bytes.position() + more));
            bytes = ByteBuffer.wrap(larger).order(ByteOrder.nativeOrder()).position(bytes.position());
        }
        return bytes;
    }
}
