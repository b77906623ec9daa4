package slash32.lab.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import slash32.lab.runner.LabException;
import slash32.lab.runner.RunningNode;

/// A program in a node that is spoken with in lines. It ends with its node, or when it is closed.
final class NodeProcess implements AutoCloseable {
    private final String name;
    private final Process process;
    private final PrintStream input;
    private final BlockingQueue<Line> lines = new LinkedBlockingQueue<>();

    private NodeProcess(String name, Process process) {
        this.name = name;
        this.process = process;
        this.input = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    }

    /// Starts {@code words} in {@code node}; what it says on standard error goes where ours does.
    static NodeProcess start(RunningNode node, String... words) throws IOException {
        var builder = new ProcessBuilder(node.enter(List.of(words))).redirectError(Redirect.INHERIT);
        builder.environment().clear();
        builder.environment().putAll(node.environment());
        var started = new NodeProcess(node.name() + " $ " + String.join(" ", words), builder.start());
        Thread.ofPlatform().daemon().name("lines-" + node.name()).start(started::read);
        return started;
    }

    private void read() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(new Line(line, System.nanoTime()));
            }
        } catch (IOException _) {
            // It was ended; whoever waits for a line is told by its absence.
        }
    }

    void say(String line) {
        input.println(line);
    }

    /// What it printed, and when we read it.
    private record Line(String text, long readNanos) {}

    /// The next line that it prints.
    ///
    /// @throws LabException if none comes in time
    String line(Duration within) throws IOException {
        return next(within).text;
    }

    private Line next(Duration within) throws IOException {
        try {
            Line line = lines.poll(within.toNanos(), TimeUnit.NANOSECONDS);
            if (line == null) {
                throw new LabException(name + ": said nothing for " + within.toSeconds() + " s");
            }
            return line;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted");
        }
    }

    /// Waits for a line that has {@code text} in it; {@code within} is for each line.
    ///
    /// @return when it was read, in {@link System#nanoTime}
    long awaitLine(String text, Duration within) throws IOException {
        Line line = next(within);
        while (!line.text.contains(text)) {
            line = next(within);
        }
        return line.readNanos;
    }

    /// Waits until {@code count} lines have ended in {@code suffix}; {@code within} is for each.
    void awaitLines(int count, String suffix, Duration within) throws IOException {
        for (int seen = 0; seen < count; ) {
            seen += line(within).endsWith(suffix) ? 1 : 0;
        }
    }

    @Override
    public void close() {
        process.destroy();
    }
}
