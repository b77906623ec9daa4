package slash32.lab.scenario;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import slash32.lab.runner.HostCommand.Outcome;
import slash32.lab.runner.Lab;
import slash32.lab.runner.LabException;

/// Runs one scenario and tells whoever watches what each step shows.
///
/// A step that fails ends it; what was brought up is taken down whatever happens. All that is told is kept in
/// `clab-NAME.transcript` beside the topology. Used by one thread.
public final class ScenarioRun {
    private static final Duration COMMAND_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final String INDENT = "     ";

    private final Scenario scenario;
    private final boolean keep;
    private final Path transcript;
    private final PrintStream out;
    private final Lab lab;

    /// @param keep leaves the lab up when a step fails, for a look
    /// @param watched for people
    public ScenarioRun(Scenario scenario, boolean keep, PrintStream watched) throws IOException {
        this.scenario = scenario;
        this.keep = keep;
        transcript = scenario.topology().resolveSibling("clab-" + scenario.name() + ".transcript");
        out = Transcript.open(watched, transcript);
        lab = new Lab(scenario.topology(), null, false, out);
    }

    /// How a step ended.
    ///
    /// @param figures what it measured, for people
    /// @param failure null if it passed
    public record Result(
            String scenario,
            String title,
            Duration time,
            String figures,
            @Nullable String failure) {
        /// True if it passed.
        public boolean isPassed() {
            return failure == null;
        }
    }

    /// Runs it.
    ///
    /// @return a result for each step that was taken, and for bringing up and taking down
    public List<Result> run() throws IOException {
        try {
            return runAll();
        } finally {
            out.println(INDENT + "transcript: " + transcript.toAbsolutePath().normalize());
            out.close();
        }
    }

    private List<Result> runAll() throws IOException {
        out.printf("%n== %s: %d steps ==%n", scenario.name(), scenario.steps().size());
        lab.down(false); // what a run that was killed has left
        HostState before = HostState.now();
        var results = new ArrayList<Result>();
        results.add(take("lab up", _ -> lab.up(false)));
        int number = 0;
        for (Step step : scenario.steps()) {
            if (results.getLast().isPassed()) {
                out.printf("%n%2d/%d  %s%n", ++number, scenario.steps().size(), step.title());
                out.println(INDENT + "proves: " + step.proves().replaceAll("\\s+", " "));
                results.add(take(step.title(), figures -> take(step, figures)));
            }
        }
        boolean passed = results.getLast().isPassed();
        if (keep && !passed) {
            out.println(INDENT + "the lab is still up: slash32 lab exec|down " + scenario.topology());
        } else {
            results.add(take("lab down, nothing left behind", _ -> tearDown(before, passed)));
        }
        return results;
    }

    private void tearDown(HostState before, boolean passed) throws IOException {
        lab.down(!passed);
        List<String> differences = HostState.now().differences(before);
        if (!differences.isEmpty()) {
            throw new LabException(String.join("; ", differences));
        }
    }

    /// Something that fails by throwing.
    private interface Taking {
        void take(List<String> figures) throws IOException;
    }

    private Result take(String title, Taking taking) {
        long start = System.nanoTime();
        var figures = new ArrayList<String>();
        String failure = null;
        try {
            taking.take(figures);
        } catch (IOException e) {
            failure = String.valueOf(e.getMessage());
        }
        Duration time = Duration.ofNanos(System.nanoTime() - start);
        out.printf("%s%s  %s%n", INDENT, failure == null ? "ok" : "FAILED", seconds(time));
        if (failure != null) {
            out.println(failure.indent(INDENT.length()));
        }
        return new Result(scenario.name(), title, time, String.join(", ", figures), failure);
    }

    private void take(Step step, List<String> figures) throws IOException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var meanwhile = new ArrayList<Future<Outcome>>();
            for (Action.Run run : step.meanwhile()) {
                out.println(INDENT + "meanwhile " + run);
                meanwhile.add(threads.submit(() -> execute(run)));
            }
            for (Action action : step.actions()) {
                act(action, figures);
            }
            for (int i = 0; i < meanwhile.size(); i++) {
                if (meanwhile.get(i).isDone()) {
                    throw new LabException(
                            step.meanwhile().get(i) + "\nended before the actions did, so it shows nothing");
                }
            }
            for (int i = 0; i < meanwhile.size(); i++) {
                finish(step.meanwhile().get(i), meanwhile.get(i), figures);
            }
        }
    }

    private void act(Action action, List<String> figures) throws IOException {
        long start = System.nanoTime();
        switch (action) {
            case Action.Run run -> conclude(run, tried(run), figures);
            case Action.Signal(String node, String signal) -> lab.node(node).signal(signal);
            case Action.Start(String node) -> lab.node(node).start();
            case Action.Pause(Duration time) -> sleep(time);
        }
        out.printf("%s%s  (%s)%n", INDENT, action, seconds(Duration.ofNanos(System.nanoTime() - start)));
    }

    /// The outcome that met the expectation, or the last one.
    private Outcome tried(Action.Run run) throws IOException {
        long deadline = System.nanoTime() + run.expectation().within().toNanos();
        Outcome outcome = execute(run);
        while (run.expectation().unmet(outcome) != null && deadline - System.nanoTime() > 0) {
            sleep(POLL);
            outcome = execute(run);
        }
        return outcome;
    }

    private Outcome execute(Action.Run run) throws IOException {
        return lab.node(run.node()).run(List.of("sh", "-c", run.command()), COMMAND_TIMEOUT);
    }

    private void finish(Action.Run run, Future<Outcome> running, List<String> figures) throws IOException {
        try {
            conclude(run, running.get(), figures);
        } catch (ExecutionException e) {
            throw new IOException(run + ": " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void conclude(Action.Run run, Outcome outcome, List<String> figures) throws LabException {
        String unmet = run.expectation().unmet(outcome);
        if (unmet != null) {
            throw new LabException(run + "\n" + unmet + "; it printed:\n"
                    + outcome.output().strip().indent(2));
        }
        if (run.show()) {
            outcome.output().lines().forEach(line -> out.println(INDENT + "| " + line));
        }
        String figure = run.expectation().figure(outcome.output());
        if (figure != null) {
            figures.add(figure);
        }
    }

    private static void sleep(Duration time) throws IOException {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    static String seconds(Duration time) {
        return "%.1f s".formatted(time.toMillis() / 1e3);
    }

    /// A table of {@code results}, with a line of counts below.
    public static String summary(List<Result> results) {
        var text = new StringBuilder();
        String row = "%-12s %-7s %8s  %-56s %s%n";
        text.append(row.formatted("SCENARIO", "RESULT", "TIME", "STEP", "FIGURES"));
        for (Result result : results) {
            text.append(row.formatted(
                    result.scenario(),
                    result.isPassed() ? "ok" : "FAILED",
                    seconds(result.time()),
                    result.title(),
                    result.figures()));
        }
        long passed = results.stream().filter(Result::isPassed).count();
        return text + "%d passed, %d failed%n".formatted(passed, results.size() - passed);
    }
}
