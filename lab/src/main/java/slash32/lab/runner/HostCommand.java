package slash32.lab.runner;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Runs host programs to their end.
///
/// What they print goes through a file, so that a child which they leave in the background holds up nobody.
public final class HostCommand {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private HostCommand() {}

    /// How a program ended.
    ///
    /// @param output standard output and error, interleaved
    public record Outcome(int exitCode, String output) {
        public boolean isSuccess() {
            return exitCode == 0;
        }
    }

    /// Runs {@code words}.
    ///
    /// @throws LabException naming the command and what it printed, unless it exits with 0
    public static String run(String... words) throws IOException {
        Outcome outcome = run(List.of(words), null, TIMEOUT);
        if (!outcome.isSuccess()) {
            throw new LabException(String.join(" ", words) + " exited with " + outcome.exitCode() + ": "
                    + outcome.output().strip());
        }
        return outcome.output();
    }

    /// Like {@link #run(String...)}, for commands that may fail.
    static boolean succeeds(String... words) throws IOException {
        return run(List.of(words), null, TIMEOUT).isSuccess();
    }

    /// Runs {@code words} and waits at most {@code timeout}; one that takes longer is killed, with exit code 124.
    ///
    /// @param environment the whole environment; null for this process's
    static Outcome run(List<String> words, @Nullable Map<String, String> environment, Duration timeout)
            throws IOException {
        Path output = Files.createTempFile("slash32-lab", ".out");
        try {
            var builder = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile());
            if (environment != null) {
                builder.environment().clear();
                builder.environment().putAll(environment);
            }
            int exitCode = await(builder.start(), timeout);
            return new Outcome(exitCode, new String(Files.readAllBytes(output), StandardCharsets.UTF_8));
        } finally {
            Files.delete(output);
        }
    }

    private static int await(Process process, Duration timeout) throws IOException {
        try {
            if (process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
                return process.exitValue();
            }
            process.destroyForcibly();
            return 124;
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted").initCause(e);
        }
    }

    /// Whether the program of this name is on {@code path}, as `execvp` looks for it.
    static boolean exists(String program, String path) {
        if (program.contains("/")) {
            return Files.isExecutable(Path.of(program));
        }
        for (String folder : path.split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }
}
