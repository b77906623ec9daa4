package slash32.bgp.exabgp;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/// A NOTIFICATION as ExaBGP prints it: a shutdown communication in words.
final class NotificationText {
    private static final int SHUTDOWN_BYTES_MAX = 128;

    private NotificationText() {}

    static String decode(Octets body) {
        boolean whole = body.remaining() >= 2;
        int code = whole ? body.u8() : 0;
        int subcode = whole ? body.u8() : 0;
        if (!whole) {
            body.upTo(1);
        }
        boolean shutdown = code == 6 && (subcode == 2 || subcode == 4) && body.hasMore();
        String hex;
        String message;
        if (shutdown) {
            message = communication(body);
            hex = HexFormat.of()
                    .formatHex(message.getBytes(StandardCharsets.UTF_8))
                    .toUpperCase(Locale.ROOT);
            message = Quoted.content(message);
        } else {
            message = Quoted.content(body.apart());
            hex = body.hex();
        }
        return "\"notification\": { \"code\": " + code + ", \"subcode\": " + subcode + ", \"data\": \"0x" + hex
                + "\", \"message\": \"" + message + "\" }";
    }

    private static String communication(Octets body) {
        int length = body.u8();
        if (length == 0) {
            return "empty Shutdown Communication.";
        }
        String invalid = "invalid Shutdown Communication (";
        if (body.remaining() < length) {
            return invalid + "buffer underrun) length : " + length + " [0x" + body.hex() + "]";
        }
        if (length > SHUTDOWN_BYTES_MAX) {
            return invalid + "too large) length : " + length + " [0x" + body.hex() + "]";
        }
        byte[] text = HexFormat.of().parseHex(body.upTo(length).hex());
        String words;
        try {
            words = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text))
                    .toString();
        } catch (CharacterCodingException _) {
            return invalid + "invalid UTF-8) length : " + length + " [0x"
                    + HexFormat.of().formatHex(text) + "]";
        }
        String trailer = body.hasMore() ? ", trailing data: 0x" + body.hex() : "";
        return "Shutdown Communication: \"" + words.replace('\r', ' ').replace('\n', ' ') + "\"" + trailer;
    }
}
