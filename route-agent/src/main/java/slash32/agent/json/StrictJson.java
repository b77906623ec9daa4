package slash32.agent.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;

/// Text to JSON values and back.
public final class StrictJson {
    private static final int MAX_DEPTH = 16;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .build();
    private static final ObjectReader READER = new JsonMapper(FACTORY)
            .reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private StrictJson() {}

    /// Parses one value, at most 16 levels deep, without anything after it.
    ///
    /// @throws MalformedJsonException with line and column
    public static JsonNode parse(Bytes text) throws MalformedJsonException {
        try {
            JsonNode node = READER.readTree(text.toArray());
            if (node.isMissingNode()) {
                throw new MalformedJsonException("line 1, column 1: there is nothing");
            }
            return node;
        } catch (StreamConstraintsException e) {
            throw new MalformedJsonException(
                    "it is nested deeper than " + MAX_DEPTH + " levels, or a value is too long");
        } catch (MismatchedInputException e) {
            throw new MalformedJsonException(place(e.getLocation()) + "there is more after the value");
        } catch (JsonProcessingException e) {
            throw new MalformedJsonException(place(e.getLocation()) + reason(e.getOriginalMessage()));
        } catch (MalformedJsonException e) {
            throw e;
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory", e);
        }
    }

    private static String place(@Nullable JsonLocation at) {
        return at == null ? "" : "line " + at.getLineNr() + ", column " + at.getColumnNr() + ": ";
    }

    /// Without the parts of the parser's messages that speak of the parser.
    private static String reason(String message) {
        return message.split("\\n|: was expecting| \\(start marker", 2)[0];
    }

    /// What {@code writer} writes, as text.
    public static String text(Writer writer) {
        var text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(text)) {
            writer.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory", e);
        }
        return text.toString();
    }

    /// A generator that leaves {@code out} open.
    public static JsonGenerator generator(OutputStream out) throws IOException {
        return FACTORY.createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
    }

    /// Writes one value.
    @FunctionalInterface
    public interface Writer {
        void write(JsonGenerator json) throws IOException;
    }
}
