package slash32.bgp.session;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.bgp.session.SessionMachineTest.config;
import static slash32.bgp.session.SessionSimulation.SECOND;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.testkit.Seeds;

/// Whatever the network and the nodes do, the invariants hold at every step, and once they do nothing any more, both
/// ends agree on one session that stays.
class SessionSimulationTest {
    private static final int FAULTS = 40;

    static Stream<Long> seeds() {
        return Seeds.of(100, 1, 2, 3);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void sessionsConvergeAfterAnyFaults(long seed) {
        var chances = new Random(seed ^ 0x5eed);
        int hold = chances.nextBoolean() ? 90 : 9;
        boolean passive = chances.nextInt(4) == 0;
        var simulation = new SessionSimulation(seed, config("10.0.0.1", hold, false), config("10.0.0.2", 30, passive));
        simulation.later(chances.nextInt(2_000) * 1_000_000L, simulation.left::start);
        simulation.later(chances.nextInt(2_000) * 1_000_000L, simulation.right::start);
        long quiet = 0;
        for (int i = 0; i < FAULTS; i++) {
            long at = (long) (chances.nextDouble() * 600 * SECOND);
            quiet = Math.max(quiet, plan(simulation, chances, at));
        }
        simulation.run(Math.max(quiet, 600 * SECOND));
        simulation.run(600 * SECOND); // a hold timer of OpenSent and some pauses between dials
        assertTogether(simulation);
        int ups = simulation.left.ups + simulation.right.ups;
        simulation.run(3_600 * SECOND);
        assertTogether(simulation);
        assertThat(simulation.left.ups + simulation.right.ups)
                .as("sessions made in quiet")
                .isEqualTo(ups);
    }

    /// One fault at {@code at}; returns when the last of it is over.
    private static long plan(SessionSimulation simulation, Random chances, long at) {
        var node = chances.nextBoolean() ? simulation.left : simulation.right;
        long length = chances.nextInt(chances.nextInt(5) == 0 ? 120_000 : 5_000) * 1_000_000L;
        switch (chances.nextInt(6)) {
            case 0 -> simulation.later(at, () -> simulation.cut(length));
            case 1 -> simulation.later(at, () -> node.pause(length));
            case 4 -> simulation.later(at, () -> node.jump(length));
            case 2 -> simulation.later(at, () -> node.losePath(chances.nextBoolean()));
            case 3 ->
                simulation.later(at, () -> {
                    if (!node.down) {
                        node.crash();
                        simulation.later(length, node::reboot);
                    }
                });
            default ->
                simulation.later(at, () -> {
                    node.stop();
                    simulation.later(length, node::start);
                });
        }
        return at + length;
    }

    private static void assertTogether(SessionSimulation simulation) {
        assertThat(simulation.left.machine.state()).isEqualTo(SessionState.ESTABLISHED);
        assertThat(simulation.right.machine.state()).isEqualTo(SessionState.ESTABLISHED);
        Long left = simulation.left.established;
        Long right = simulation.right.established;
        assertThat(left != null && right != null && simulation.left.open.get(left) == simulation.right.open.get(right))
                .as("both ends on the same connection")
                .isTrue();
        assertThat(simulation.left.open).hasSize(1);
        assertThat(simulation.right.open).hasSize(1);
    }
}
