package slash32.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import slash32.agent.dataplane.fib.FibTableDrive;

/// The FIB's columns and queue without a kernel, by route.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(Load.ROUTES)
@Fork(value = 1, jvmArgsAppend = "-XX:TieredStopAtLevel=1")
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class FibTableBenchmark {
    private final FibTableDrive full = new FibTableDrive();

    /// Into an empty table.
    @Benchmark
    public int stateAndWriteNew() {
        return new FibTableDrive().stateAndWrite(Load.ROUTES, Load::high);
    }

    /// What is in force already.
    @Benchmark
    public int stateAgain() {
        return full.stateAndWrite(Load.ROUTES, Load::high);
    }
}
