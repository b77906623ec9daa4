package slash32.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Programs that run beside a test until it ends, in its network namespace. What they print is one log.
public final class Programs implements AfterEachCallback {
    private final List<Process> running = new ArrayList<>();
    private final Path log;

    public Programs() {
        try {
            log = Files.createTempFile("programs", ".log");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Process start(String... words) {
        return start(List.of(words));
    }

    public Process start(List<String> words) {
        try {
            Process process = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            running.add(process);
            return process;
        } catch (IOException e) {
            throw new AssertionError(words + " could not be run", e);
        }
    }

    /// What they have printed so far.
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        for (Process process : running) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().onExit().join();
        }
        Files.delete(log);
    }
}
