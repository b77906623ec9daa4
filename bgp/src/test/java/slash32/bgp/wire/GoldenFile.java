package slash32.bgp.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A golden file: what it is about, then entries. README.md beside the files says how they look.
///
/// @param head lines before the first entry
record GoldenFile(Path path, String head, List<Entry> entries) {
    private static final Path FOLDER = Path.of("src/test/resources/slash32/bgp/golden");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern VALUE = Pattern.compile("(?m)^[\\[{]");
    private static final int HEX_DIGITS_A_LINE = 64;
    private static final int COLUMNS = 118;

    /// One octet string and what it says.
    ///
    /// @param kind "update", "message" of another type, "bmp", or "mrt"
    /// @param session words of the BGP session, of an UPDATE
    /// @param why why we write other octets; null if we don't
    /// @param again what we write; null if that is what was read
    record Entry(
            String file,
            String name,
            String kind,
            String source,
            String session,
            @Nullable String why,
            String hex,
            @Nullable String again,
            JsonNode text) {
        Entry with(String nowHex, JsonNode nowText, @Nullable String nowAgain) {
            return new Entry(file, name, kind, source, session, why, nowHex, nowAgain, nowText);
        }

        @Override
        public String toString() {
            return file + ": " + name;
        }
    }

    static List<GoldenFile> all() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".hex"))
                    .sorted()
                    .map(GoldenFile::read)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Type listOf(Class<?> element) {
        return new ParameterizedType() {
            @Override
            public Type[] getActualTypeArguments() {
                return new Type[] {element};
            }

            @Override
            public Type getRawType() {
                return List.class;
            }

            @Override
            public @Nullable Type getOwnerType() {
                return null;
            }
        };
    }

    GoldenFile with(List<Entry> now) {
        return new GoldenFile(path, head, now);
    }

    String printed() {
        var text = new StringBuilder(head);
        entries.forEach(entry -> print(entry, text));
        return text.toString();
    }

    void write() throws IOException {
        Files.writeString(path, printed());
    }

    private static GoldenFile read(Path path) {
        try {
            String[] sections = Files.readString(path).split("(?m)^== ", -1);
            var entries = new ArrayList<Entry>();
            for (int i = 1; i < sections.length; i++) {
                entries.add(entry(path.getFileName().toString(), sections[i]));
            }
            return new GoldenFile(path, sections[0], entries);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Entry entry(String file, String section) throws JsonProcessingException {
        Matcher value = VALUE.matcher(section);
        int json = value.find() ? value.start() : -1;
        List<String> lines =
                (json < 0 ? section : section.substring(0, json)).lines().toList();
        Map<String, String> fields = new LinkedHashMap<>();
        String field = "hex";
        for (String line : lines.subList(1, lines.size())) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                field = line.substring(0, colon);
                line = line.substring(colon + 1);
            }
            fields.merge(field, line.strip(), String::concat);
        }
        return new Entry(
                file,
                lines.getFirst(),
                fields.getOrDefault("kind", ""),
                fields.getOrDefault("source", ""),
                fields.getOrDefault("session", ""),
                fields.get("why"),
                fields.getOrDefault("hex", "").replace(" ", ""),
                fields.containsKey("again") ? fields.get("again").replace(" ", "") : null,
                JSON.readTree(json < 0 ? "{}" : section.substring(json)));
    }

    private static void print(Entry entry, StringBuilder out) {
        out.append("== ").append(entry.name()).append('\n');
        field("kind", entry.kind(), out);
        field("source", entry.source(), out);
        if (!entry.session().isEmpty()) {
            field("session", entry.session(), out);
        }
        hex("hex", entry.hex(), out);
        if (entry.why() != null) {
            field("why", entry.why(), out);
        }
        if (entry.again() != null) {
            hex("again", entry.again(), out);
        }
        print(entry.text(), "", 0, out);
        out.append("\n\n");
    }

    private static void field(String name, String value, StringBuilder out) {
        out.append(name).append(": ").append(value).append('\n');
    }

    private static void hex(String name, String hex, StringBuilder out) {
        out.append(name).append(':');
        for (int at = 0; at < hex.length(); at += HEX_DIGITS_A_LINE) {
            out.append("\n  ").append(hex, at, Math.min(hex.length(), at + HEX_DIGITS_A_LINE));
        }
        out.append('\n');
    }

    /// On one line if that is short enough; else each element on one of its own.
    private static void print(JsonNode node, String indent, int before, StringBuilder out) {
        String line = node.toString();
        if (!node.isContainerNode() || indent.length() + before + line.length() <= COLUMNS) {
            out.append(line);
            return;
        }
        String inner = indent + "  ";
        out.append(node.isObject() ? '{' : '[');
        String comma = "\n";
        Iterator<Map.Entry<String, JsonNode>> fields = node.properties().iterator();
        for (JsonNode child : node) {
            out.append(comma).append(inner);
            String name = node.isObject() ? '"' + fields.next().getKey() + "\":" : "";
            out.append(name);
            print(child, inner, name.length(), out);
            comma = ",\n";
        }
        out.append('\n').append(indent).append(node.isObject() ? '}' : ']');
    }
}
