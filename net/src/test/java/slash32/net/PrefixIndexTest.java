package slash32.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.testkit.Seeds;

class PrefixIndexTest {
    private record Key(long high, long low, int length) {}

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void equalsAHashMap(long seed) {
        var random = new Random(seed);
        for (boolean wide : new boolean[] {false, true}) {
            var index = new PrefixIndex(wide);
            var model = new HashMap<Key, Integer>();
            for (int step = 0; step < 20_000; step++) {
                // two phases, so that it grows and shrinks
                boolean adds = random.nextInt(10) < (step < 10_000 ? 7 : 3);
                var key = new Key(
                        (long) random.nextInt(60) << (wide ? 0 : 32),
                        wide ? random.nextInt(5) : 0,
                        random.nextInt(24, 33));
                Integer known = model.get(key);
                if (adds) {
                    int number = index.add(key.high(), key.low(), key.length());
                    assertThat(number).isBetween(0, index.capacity() - 1);
                    assertThat(known == null ? model.containsValue(number) : known != number)
                            .as("%s has number %d", key, number)
                            .isFalse();
                    model.put(key, number);
                } else if (known != null) {
                    index.remove(known);
                    model.remove(key);
                }
                if (random.nextInt(2_000) == 0) {
                    int[] moved = index.compact();
                    model.replaceAll((_, number) -> moved[number]);
                }
                assertThat(index.size()).isEqualTo(model.size());
            }
            var lookups = new ArrayList<>(model.keySet());
            for (long high = 0; high < 60; high++) {
                lookups.add(new Key(high << (wide ? 0 : 32), 1, 24));
            }
            for (Key key : lookups) {
                if (!wide && key.low() != 0) {
                    continue;
                }
                int number = index.find(key.high(), key.low(), key.length());
                assertThat(number).isEqualTo(model.getOrDefault(key, -1));
                if (number >= 0) {
                    assertThat(new Key(index.high(number), index.low(number), index.length(number)))
                            .isEqualTo(key);
                }
            }
        }
    }

    @Test
    void compactingClosesGapsAndLetsGo() {
        var index = new PrefixIndex(false);
        var numbers = new ArrayList<Integer>();
        for (long host = 0; host < 200_000; host++) {
            numbers.add(index.add(host << 32, 0, 32));
        }
        for (int host = 0; host < 200_000; host++) {
            if (host % 100 != 99) {
                index.remove(numbers.get(host));
            }
        }
        long before = index.octets();
        int[] moved = index.compact();
        assertThat(index.octets()).isLessThan(before / 20);
        assertThat(moved[numbers.get(0)]).isNegative();
        for (int host = 99; host < 200_000; host += 100) {
            int number = index.find((long) host << 32, 0, 32);
            assertThat(number).isEqualTo(moved[numbers.get(host)]).isBetween(0, 1_999);
        }
    }

    /// A fabric's addresses are consecutive: the hash must spread them, or each lookup walks.
    @Test
    void consecutiveAddressesDoNotPileUp() {
        for (boolean wide : new boolean[] {false, true}) {
            var index = new PrefixIndex(wide);
            for (int host = 0; host < 100_000; host++) {
                long high = wide ? 0x2001_0db8L << 32 : (0x0a00_0000L + host) << 32;
                index.add(high, wide ? host : 0, wide ? 128 : 32);
            }
            assertThat(index.longestProbe()).isLessThan(64);
        }
    }

    static Stream<Long> seeds() {
        return Seeds.of(5, 1);
    }
}
