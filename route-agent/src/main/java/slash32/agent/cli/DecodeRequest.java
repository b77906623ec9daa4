package slash32.agent.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;

/// A message to decode and what its line says of the session that it is of.
///
/// @param message its octets
/// @param headless it is the body of an UPDATE
/// @param fourOctetAs null where the line doesn't say
/// @param addPath families as "ipv4/unicast"
/// @param internal null where the line doesn't say
/// @param localAs 0 where the line doesn't say
/// @param peerAs 0 where the line doesn't say
record DecodeRequest(
        Bytes message,
        boolean headless,
        @Nullable Boolean fourOctetAs,
        List<String> addPath,
        @Nullable Boolean internal,
        long localAs,
        long peerAs) {
    private static final JsonFactory JSON = new JsonFactory();

    /// Bare hexadecimal, with colons and blanks where they may be.
    ///
    /// @throws IllegalArgumentException if it is none
    static DecodeRequest ofHex(String text) {
        String digits = text.indexOf(':') >= 0 || text.indexOf(' ') >= 0 || text.indexOf('\t') >= 0
                ? text.replaceAll("[:\\s]", "")
                : text;
        return new DecodeRequest(Bytes.copyOf(HexFormat.of().parseHex(digits)), false, null, List.of(), null, 0, 0);
    }

    /// A line: bare hexadecimal, or a JSON object with "hex" or "raw", "kind" and "ctx".
    ///
    /// @throws IllegalArgumentException if it is neither
    static DecodeRequest ofLine(String line) {
        return line.startsWith("{") ? new Fields().read(line) : ofHex(line);
    }

    /// What of a JSON line is used; the rest is skipped unread.
    private static final class Fields {
        private String hex = "";
        private String kind = "";
        private @Nullable Boolean fourOctetAs;
        private final List<String> addPath = new ArrayList<>();
        private @Nullable Boolean internal;
        private long localAs;
        private long peerAs;

        DecodeRequest read(String line) {
            try (JsonParser parser = JSON.createParser(line)) {
                parser.nextToken();
                object(parser, true);
            } catch (IOException e) {
                throw new IllegalArgumentException("not JSON: " + e.getMessage(), e);
            }
            if (hex.isEmpty()) {
                throw new IllegalArgumentException("the line has neither \"hex\" nor \"raw\"");
            }
            Bytes message = Bytes.copyOf(HexFormat.of().parseHex(hex));
            return new DecodeRequest(
                    message, kind.equals("update-body"), fourOctetAs, addPath, internal, localAs, peerAs);
        }

        private void object(JsonParser parser, boolean top) throws IOException {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                if (top) {
                    field(name, parser);
                } else {
                    context(name, parser);
                }
            }
        }

        private void field(String name, JsonParser parser) throws IOException {
            switch (name) {
                case "hex" -> hex = parser.getText();
                case "raw" -> hex = hex.isEmpty() ? parser.getText() : hex;
                case "kind" -> kind = parser.getText();
                case "ctx" -> {
                    if (parser.currentToken() == JsonToken.START_OBJECT) {
                        object(parser, false);
                    }
                }
                default -> parser.skipChildren();
            }
        }

        private void context(String name, JsonParser parser) throws IOException {
            switch (name) {
                case "asn4" -> fourOctetAs = parser.getBooleanValue();
                case "asn4_guess", "asn4_sender" ->
                    fourOctetAs = fourOctetAs == null ? Boolean.valueOf(parser.getBooleanValue()) : fourOctetAs;
                case "session" -> internal = parser.getText().equals("ibgp");
                case "local_as" -> localAs = parser.getLongValue();
                case "peer_as" -> peerAs = parser.getLongValue();
                case "addpath" -> {
                    while (parser.currentToken() == JsonToken.START_ARRAY
                            && parser.nextToken() != JsonToken.END_ARRAY) {
                        addPath.add(parser.getText());
                    }
                }
                default -> parser.skipChildren();
            }
        }
    }
}
