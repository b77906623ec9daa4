package slash32.agent.dataplane.fib;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.testkit.Seeds;

class FibTableTest {
    private record Columns(int desired, int owned) {}

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void holdsWhatAMapHolds(long seed) {
        var random = new Random(seed);
        boolean ipv4 = random.nextBoolean();
        var table = new FibTable(ipv4, new NexthopObjects());
        Map<Prefix, Columns> model = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            Prefix prefix = prefix(random, ipv4);
            if (random.nextInt(3) == 0) {
                int number = table.find(prefix);
                assertThat(number == FibTable.ABSENT).isEqualTo(!model.containsKey(prefix));
                if (number != FibTable.ABSENT) {
                    table.desire(number, 0);
                    table.own(number, 0);
                    table.dropIfIdle(number);
                    model.remove(prefix);
                }
            } else {
                int number = table.add(prefix);
                var columns = new Columns(1 + random.nextInt(9), random.nextInt(9));
                table.desire(number, columns.desired());
                table.own(number, columns.owned());
                model.put(prefix, columns);
            }
        }
        var held = new HashMap<Prefix, Columns>();
        table.forEach(n -> held.put(table.prefix(n), new Columns(table.desired(n), table.owned(n))));
        assertThat(held).isEqualTo(model);
        assertThat(table.desiredCount()).isEqualTo(model.size());
        model.keySet()
                .forEach(prefix -> assertThat(table.prefix(table.find(prefix))).isEqualTo(prefix));
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void queuesEachPrefixOnceInOrder(long seed) {
        var random = new Random(seed);
        var table = new FibTable(true, new NexthopObjects());
        var expected = new ArrayList<Prefix>();
        for (int i = 0; i < 3_000; i++) {
            if (random.nextInt(3) > 0) {
                Prefix prefix = prefix(random, true);
                table.touch(table.add(prefix));
                if (!expected.contains(prefix)) {
                    expected.add(prefix);
                }
            } else if (table.hasQueued()) {
                int number = table.takeQueued();
                assertThat(table.prefix(number)).isEqualTo(expected.removeFirst());
                table.dropIfIdle(number);
            }
        }
        while (table.hasQueued()) {
            assertThat(table.prefix(table.takeQueued())).isEqualTo(expected.removeFirst());
        }
        assertThat(expected).isEmpty();
    }

    /// New ones first, and of both first each fourth, then those in the middle between; never one beside the last one.
    @Test
    void aLongQueueIsSpreadOverTheTrie() {
        int routes = 20_000;
        var table = new FibTable(true, new NexthopObjects());
        for (int host = 0; host < routes; host++) {
            int number = table.add((long) host << 32, 0, 32);
            table.own(number, host % 2 == 0 ? 0 : NexthopObjects.FIRST_ID);
            table.touch(number);
        }
        var taken = new BitSet();
        long before = Long.MIN_VALUE / 2;
        while (table.hasQueued()) {
            int number = table.takeQueued();
            int address = ((Ipv4Address) table.address(number)).value();
            boolean isNew = taken.cardinality() < routes / 2;
            boolean isEarly = taken.cardinality() % (routes / 2) < routes / 4;
            assertThat(address % 4).isEqualTo((isNew ? 0 : 1) + (isEarly ? 0 : 2));
            assertThat(Math.abs(address - before)).isGreaterThan(2);
            before = address;
            taken.set(number);
        }
        assertThat(taken.cardinality()).isEqualTo(routes);
    }

    @Test
    void letsGoOfRoomAndKeepsColumnsAndQueue() {
        var table = new FibTable(true, new NexthopObjects());
        for (int host = 0; host < 50_000; host++) {
            int number = table.add((long) host << 32, 0, 32);
            table.desire(number, 1 + host);
            table.own(number, host);
        }
        long full = table.octets();
        for (int host = 0; host < 50_000; host++) {
            int number = table.find(new Prefix(new Ipv4Address(host), 32));
            if (host % 50 == 49) {
                table.touch(number);
            } else {
                table.desire(number, 0);
                table.own(number, 0);
                table.dropIfIdle(number);
            }
        }
        table.compactIfMostlyEmpty();
        assertThat(table.octets()).isLessThan(full / 10);
        assertThat(table.size()).isEqualTo(1_000);
        for (int host = 49; host < 50_000; host += 50) {
            int number = table.takeQueued();
            assertThat(table.prefix(number)).isEqualTo(new Prefix(new Ipv4Address(host), 32));
            assertThat(table.desired(number)).isEqualTo(1 + host);
            assertThat(table.owned(number)).isEqualTo(host);
        }
        int added = table.add(7L << 32, 0, 32);
        assertThat(table.desired(added)).isZero();
        assertThat(table.owned(added)).isZero();
    }

    /// Few enough to meet again, of every length.
    private static Prefix prefix(Random random, boolean ipv4) {
        int bits = random.nextInt(ipv4 ? 33 : 129);
        int tail = random.nextInt(64);
        IpAddress address = ipv4
                ? new Ipv4Address(tail << 26 | tail)
                : new Ipv6Address(0x2001_0db8L << 32 | tail, (long) tail << 58 | tail);
        return Prefix.containing(address, bits);
    }

    static Stream<Long> seeds() {
        return Seeds.of(6, 1, 2);
    }
}
