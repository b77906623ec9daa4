package slash32.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.overlay.evpn.MacKey;

/// With which sequence number each port's MAC was announced last, over restarts: a line each, {@code VNI MAC NUMBER}.
/// Replaced whole or not at all. Owned by one thread.
final class SequenceFile {
    private static final Logger LOG = LoggerFactory.getLogger(SequenceFile.class);
    private static final String NAME = "mac-sequences";

    private final Path file;
    private final Map<MacKey, Long> sequences = new TreeMap<>();

    /// Reads what an earlier run left in {@code directory}. A line that says nothing is left out: its MAC counts as
    /// new.
    SequenceFile(Path directory) throws IOException {
        file = directory.resolve(NAME);
        List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
        for (String line : lines) {
            try {
                String[] words = line.split(" ", -1);
                var key = new MacKey(new Vni(Integer.parseInt(words[0])), MacAddress.parse(words[1]));
                sequences.put(key, Long.parseUnsignedLong(words[2]) & 0xffff_ffffL);
            } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
                LOG.warn("event=sequence-lost file={} line=\"{}\"", file, line);
            }
        }
    }

    /// What is remembered.
    Map<MacKey, Long> all() {
        return new HashMap<>(sequences);
    }

    /// Notes a number, or that there is none any more.
    ///
    /// @return true if that is new, so that it must be {@linkplain #write written}
    boolean note(MacKey mac, @Nullable Long sequence) {
        return sequence == null ? sequences.remove(mac) != null : !sequence.equals(sequences.put(mac, sequence));
    }

    /// Writes all; on return it survives a power cut.
    void write() throws IOException {
        String text = sequences.entrySet().stream()
                .map(each -> each.getKey().vni() + " " + each.getKey().mac() + " " + each.getValue() + "\n")
                .collect(Collectors.joining());
        Path fresh = file.resolveSibling(NAME + ".new");
        try (var channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            var bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
