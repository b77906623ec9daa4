package slash32.overlay.esp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.testkit.Seeds;

/// Against a set of all that came.
class ReplayWindowTest {
    static Stream<Long> seeds() {
        return Seeds.of(10, 1, 2, 3);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void acceptsEachOnceWithinTheWindow(long seed) {
        var random = new Random(seed);
        boolean esn = random.nextBoolean();
        var window = new ReplayWindow(esn);
        Set<Long> seen = new HashSet<>();
        // near the place where the low half begins again
        long newest = random.nextBoolean() || !esn ? 0 : 0xffff_ffffL - random.nextInt(10_000);
        if (newest > 0) {
            for (long step = 0; step <= newest; step += 0x7fff_ffffL) {
                window.accept(Math.max(1, step)); // as far as one may be ahead without being taken for older
            }
            window.accept(newest);
            seen.add(newest);
        }
        for (int i = 0; i < 20_000; i++) {
            long sequence = switch (random.nextInt(10)) {
                case 0 -> newest + random.nextInt(9_000);
                case 1 -> newest - random.nextInt(9_000);
                default -> newest + 3 - random.nextInt(100);
            };
            if (sequence <= 0 || (sequence >>> 32) > (esn ? 5 : 0)) {
                continue;
            }
            boolean inside = sequence > newest - ReplayWindow.SIZE;
            long whole = window.sequence((int) sequence);
            if (inside) {
                assertThat(whole).isEqualTo(sequence);
            }
            boolean fresh = window.isFresh(whole);
            if (whole == sequence) {
                assertThat(fresh).isEqualTo(inside && !seen.contains(sequence));
            }
            if (fresh && whole == sequence) { // another one would not have been authentic
                window.accept(sequence);
                seen.add(sequence);
                newest = Math.max(newest, sequence);
            }
        }
        assertThat(seen).hasSizeGreaterThan(1_000);
        assertThat(window.isFresh(window.sequence(0)) && !esn).isFalse();
    }
}
