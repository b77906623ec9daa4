package slash32.bench;

import java.util.Locale;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/// Runs the benchmarks that JMH's own arguments choose, all by default, and prints a JSON line for each.
public final class Micro {
    private Micro() {}

    public static void main(String[] arguments) throws RunnerException, CommandLineOptionException {
        var options = new OptionsBuilder()
                .parent(new CommandLineOptions(arguments))
                .output("/dev/stderr")
                .build();
        for (RunResult run : new Runner(options).run()) {
            Result<?> result = run.getPrimaryResult();
            String name = run.getParams().getBenchmark();
            System.out.printf(
                    Locale.ROOT,
                    "{\"bench\": \"micro\", \"name\": \"%s\", \"mode\": \"%s\", \"value\": %.4f, \"error\": %s,"
                            + " \"unit\": \"%s\", \"samples\": %d}%n",
                    name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1),
                    run.getParams().getMode().shortLabel(),
                    result.getScore(),
                    Double.isNaN(result.getScoreError()) ? "null" : "%.4f".formatted(result.getScoreError()),
                    result.getScoreUnit(),
                    result.getSampleCount());
        }
    }
}
