package slash32.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
import slash32.bgp.rib.Contender;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;
import slash32.net.IpAddress;

/// Adj-RIB-In and Loc-RIB, by route.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(Load.ROUTES)
@Fork(value = 1, jvmArgsAppend = "-XX:TieredStopAtLevel=1")
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class LocRibBenchmark {
    private static final int PEERS = 2;

    private final List<PathAttributes> attributes = IntStream.range(0, 2 * Load.NEXT_HOPS)
            .mapToObj(number -> Load.attributes(number % Load.NEXT_HOPS).toBuilder()
                    .localPref(100 + number / Load.NEXT_HOPS)
                    .build())
            .toList();
    private final RibDelta.Builder delta = new RibDelta.Builder(AddressFamily.IPV4_UNICAST);
    private final LocRib full = table();
    private int round;

    private static LocRib table() {
        var rib = new LocRib(AddressFamily.IPV4_UNICAST);
        for (int peer = 0; peer < PEERS; peer++) {
            IpAddress address = IpAddress.parse("172.20.0." + (peer + 1));
            rib.peer(peer, new Contender(true, new BgpIdentifier(peer + 1), address));
        }
        return rib;
    }

    private int announce(LocRib rib, int peer, int generation) {
        for (int number = 0; number < Load.ROUTES; number++) {
            PathAttributes one = attributes.get(generation * Load.NEXT_HOPS + number % Load.NEXT_HOPS);
            rib.announce(peer, 0, Load.high(number), 0, 32, one, delta);
        }
        int changes = delta.size();
        delta.clear();
        return changes;
    }

    /// Into an empty table.
    @Benchmark
    public int announceNew() {
        return announce(table(), 0, 0);
    }

    /// Over what is there, with other attributes each time.
    @Benchmark
    public int announceChanged() {
        return announce(full, 0, ++round & 1);
    }

    /// Over what is there already: a reflector that restarted says all again.
    @Benchmark
    public int announceSame() {
        return announce(full, 1, 0);
    }
}
