package slash32.netlink.message;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One message from the kernel: a view of the receive buffer, valid until the next receive.
public final class Message {
    private final ByteBuffer bytes;
    private final int start;
    private final int length;

    private Message(ByteBuffer bytes, int start, int length) {
        this.bytes = bytes;
        this.start = start;
        this.length = length;
    }

    /// Hands each whole message between position and limit of {@code datagram} to {@code each}; a truncated one ends
    /// it.
    public static void split(ByteBuffer datagram, Consumer<Message> each) {
        ByteBuffer ordered = datagram.duplicate().order(ByteOrder.nativeOrder());
        int at = ordered.position();
        while (at + Nl.HEADER_BYTES <= ordered.limit()) {
            int length = ordered.getInt(at);
            if (length < Nl.HEADER_BYTES || at + length > ordered.limit()) {
                return;
            }
            each.accept(new Message(ordered, at, length));
            at += Nl.align(length);
        }
    }

    public int type() {
        return bytes.getShort(start + 4) & 0xffff;
    }

    public int flags() {
        return bytes.getShort(start + 6) & 0xffff;
    }

    public int sequence() {
        return bytes.getInt(start + 8);
    }

    /// Who caused it: the {@code port} of the socket whose request it answers or reports; 0 for the kernel itself.
    public int port() {
        return bytes.getInt(start + 12);
    }

    /// Length of what follows the nlmsghdr.
    public int payloadLength() {
        return length - Nl.HEADER_BYTES;
    }

    public int u8(int offset) {
        return bytes.get(payload(offset, 1)) & 0xff;
    }

    public int u16(int offset) {
        return bytes.getShort(payload(offset, 2)) & 0xffff;
    }

    public int u32(int offset) {
        return bytes.getInt(payload(offset, 4));
    }

    /// A number in network order.
    public int be32(int offset) {
        int value = u32(offset);
        return bytes.order() == ByteOrder.BIG_ENDIAN ? value : Integer.reverseBytes(value);
    }

    /// A fresh array of {@code size} bytes of the payload.
    public byte[] bytes(int offset, int size) {
        byte[] copy = new byte[size];
        bytes.get(payload(offset, size), copy);
        return copy;
    }

    /// The attributes behind a family header of {@code headerBytes}.
    public Attributes attributes(int headerBytes) {
        int from = Math.min(start + Nl.HEADER_BYTES + Nl.align(headerBytes), start + length);
        return new Attributes(bytes.duplicate().position(from).limit(start + length));
    }

    public boolean isError() {
        return type() == Nl.NLMSG_ERROR;
    }

    public boolean isDone() {
        return type() == Nl.NLMSG_DONE;
    }

    /// The errno of an NLMSG_ERROR or NLMSG_DONE, positive; 0 for an acknowledgement.
    public int errno() {
        return payloadLength() < 4 ? 0 : -u32(0);
    }

    /// The kernel's own words on an error (NLMSGERR_ATTR_MSG), if it sent some.
    public @Nullable String extendedAck() {
        if ((flags() & Nl.NLM_F_ACK_TLVS) == 0) {
            return null;
        }
        int header = isDone() ? 4 : 4 + Nl.HEADER_BYTES;
        if (isError() && (flags() & Nl.NLM_F_CAPPED) == 0 && payloadLength() >= header) {
            header = 4 + Nl.align(u32(4));
        }
        Attributes attributes = attributes(header);
        while (attributes.next()) {
            if (attributes.type() == Nl.NLMSGERR_ATTR_MSG) {
                return attributes.string();
            }
        }
        return null;
    }

    private int payload(int offset, int size) {
        if (offset < 0 || offset + size > payloadLength()) {
            throw endsBefore(offset + size);
        }
        return start + Nl.HEADER_BYTES + offset;
    }

    /// Apart, so that {@link #payload} is small enough to be part of its callers.
    private IllegalArgumentException endsBefore(int offset) {
        return new IllegalArgumentException(
                "message type " + type() + " ends before byte " + offset + " of its payload");
    }
}
