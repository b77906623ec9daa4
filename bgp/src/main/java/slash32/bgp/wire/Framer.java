package slash32.bgp.wire;

import slash32.net.Bytes;

/// Finds where a message ends in a stream, and checks its header (RFC 4271 §6.1).
public final class Framer {
    public static final int HEADER_BYTES = 19;
    public static final int MAX_BYTES = 4096;
    /// RFC 8654 §4.
    public static final int MAX_EXTENDED_BYTES = 65_535;

    private static final int[] MIN_BYTES = {0, 29, 23, 21, 19, 23};

    private Framer() {}

    /// What the first octets of a stream are.
    public sealed interface Frame {
        /// A whole message: its type, and its length with the header.
        record Whole(int type, int length) implements Frame {}

        /// Not a whole message yet.
        record Incomplete() implements Frame {}

        /// No message: the session is over.
        record Malformed(Message.Notification notification) implements Frame {}
    }

    private static final Frame INCOMPLETE = new Frame.Incomplete();

    /// Looks at {@code bytes} between {@code from} and {@code to}.
    ///
    /// @param maxBytes the longest message that the session allows; OPEN and KEEPALIVE have at most 4096 octets
    ///     whatever that is (RFC 8654 §4)
    public static Frame at(byte[] bytes, int from, int to, int maxBytes) {
        int available = to - from;
        for (int i = 0; i < Math.min(16, available); i++) {
            if (bytes[from + i] != (byte) 0xff) {
                return malformed(NotificationCode.CONNECTION_NOT_SYNCHRONIZED, Bytes.EMPTY);
            }
        }
        if (available < HEADER_BYTES) {
            return INCOMPLETE;
        }
        int length = (bytes[from + 16] & 0xff) << 8 | (bytes[from + 17] & 0xff);
        int type = bytes[from + 18] & 0xff;
        boolean alwaysShort = type == Message.OPEN || type == Message.KEEPALIVE;
        if (length < HEADER_BYTES || length > (alwaysShort ? MAX_BYTES : maxBytes)) {
            return malformed(NotificationCode.BAD_MESSAGE_LENGTH, Bytes.copyOf(bytes, from + 16, 2));
        }
        if (type < Message.OPEN || type > Message.ROUTE_REFRESH) {
            return malformed(NotificationCode.BAD_MESSAGE_TYPE, Bytes.copyOf(bytes, from + 18, 1));
        }
        if (type == Message.KEEPALIVE
                ? length != HEADER_BYTES
                : length < MIN_BYTES[type] && type != Message.ROUTE_REFRESH) {
            return malformed(NotificationCode.BAD_MESSAGE_LENGTH, Bytes.copyOf(bytes, from + 16, 2));
        }
        return available < length ? INCOMPLETE : new Frame.Whole(type, length);
    }

    /// A stream of messages of at most 4096 octets, as it is before and without agreement on more.
    public static Frame at(byte[] bytes, int from, int to) {
        return at(bytes, from, to, MAX_BYTES);
    }

    /// Looks at what remains of {@code reader}, and reads nothing.
    public static Frame at(Reader reader, int maxBytes) {
        return at(reader.array(), reader.position(), reader.limit(), maxBytes);
    }

    private static Frame malformed(NotificationCode code, Bytes value) {
        return new Frame.Malformed(Message.Notification.of(code, value));
    }
}
