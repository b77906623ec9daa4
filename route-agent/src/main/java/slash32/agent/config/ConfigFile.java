package slash32.agent.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// A configuration file on disk.
public final class ConfigFile {
    private static final long MAX_BYTES = 1 << 20;

    private ConfigFile() {}

    /// Reads {@code file}; every call is a fresh look.
    ///
    /// @throws IOException if it can't be read, or is not UTF-8, or has more than 1 MiB
    public static Loaded load(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(file + " has more than " + MAX_BYTES + " bytes");
        }
        return parse(Files.readString(file, StandardCharsets.UTF_8));
    }

    /// Reads YAML text.
    public static Loaded parse(String yaml) {
        return new ConfigParser().parse(yaml);
    }
}
