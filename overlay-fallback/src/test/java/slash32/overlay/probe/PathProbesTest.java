package slash32.overlay.probe;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.Ipv4Address;
import slash32.overlay.probe.PathProbes.Action;
import slash32.overlay.probe.ProbedPath.Kind;

/// Paths that take packets up to a size each: the machine against a network that loses the others.
class PathProbesTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Duration INTERVAL = Duration.ofSeconds(30);
    private static final ProbedPath ONE = path(1);

    private final PathProbes probes =
            new PathProbes(new PathProbes.Terms(INTERVAL, Duration.ofSeconds(2), 3, 100), new Random(7));
    /// What each path takes; 1500 if nothing is said.
    private final Map<ProbedPath, Integer> takes = new HashMap<>();

    private final List<Action.Changed> changes = new ArrayList<>();
    private long now;
    private long asked;

    private static ProbedPath path(int node) {
        return new ProbedPath(Kind.VXLAN, new Ipv4Address(0x0a00_0001), new Ipv4Address(0x0a01_0000 + node));
    }

    private void watch(Map<ProbedPath, Integer> paths) {
        probes.watch(Kind.VXLAN, paths, now);
    }

    private void pass(long nanos) {
        long end = now + nanos;
        while (probes.nextDeadlineNanos() <= end) {
            now = Math.max(now, probes.nextDeadlineNanos());
            probes.expire(now);
            List<Action> actions = probes.actions();
            while (!actions.isEmpty()) {
                actions.forEach(this::carryOut);
                actions = probes.actions();
            }
        }
        now = end;
    }

    private void carryOut(Action action) {
        switch (action) {
            case Action.Probe(ProbedPath path, int sequence, int bytes) -> {
                asked++;
                if (bytes <= takes.getOrDefault(path, 1_500)) {
                    probes.answered(path, sequence, now);
                }
            }
            case Action.Changed changed -> changes.add(changed);
        }
    }

    private PathStatus status() {
        return probes.status().getFirst();
    }

    @Test
    void aPathThatTakesAllIsOpenAndAskedAboutNowAndThen() {
        watch(Map.of(ONE, 1_500));
        assertThat(status().state()).isEqualTo(PathState.UNKNOWN);
        pass(2 * SECOND);
        assertThat(status().state()).isEqualTo(PathState.OPEN);
        assertThat(asked).isEqualTo(2);
        pass(3_600 * SECOND);
        assertThat(asked).as("two in 30 s").isBetween(2 * 90L, 2 * 160L);
        assertThat(changes).hasSize(1);
    }

    @Test
    void aBlackHoleIsFoundAndTheSizeThatPassesTooAndThenItIsGone() {
        watch(Map.of(ONE, 1_500));
        pass(5 * SECOND);
        takes.put(ONE, 1_437);
        changes.clear();
        pass(60 * SECOND + 30 * SECOND);
        assertThat(changes).hasSize(2);
        assertThat(changes.getFirst().before()).isEqualTo(PathState.OPEN);
        assertThat(changes.getFirst().now().fitsBytes()).isZero();
        assertThat(status().state()).isEqualTo(PathState.NARROW);
        assertThat(status().fitsBytes()).isBetween(1_437 - 8, 1_437);
        pass(600 * SECOND);
        assertThat(changes).as("said once").hasSize(2);
        takes.put(ONE, 1_300); // it shrinks more
        pass(120 * SECOND);
        assertThat(status().fitsBytes()).isBetween(1_300 - 8, 1_300);
        takes.put(ONE, 9_000);
        pass(45 * SECOND);
        assertThat(status().state()).isEqualTo(PathState.OPEN);
        assertThat(status().fitsBytes()).isZero();
    }

    @Test
    void whereNotEvenTheLeastPassesThatIsFoundOutLater() {
        takes.put(ONE, 600);
        watch(Map.of(ONE, 1_500));
        pass(120 * SECOND);
        assertThat(status().state()).isEqualTo(PathState.NARROW);
        assertThat(status().fitsBytes()).isZero();
        long before = asked;
        pass(600 * SECOND);
        assertThat(asked - before).as("three in 30 s").isBetween(3 * 14L, 3 * 28L);
        takes.put(ONE, 1_400);
        pass(120 * SECOND);
        assertThat(status().fitsBytes()).isBetween(1_392, 1_400);
    }

    @Test
    void aNodeThatIsGoneIsUnreachableAndOneThatNeverAnsweredIsSilent() {
        ProbedPath two = path(2);
        takes.put(two, 0);
        watch(Map.of(ONE, 1_500, two, 1_500));
        pass(10 * SECOND);
        assertThat(probes.status()).extracting(PathStatus::state).containsExactly(PathState.OPEN, PathState.SILENT);
        takes.put(ONE, 0);
        pass(50 * SECOND);
        assertThat(probes.status())
                .extracting(PathStatus::state)
                .containsExactly(PathState.UNREACHABLE, PathState.SILENT);
        takes.clear();
        pass(40 * SECOND);
        assertThat(probes.status()).extracting(PathStatus::state).containsExactly(PathState.OPEN, PathState.OPEN);
        assertThat(changes).hasSize(5);
    }

    @Test
    void oneLostEchoChangesNothing() {
        watch(Map.of(ONE, 1_500));
        pass(5 * SECOND);
        changes.clear();
        takes.put(ONE, 0);
        pass(probes.nextDeadlineNanos() - now); // a round of which nothing comes back
        takes.clear();
        pass(10 * SECOND);
        assertThat(asked).as("asked again at once").isEqualTo(6);
        assertThat(changes).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1_280, 1_284, 1_290})
    void aSizeNextToTheLeastIsJudgedTheSameWay(int full) {
        takes.put(ONE, full - 1);
        watch(Map.of(ONE, full));
        pass(60 * SECOND);
        assertThat(status().state()).isEqualTo(PathState.NARROW);
        assertThat(status().fitsBytes()).isEqualTo(full == 1_280 ? 0 : status().fitsBytes());
        assertThat(status().fitsBytes()).isLessThan(full);
        takes.put(ONE, full);
        pass(60 * SECOND);
        assertThat(status().state()).isEqualTo(PathState.OPEN);
    }

    @Test
    void manyPathsTakeTheirTurnsAndNoneIsForgotten() {
        var all = new HashMap<ProbedPath, Integer>();
        IntStream.range(0, 1_200).forEach(node -> all.put(path(node), 1_500));
        watch(all);
        pass(5 * SECOND);
        assertThat(asked).as("100 rounds a second").isBetween(900L, 1_004L);
        pass(15 * SECOND);
        assertThat(probes.status()).extracting(PathStatus::state).containsOnly(PathState.OPEN);
        watch(Map.of());
        assertThat(probes.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void anAnswerOfAnotherOrALateOneCountsForNobody() {
        watch(Map.of(ONE, 1_500));
        while (probes.status().getFirst().state() == PathState.UNKNOWN) {
            now = probes.nextDeadlineNanos();
            probes.expire(now);
            for (Action action : probes.actions()) {
                if (action instanceof Action.Probe(var _, int sequence, var _)) {
                    probes.answered(path(2), sequence, now);
                    probes.answered(ONE, sequence + 100, now);
                }
            }
        }
        assertThat(status().state()).isEqualTo(PathState.SILENT);
    }
}
