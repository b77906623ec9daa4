package slash32.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs a host program in the calling thread's network namespace.
public final class Command {
    private static final long TIMEOUT_SECONDS = 60;

    private Command() {}

    /// Runs {@code words} to its end and gives back what it printed on both outputs.
    ///
    /// @throws AssertionError naming the command, its exit code and what it printed, unless it exits with 0
    public static String run(String... words) {
        Outcome outcome = tryRun(words);
        if (outcome.exitCode() != 0) {
            throw new AssertionError(
                    String.join(" ", words) + " exited with " + outcome.exitCode() + ": " + outcome.output());
        }
        return outcome.output();
    }

    /// Like {@link #run}, for commands that may fail.
    public static Outcome tryRun(String... words) {
        try {
            Process process =
                    new ProcessBuilder(words).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(List.of(words) + " did not end within " + TIMEOUT_SECONDS + " s: " + output);
            }
            return new Outcome(process.exitValue(), output);
        } catch (IOException e) {
            throw new AssertionError(List.of(words) + " could not be run", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(List.of(words) + " was interrupted", e);
        }
    }

    /// How a command ended.
    ///
    /// @param output standard output and error, interleaved
    public record Outcome(int exitCode, String output) {}
}
