package slash32.agent.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/// A configuration file's shape for editors and checkers: JSON Schema, draft 2020-12.
///
/// What it can't express, such as no peer twice, only {@link ConfigFile} refuses.
public enum ConfigSchema {
    AGENT,
    REFLECTOR;

    public String text() {
        String name = this + "-config.schema.json";
        try (InputStream resource = ConfigSchema.class.getResourceAsStream(name)) {
            if (resource == null) {
                throw new IllegalStateException(name + " is not in the class path");
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + name, e);
        }
    }

    /// As on the command line.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
