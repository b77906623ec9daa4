package slash32.overlay.ike.wire;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;

/// Reads messages (RFC 7296 §3.1 and on).
public final class MessageDecoder {
    private static final int MAJOR_VERSION = 2;
    private static final int GENERIC_HEADER_BYTES = 4;

    /// What a datagram is; the length of the IKE header has to be the datagram's.
    public sealed interface Decoded {
        record Accepted(Message message) implements Decoded {}

        /// Another major version: answered with INVALID_MAJOR_VERSION if it is a newer one (RFC 7296 §2.5).
        record OtherVersion(int major, Header header) implements Decoded {}

        /// A header is there, what follows it is wrong: INVALID_SYNTAX where an answer is due.
        record Malformed(Header header, String why) implements Decoded {}

        /// Not a header.
        record NotIke(String why) implements Decoded {}
    }

    private MessageDecoder() {}

    /// Reads {@code datagram} from its position to its limit; without the non-ESP marker of port 4500.
    public static Decoded decode(ByteBuffer datagram) {
        ByteBuffer in = datagram.slice();
        if (in.remaining() < Header.BYTES) {
            return new Decoded.NotIke("%d octets are no header".formatted(in.remaining()));
        }
        long initiatorSpi = in.getLong();
        long responderSpi = in.getLong();
        int first = u8(in);
        int major = u8(in) >>> 4;
        int exchange = u8(in);
        int flags = u8(in);
        int messageId = in.getInt();
        long length = in.getInt() & 0xffff_ffffL;
        var header = new Header(
                initiatorSpi,
                responderSpi,
                exchange,
                (flags & Header.FLAG_INITIATOR) != 0,
                (flags & Header.FLAG_RESPONSE) != 0,
                messageId);
        if (major != MAJOR_VERSION) {
            return new Decoded.OtherVersion(major, header);
        }
        if (length != in.limit()) {
            return new Decoded.NotIke("the header says %d octets, there are %d".formatted(length, in.limit()));
        }
        if (initiatorSpi == 0) {
            return new Decoded.Malformed(header, "the initiator's SPI is 0");
        }
        var payloads = new ArrayList<Payload>();
        String fault = chain(first, in, payloads, true);
        return fault == null
                ? new Decoded.Accepted(new Message(header, payloads))
                : new Decoded.Malformed(header, fault);
    }

    /// Reads what was inside an encrypted payload; there is none in there again.
    public static Decoded decodeInner(Header header, int first, byte[] plaintext) {
        var payloads = new ArrayList<Payload>();
        String fault = chain(first, ByteBuffer.wrap(plaintext), payloads, false);
        return fault == null
                ? new Decoded.Accepted(new Message(header, payloads))
                : new Decoded.Malformed(header, fault);
    }

    /// @return what is wrong, or null
    private static @Nullable String chain(int first, ByteBuffer in, List<Payload> payloads, boolean outer) {
        int type = first;
        while (type != 0) {
            if (in.remaining() < GENERIC_HEADER_BYTES) {
                return "payload %d: cut off".formatted(type);
            }
            int next = u8(in);
            boolean critical = (u8(in) & 0x80) != 0;
            int length = u16(in) - GENERIC_HEADER_BYTES;
            if (length < 0 || length > in.remaining()) {
                return "payload %d: a length of %d with %d left"
                        .formatted(type, length + GENERIC_HEADER_BYTES, in.remaining());
            }
            ByteBuffer body = in.slice(in.position(), length);
            in.position(in.position() + length);
            boolean encrypted = type == Payload.ENCRYPTED || type == Payload.FRAGMENT;
            if (encrypted && !outer) {
                return "payload %d: encrypted twice".formatted(type);
            }
            Payload payload = encrypted ? encrypted(type, next, body) : PayloadDecoder.decode(type, critical, body);
            if (payload == null) {
                return "payload %d: malformed".formatted(type);
            }
            payloads.add(payload);
            type = encrypted ? 0 : next;
        }
        return in.hasRemaining() ? "%d octets after the last payload".formatted(in.remaining()) : null;
    }

    private static @Nullable Payload encrypted(int type, int firstInner, ByteBuffer body) {
        if (type == Payload.ENCRYPTED) {
            return new Payload.Encrypted(firstInner, rest(body));
        }
        if (body.remaining() < 4) {
            return null;
        }
        int number = u16(body);
        int total = u16(body);
        // RFC 7383 §2.5: numbered from 1 to the total
        return number == 0 || number > total
                ? null
                : new Payload.EncryptedFragment(firstInner, number, total, rest(body));
    }

    static int u8(ByteBuffer in) {
        return in.get() & 0xff;
    }

    static int u16(ByteBuffer in) {
        return in.getShort() & 0xffff;
    }

    static Bytes rest(ByteBuffer in) {
        return bytes(in, in.remaining());
    }

    static Bytes bytes(ByteBuffer in, int length) {
        byte[] value = new byte[length];
        in.get(value);
        return Bytes.copyOf(value);
    }
}
