package slash32.agent.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// A configuration file on disk.
public final class ConfigFile {
    private static final long MAX_BYTES = 1 << 20;

    private ConfigFile() {}

    /// Reads an agent's {@code file}; every call is a fresh look.
    ///
    /// @throws IOException if it can't be read, or is not UTF-8, or has more than 1 MiB
    public static Loaded<AgentConfig> load(Path file) throws IOException {
        return parse(text(file));
    }

    /// Reads a route reflector's {@code file}, likewise.
    public static Loaded<ReflectorConfig> loadReflector(Path file) throws IOException {
        return parseReflector(text(file));
    }

    private static String text(Path file) throws IOException {
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(file + " has more than " + MAX_BYTES + " bytes");
        }
        return Files.readString(file, StandardCharsets.UTF_8);
    }

    /// Reads YAML text of an agent.
    public static Loaded<AgentConfig> parse(String yaml) {
        return YamlFile.read(yaml, new ConfigParser()::agent);
    }

    /// Reads YAML text of a route reflector.
    public static Loaded<ReflectorConfig> parseReflector(String yaml) {
        return YamlFile.read(yaml, new ReflectorParser()::reflector);
    }
}
