package slash32.bench;

import java.util.List;
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
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Update;
import slash32.bgp.wire.UpdateDecoder;
import slash32.bgp.wire.UpdateEncoder;

/// UPDATE messages, by route in them; C1 alone, as the agent runs.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(Load.ROUTES)
@Fork(value = 1, jvmArgsAppend = "-XX:TieredStopAtLevel=1")
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBenchmark {
    private final List<byte[]> packed = Load.messages(true);
    private final List<byte[]> single = Load.messages(false);
    private final UpdateDecoder decoder = new UpdateDecoder(Load.TERMS);
    private final List<PathAttributes> attributes = packed.stream()
            .map(message -> decode(message).announced().getFirst().attributes())
            .toList();
    private long sum;

    private Update decode(byte[] message) {
        return decoder.decode(message, Framer.HEADER_BYTES, message.length);
    }

    /// A hundred routes a message.
    @Benchmark
    public long decodePacked() {
        return decode(packed);
    }

    /// A message a route.
    @Benchmark
    public long decodeSingle() {
        return decode(single);
    }

    private long decode(List<byte[]> messages) {
        sum = 0;
        for (byte[] message : messages) {
            decode(message)
                    .announced()
                    .forEach(one -> one.prefixes().forEach((_, high, _, length) -> sum += high + length));
        }
        return sum;
    }

    @Benchmark
    public long encodePacked() {
        sum = 0;
        var encoder = new UpdateEncoder(Load.TERMS, message -> sum += message.length);
        for (int nextHop = 0; nextHop < Load.NEXT_HOPS; nextHop++) {
            encoder.beginAnnouncing(AddressFamily.IPV4_UNICAST, attributes.get(nextHop));
            for (int number = nextHop; number < Load.ROUTES; number += Load.NEXT_HOPS) {
                encoder.add(0, Load.high(number), 0, 32);
            }
            encoder.end();
        }
        return sum;
    }
}
