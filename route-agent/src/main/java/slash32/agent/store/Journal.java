package slash32.agent.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.agent.json.MalformedJsonException;
import slash32.agent.json.StrictJson;
import slash32.net.Bytes;

/// What changed since the state file was written: after a line that says what it is, one line per change, with its
/// length, its checksum and its JSON.
///
/// A change that ends too early is one that was being written when the power went: nobody was told that it is kept.
/// Everything else that isn't as it was written is damage.
final class Journal {
    static final String NAME = "state.journal";
    private static final String HEADER = "slash32-journal 1\n";
    private static final int LENGTH_CHARACTERS = 8;
    private static final int DIGEST_AT = LENGTH_CHARACTERS + 1;
    private static final int JSON_AT = DIGEST_AT + DurableFile.DIGEST_CHARACTERS + 1;

    private final Path file;
    private @Nullable FileChannel channel;
    private long bytes;

    Journal(Path directory) {
        this.file = directory.resolve(NAME);
    }

    /// What the file holds.
    ///
    /// @param tornBytes of an unfinished change at its end
    record Content(List<JsonNode> changes, int tornBytes) {}

    /// Null if there is none.
    @Nullable
    Content read() throws IOException, DamagedException, MalformedJsonException {
        return Files.exists(file) ? parse(Files.readAllBytes(file)) : null;
    }

    private static Content parse(byte[] bytes) throws DamagedException, MalformedJsonException {
        if (!DurableFile.has(bytes, 0, HEADER)) {
            throw new DamagedException("it does not begin as one of this version does");
        }
        var changes = new ArrayList<JsonNode>();
        int at = HEADER.length();
        while (at < bytes.length) {
            int length = length(bytes, at);
            int end = at + JSON_AT + length + 1;
            if (length < 0 || end < at || end > bytes.length) {
                if (bytes[bytes.length - 1] == '\n') {
                    throw new DamagedException("change " + (changes.size() + 1) + " is not as long as it says");
                }
                return new Content(changes, bytes.length - at);
            }
            changes.add(change(Arrays.copyOfRange(bytes, at, end), changes.size() + 1));
            at = end;
        }
        return new Content(changes, 0);
    }

    /// Negative if it isn't there whole.
    private static int length(byte[] bytes, int at) throws DamagedException {
        if (at + LENGTH_CHARACTERS > bytes.length) {
            return -1;
        }
        String length = new String(bytes, at, LENGTH_CHARACTERS, US_ASCII);
        if (!length.matches("[0-9]+")) {
            throw new DamagedException("there is something between its changes");
        }
        return Integer.parseInt(length);
    }

    private static JsonNode change(byte[] line, int number) throws DamagedException, MalformedJsonException {
        byte[] json = Arrays.copyOfRange(line, JSON_AT, line.length - 1);
        if (line[LENGTH_CHARACTERS] != ' '
                || line[JSON_AT - 1] != ' '
                || line[line.length - 1] != '\n'
                || !DurableFile.has(line, DIGEST_AT, DurableFile.digest(json))) {
            throw new DamagedException("the checksum of change " + number + " is wrong");
        }
        return StrictJson.parse(Bytes.copyOf(json));
    }

    /// A change as it stands in the file.
    ///
    /// @param json without a line end in it
    static String line(String json) {
        byte[] octets = json.getBytes(UTF_8);
        return "%08d %s %s\n".formatted(octets.length, DurableFile.digest(octets), json);
    }

    boolean exists() {
        return Files.exists(file);
    }

    long bytes() {
        return bytes;
    }

    /// Begins anew, without a change; on return that survives a power cut.
    void restart() throws IOException {
        close();
        channel = DurableFile.replace(file, HEADER.getBytes(US_ASCII));
        bytes = HEADER.length();
    }

    /// Appends; on return it survives a power cut. After a failure, the only way on is {@link #restart}: what is in the
    /// file is unknown then.
    ///
    /// @param lines of {@link #line}
    void append(String lines) throws IOException {
        FileChannel open = channel;
        if (open == null) {
            throw new IllegalStateException("a journal is restarted before it takes changes");
        }
        byte[] octets = lines.getBytes(UTF_8);
        DurableFile.write(open, octets);
        open.force(false);
        bytes += octets.length;
    }

    void close() throws IOException {
        if (channel != null) {
            FileChannel open = channel;
            channel = null;
            open.close();
        }
    }
}
