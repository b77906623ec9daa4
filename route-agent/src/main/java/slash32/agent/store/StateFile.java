package slash32.agent.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import slash32.agent.json.MalformedJsonException;
import slash32.agent.json.StrictJson;
import slash32.net.Bytes;

/// All that is desired, in one line of JSON: {@code {"format":2,"sha256":"…","state":{…}}}, where the checksum is over
/// the state's bytes. Replaced whole or not at all.
///
/// Format 1 had no sequence number, no files, and no journal beside it.
final class StateFile {
    static final String NAME = "state.json";
    private static final int FORMAT = 2;
    private static final Pattern ANY_HEAD = Pattern.compile("\\{\"format\":([0-9]{1,9}),\"sha256\":\"");
    private static final String MIDDLE = "\",\"state\":";
    private static final String TAIL = "}\n";

    private final Path file;

    StateFile(Path directory) {
        this.file = directory.resolve(NAME);
    }

    /// What the file holds.
    record Content(int format, JsonNode state) {}

    /// Null if there is none.
    @Nullable
    Content read() throws IOException, DamagedException, MalformedJsonException {
        return Files.exists(file) ? parse(Files.readAllBytes(file)) : null;
    }

    private static Content parse(byte[] bytes) throws DamagedException, MalformedJsonException {
        int format = format(bytes);
        int digestAt = head(format).length();
        int stateAt = digestAt + DurableFile.DIGEST_CHARACTERS + MIDDLE.length();
        int stateEnd = bytes.length - TAIL.length();
        if (stateEnd < stateAt
                || !DurableFile.has(bytes, digestAt + DurableFile.DIGEST_CHARACTERS, MIDDLE)
                || !DurableFile.has(bytes, stateEnd, TAIL)) {
            throw new DamagedException("it does not begin and end as it should");
        }
        byte[] state = Arrays.copyOfRange(bytes, stateAt, stateEnd);
        if (!DurableFile.has(bytes, digestAt, DurableFile.digest(state))) {
            throw new DamagedException("its checksum is wrong");
        }
        return new Content(format, StrictJson.parse(Bytes.copyOf(state)));
    }

    private static int format(byte[] bytes) throws DamagedException {
        var start = ANY_HEAD.matcher(new String(bytes, 0, Math.min(bytes.length, 64), US_ASCII));
        if (!start.lookingAt()) {
            throw new DamagedException("it does not begin and end as it should");
        }
        int format = Integer.parseInt(start.group(1));
        if (format < 1 || format > FORMAT) {
            throw new DamagedException("it is of format " + format + ", and this version knows those up to " + FORMAT);
        }
        return format;
    }

    private static String head(int format) {
        return "{\"format\":" + format + ",\"sha256\":\"";
    }

    /// Replaces the file; on return the new one survives a power cut.
    ///
    /// @param state JSON text
    /// @return how many bytes it has
    long replace(String state) throws IOException {
        byte[] bytes = state.getBytes(UTF_8);
        byte[] head = (head(FORMAT) + DurableFile.digest(bytes) + MIDDLE).getBytes(US_ASCII);
        DurableFile.replace(file, head, bytes, TAIL.getBytes(US_ASCII)).close();
        return (long) head.length + bytes.length + TAIL.length();
    }
}
