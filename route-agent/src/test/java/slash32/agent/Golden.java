package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Text files that hold what a test's output must be. {@code make golden} rewrites them; the diff is the review.
public final class Golden {
    private static final boolean WRITE = Boolean.getBoolean("golden.write");

    private Golden() {}

    /// Compares {@code actual} with what {@code file} holds, or makes it so.
    public static void check(Path file, String actual) throws IOException {
        if (WRITE) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, actual);
        }
        assertThat(file).as("run 'make golden' to write it").exists();
        assertThat(actual).isEqualTo(Files.readString(file));
    }
}
