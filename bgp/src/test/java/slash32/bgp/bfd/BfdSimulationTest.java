package slash32.bgp.bfd;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.bgp.bfd.BfdSimulation.MILLI;
import static slash32.bgp.bfd.BfdSimulation.SECOND;

import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.testkit.Seeds;

/// Whatever the network and the nodes do, a session comes up when they behave, stays up while they do, and is
/// lost when nothing gets through.
class BfdSimulationTest {
    private static final int FAULTS = 30;

    static Stream<Long> seeds() {
        return Seeds.of(60, 1, 2, 3);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aSessionIsUpWhenItCanBe(long seed) {
        var chances = new Random(seed ^ 0xbfdL);
        var simulation = new BfdSimulation(seed, terms(chances), terms(chances));
        simulation.loss = chances.nextDouble() * 0.4;
        for (int fault = 0; fault < FAULTS; fault++) {
            plan(simulation, chances, (long) (chances.nextDouble() * 120 * SECOND));
        }
        simulation.run(130 * SECOND);
        simulation.loss = 0;
        simulation.run(10 * SECOND);
        assertBothUp(simulation);

        long lost = simulation.left.lost + simulation.right.lost;
        long sentLeft = simulation.left.sent;
        simulation.run(600 * SECOND);
        assertBothUp(simulation);
        assertThat(simulation.left.lost + simulation.right.lost)
                .as("losses without a cause")
                .isEqualTo(lost);
        long interval = Math.max(
                simulation.left.terms.interval().toNanos(),
                simulation.right.terms.interval().toNanos());
        assertThat(simulation.left.sent - sentLeft)
                .as("packets in 600 s")
                .isBetween(600 * SECOND / interval, 800 * SECOND / interval + 1);

        long cut = simulation.left.machine.detectionNanos();
        long otherCut = simulation.right.machine.detectionNanos();
        simulation.left.cutUntil = Long.MAX_VALUE;
        simulation.right.cutUntil = Long.MAX_VALUE;
        simulation.run(Math.max(cut, otherCut) + 21 * MILLI);
        assertThat(simulation.left.machine.state()).isEqualTo(BfdState.DOWN);
        assertThat(simulation.right.machine.state()).isEqualTo(BfdState.DOWN);
        assertThat(simulation.left.lost + simulation.right.lost).isEqualTo(lost + 2);
    }

    /// One packet may be all of a multiplier's loss, and latency varies by 20 ms.
    private static BfdTerms terms(Random chances) {
        return new BfdTerms(Duration.ofMillis(50L * (1 + chances.nextInt(10))), 2 + chances.nextInt(4));
    }

    private static void plan(BfdSimulation simulation, Random chances, long at) {
        var node = chances.nextBoolean() ? simulation.left : simulation.right;
        long length = chances.nextInt(3_000) * MILLI;
        BfdTerms other = terms(chances);
        switch (chances.nextInt(5)) {
            case 0 -> simulation.later(at, () -> node.cutUntil = simulation.now + length);
            case 1 -> simulation.later(at, () -> node.stalledUntil = simulation.now + length);
            case 2 -> simulation.later(at, node::restart);
            case 3 -> simulation.later(at, () -> node.reconfigure(other));
            default ->
                simulation.later(at, () -> {
                    node.machine.stop(simulation.now);
                    simulation.later(length, node::restart);
                });
        }
    }

    private static void assertBothUp(BfdSimulation simulation) {
        assertThat(simulation.left.machine.state()).isEqualTo(BfdState.UP);
        assertThat(simulation.right.machine.state()).isEqualTo(BfdState.UP);
    }
}
