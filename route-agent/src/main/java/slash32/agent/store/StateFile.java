package slash32.agent.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.InvalidFieldException;
import slash32.agent.json.EndpointJson;
import slash32.agent.json.Fields;
import slash32.agent.json.GroupJson;
import slash32.agent.json.MalformedJsonException;
import slash32.agent.json.StrictJson;
import slash32.net.Bytes;
import slash32.securitygroup.SecurityGroup;

/// The file: one line of JSON, {@code {"format":1,"sha256":"…","state":{…}}}, where the checksum is over the state's
/// bytes.
///
/// It is replaced whole or not at all, and after a power cut it is the old or the new one.
final class StateFile {
    private static final String NAME = "state.json";
    private static final String HEAD = "{\"format\":1,\"sha256\":\"";
    private static final String MIDDLE = "\",\"state\":";
    private static final String TAIL = "}\n";
    private static final int DIGEST_CHARACTERS = 64;

    private final Path directory;
    private final Path file;

    StateFile(Path directory) {
        this.directory = directory;
        this.file = directory.resolve(NAME);
    }

    /// What a file holds.
    sealed interface Content {
        record State(List<EndpointSpec> endpoints, List<SecurityGroup> groups) implements Content {
            public State {
                endpoints = List.copyOf(endpoints);
                groups = List.copyOf(groups);
            }
        }

        /// Not all of what was written, or not by us.
        ///
        /// @param reason with the name under which the file now is
        record Lost(String reason) implements Content {}
    }

    /// Reads the file; a file that is damaged is renamed, never read in part.
    ///
    /// @throws IOException if it can't be read or renamed
    Content load() throws IOException {
        if (!Files.exists(file)) {
            return new Content.State(List.of(), List.of());
        }
        try {
            return parse(Files.readAllBytes(file));
        } catch (MalformedJsonException | InvalidFieldException | DamagedException e) {
            Path aside = setAside();
            return new Content.Lost(file + " is damaged and now is " + aside.getFileName() + ": " + e.getMessage());
        }
    }

    private static Content.State parse(byte[] bytes) throws MalformedJsonException, DamagedException {
        int stateAt = HEAD.length() + DIGEST_CHARACTERS + MIDDLE.length();
        int stateEnd = bytes.length - TAIL.length();
        if (stateEnd < stateAt
                || !has(bytes, 0, HEAD)
                || !has(bytes, HEAD.length() + DIGEST_CHARACTERS, MIDDLE)
                || !has(bytes, stateEnd, TAIL)) {
            throw new DamagedException("it does not begin and end as it should");
        }
        byte[] state = Arrays.copyOfRange(bytes, stateAt, stateEnd);
        if (!has(bytes, HEAD.length(), digest(state))) {
            throw new DamagedException("its checksum is wrong");
        }
        Fields fields = Fields.of("", StrictJson.parse(Bytes.copyOf(state)));
        var endpoints = fields.requiredList("endpoints", StateFile::endpoint);
        var groups = fields.requiredList("groups", StateFile::group);
        fields.end();
        return new Content.State(endpoints, groups);
    }

    private static EndpointSpec endpoint(JsonNode node, String path) {
        return EndpointJson.read(node, path, null);
    }

    private static SecurityGroup group(JsonNode node, String path) {
        return GroupJson.read(node, path, null);
    }

    private static boolean has(byte[] bytes, int at, String text) {
        byte[] wanted = text.getBytes(US_ASCII);
        return Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length);
    }

    private Path setAside() throws IOException {
        int number = 1;
        while (Files.exists(aside(number))) {
            number++;
        }
        Files.move(file, aside(number), StandardCopyOption.ATOMIC_MOVE);
        syncDirectory();
        return aside(number);
    }

    private Path aside(int number) {
        return directory.resolve(NAME + ".corrupt-" + number);
    }

    /// Replaces the file; on return the new one survives a power cut.
    ///
    /// @param state JSON text
    void replace(String state) throws IOException {
        byte[] bytes = state.getBytes(UTF_8);
        Path fresh = directory.resolve(NAME + ".new");
        try (var channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            write(channel, (HEAD + digest(bytes) + MIDDLE).getBytes(US_ASCII));
            write(channel, bytes);
            write(channel, TAIL.getBytes(US_ASCII));
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        syncDirectory();
    }

    private static void write(FileChannel channel, byte[] bytes) throws IOException {
        var rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
            channel.write(rest);
        }
    }

    private void syncDirectory() throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /// Bytes that are not what was written.
    private static final class DamagedException extends Exception {
        private static final long serialVersionUID = 1;

        DamagedException(String message) {
            super(message);
        }
    }
}
