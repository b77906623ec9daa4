package slash32.bgp.rib;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.bgp.wire.PathAttributes;
import slash32.net.IpAddress;
import slash32.net.PrefixIndex;
import slash32.testkit.Seeds;

class PathTableTest {
    private static final int PREFIXES = 12_000;
    private static final int PEERS = 4;
    private static final List<PathAttributes> ATTRIBUTES = IntStream.range(1, 9)
            .mapToObj(number -> PathAttributes.builder()
                    .nextHop(IpAddress.parse("10.0.0." + number))
                    .build())
            .toList();

    private record Key(int peer, int id) {}

    private final PrefixIndex prefixes = new PrefixIndex(false);
    private final PathTable table = new PathTable(prefixes);
    private final Map<Long, Map<Key, PathAttributes>> model = new HashMap<>();

    /// Peers come with all they have and go again, so that the table grows over pages, and is compacted.
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void holdsWhatMapsHold(long seed) {
        var random = new Random(seed);
        for (int round = 0; round < 6; round++) {
            int peer = random.nextInt(PEERS);
            int id = random.nextInt(3) == 0 ? 1 : 0;
            int share = random.nextInt(1, 4);
            for (long host = 0; host < PREFIXES; host++) {
                if (random.nextInt(share) == 0) {
                    add(host << 32, new Key(peer, id), ATTRIBUTES.get(random.nextInt(ATTRIBUTES.size())), random);
                }
            }
            check();
            int gone = random.nextInt(PEERS);
            int kept = random.nextInt(20);
            for (long host = 0; host < PREFIXES; host++) {
                if (random.nextInt(20) >= kept) {
                    remove(host << 32, gone, random);
                }
            }
            table.compactIfMostlyEmpty();
            check();
        }
        List.copyOf(model.keySet()).forEach(high -> {
            for (int peer = 0; peer < PEERS; peer++) {
                remove(high, peer, random);
            }
        });
        table.compactIfMostlyEmpty();
        check();
        assertThat(table.octets()).isLessThan(200_000);
    }

    private void add(long high, Key key, PathAttributes attributes, Random random) {
        int prefix = prefixes.add(high, 0, 32);
        int path = table.find(prefix, key.peer(), key.id());
        if (path == PathTable.NONE) {
            path = table.add(prefix, key.peer(), key.id(), attributes);
        } else {
            table.set(path, attributes);
        }
        model.computeIfAbsent(high, _ -> new HashMap<>()).put(key, attributes);
        if (random.nextBoolean()) {
            table.makeBest(prefix, path);
            assertThat(table.best(prefix)).isSameAs(attributes);
            assertThat(table.bestPeer(prefix)).isEqualTo(key.peer());
        }
    }

    private void remove(long high, int peer, Random random) {
        int prefix = prefixes.find(high, 0, 32);
        for (int id = 0; prefix >= 0 && id < 2; id++) {
            int path = table.find(prefix, peer, id);
            PathAttributes held = model.getOrDefault(high, Map.of()).remove(new Key(peer, id));
            assertThat(path != PathTable.NONE).isEqualTo(held != null);
            if (path != PathTable.NONE) {
                table.remove(prefix, path);
            }
        }
        if (prefix >= 0 && table.first(prefix) == PathTable.NONE) {
            assertThat(model.remove(high)).isEmpty();
            prefixes.remove(prefix);
        } else if (prefix >= 0 && random.nextInt(100) == 0) {
            table.stale(table.first(prefix), true);
            assertThat(table.isStale(table.first(prefix))).isTrue();
        }
    }

    private void check() {
        assertThat(prefixes.size()).isEqualTo(model.size());
        int[] sizes = new int[PEERS];
        List<Set<Long>> of = Stream.generate(() -> (Set<Long>) new HashSet<Long>())
                .limit(PEERS)
                .toList();
        var held = new HashMap<Long, Map<Key, PathAttributes>>();
        for (long high : model.keySet()) {
            int prefix = prefixes.find(high, 0, 32);
            var paths = new HashMap<Key, PathAttributes>();
            for (int path = table.first(prefix); path != PathTable.NONE; path = table.after(prefix, path)) {
                paths.put(new Key(table.peer(path), table.id(path)), table.attributes(path));
                sizes[table.peer(path)]++;
                of.get(table.peer(path)).add(high);
            }
            held.put(high, paths);
        }
        assertThat(held).isEqualTo(model); // so that what is in it and in `of` is the model's
        for (int peer = 0; peer < PEERS; peer++) {
            assertThat(table.size(peer)).isEqualTo(sizes[peer]);
            var found = new HashSet<Long>();
            table.prefixesOf(peer).stream().forEach(prefix -> found.add(prefixes.high(prefix)));
            assertThat(found).isEqualTo(of.get(peer));
        }
        assertThat(table.size()).isEqualTo(IntStream.of(sizes).sum());
    }

    static Stream<Long> seeds() {
        return Seeds.of(2, 1);
    }
}
