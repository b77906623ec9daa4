package slash32.bgp.exabgp;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// Octets of a peer as the inside of a JSON string.
final class Quoted {
    private Quoted() {}

    /// The octets as UTF-8; what is none becomes U+FFFD.
    static String content(Octets octets) {
        return content(new String(HexFormat.of().parseHex(octets.hex()), StandardCharsets.UTF_8));
    }

    static String content(String text) {
        var quoted = new StringBuilder(text.length());
        text.chars().forEach(c -> {
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append((char) c);
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> {
                    if (c < ' ') {
                        quoted.append("\\u%04x".formatted(c));
                    } else {
                        quoted.append((char) c);
                    }
                }
            }
        });
        return quoted.toString();
    }
}
