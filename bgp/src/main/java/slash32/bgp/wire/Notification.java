package slash32.bgp.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;

/// NOTIFICATION: why a connection ends (RFC 4271 §4.5).
///
/// @param code 0 to 255, as received; most are rows of {@link NotificationCode}
/// @param subcode 0 to 255
public record Notification(int code, int subcode, Bytes data) implements Message {
    /// RFC 9003 §2: the length octet's range.
    private static final int TEXT_MAX_BYTES = 255;

    public Notification(NotificationCode row) {
        this(row, Bytes.EMPTY);
    }

    public Notification(NotificationCode row, Bytes data) {
        this(row.code(), row.subcode(), data);
    }

    /// A Cease with a Shutdown Communication for the operator at the other end (RFC 9003), cut to 255 octets of UTF-8.
    ///
    /// @param row ADMINISTRATIVE_SHUTDOWN or ADMINISTRATIVE_RESET
    public static Notification withText(NotificationCode row, String text) {
        if (!row.carriesText()) {
            throw new IllegalArgumentException(row + " carries no text (RFC 9003 §2)");
        }
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(utf8.length, TEXT_MAX_BYTES);
        while (length < utf8.length && length > 0 && (utf8[length] & 0xc0) == 0x80) {
            length--; // not in the middle of a character
        }
        byte[] data = new byte[1 + length];
        data[0] = (byte) length;
        System.arraycopy(utf8, 0, data, 1, length);
        return new Notification(row, Bytes.copyOf(data));
    }

    /// The row of this code and subcode, or null for one we do not know.
    public @Nullable NotificationCode row() {
        return NotificationCode.of(code, subcode);
    }

    /// The Shutdown Communication, if there is a well-formed one (RFC 9003 §2, §3).
    public Optional<String> text() {
        NotificationCode row = row();
        if (row == null || !row.carriesText() || data.length() < 2 || data.unsignedAt(0) > data.length() - 1) {
            return Optional.empty();
        }
        try {
            ByteBuffer utf8 = ByteBuffer.wrap(data.toArray(), 1, data.unsignedAt(0));
            return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(utf8).toString());
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }

    /// "bad-peer-as", "administrative-shutdown (text)", "9/1 data 00ff".
    @Override
    public String toString() {
        NotificationCode row = row();
        String name = row == null ? code + "/" + subcode : row.label();
        Optional<String> text = text();
        if (text.isPresent()) {
            return name + " (" + text.get() + ")";
        }
        return data.length() == 0 ? name : name + " data " + data;
    }
}
