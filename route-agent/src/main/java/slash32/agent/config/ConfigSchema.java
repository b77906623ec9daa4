package slash32.agent.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// The configuration file's shape for editors and checkers: JSON Schema, draft 2020-12.
///
/// What it can't express, such as no peer twice, only {@link ConfigFile} refuses.
public final class ConfigSchema {
    private static final String RESOURCE = "agent-config.schema.json";

    private ConfigSchema() {}

    public static String text() {
        try (InputStream resource = ConfigSchema.class.getResourceAsStream(RESOURCE)) {
            if (resource == null) {
                throw new IllegalStateException(RESOURCE + " is not in the class path");
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("reading " + RESOURCE, e);
        }
    }
}
