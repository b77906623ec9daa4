package slash32.securitygroup.nft;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/// One line for each figure: as JSON on standard output, and as a row for {@code docs/performance-rules.md}.
final class BenchmarkReport {
    private static final Path ROWS = Path.of("target/bench-rules.md");

    private BenchmarkReport() {}

    /// Reports one figure.
    ///
    /// @param goal what it should be; empty if it is there for comparison
    static void figure(String what, String layout, String value, String goal) {
        System.out.printf(
                "{\"bench\":\"rules\",\"what\":\"%s\",\"layout\":\"%s\",\"value\":\"%s\",\"goal\":\"%s\"}%n",
                what, layout, value, goal);
        try {
            Files.writeString(ROWS, "| %s | %s | %s | %s |%n".formatted(what, layout, value, goal), CREATE, APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Reports how long something took.
    ///
    /// @param nanos sorted
    static void times(String what, String layout, long[] nanos, String goal) {
        double p50 = nanos[nanos.length / 2] / 1e6;
        double p99 = nanos[(int) Math.ceil(nanos.length * 0.99) - 1] / 1e6;
        figure(
                what,
                layout,
                String.format(Locale.ROOT, "p50 %.3f ms, p99 %.3f ms of %d", p50, p99, nanos.length),
                goal);
    }
}
