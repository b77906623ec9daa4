package slash32.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.testkit.Seeds;

class ReconcilerTest {
    private static final Backoff BACKOFF = new Backoff(100, 1_000);

    private final FakeTable table = new FakeTable();
    private final Reconciler<String, Integer> reconciler = new Reconciler<>(table, BACKOFF);

    @Test
    void adoptsWhatIsRightAndWritesOnlyTheDifference() {
        table.kernel.putAll(Map.of("same", 1, "other", 2));
        reconciler.put("same", 1);
        reconciler.put("other", 3);
        reconciler.pass(0);
        assertThat(table.log).containsExactly("put other=3");
    }

    @Test
    void sweepsStrangersOnlyOnceInSync() {
        table.kernel.put("stale", 1);
        reconciler.pass(0);
        assertThat(table.kernel).containsKey("stale");
        reconciler.inSync();
        reconciler.pass(1);
        assertThat(table.kernel).isEmpty();
    }

    @Test
    void removesOnRequestBeforeInSync() {
        table.kernel.put("known", 1);
        reconciler.remove("known");
        reconciler.pass(0);
        assertThat(table.kernel).isEmpty();
    }

    @Test
    void countsWhatOthersChanged() {
        table.kernel.put("stale", 1);
        reconciler.put("kept", 1);
        reconciler.put("changed", 1);
        reconciler.put("gone", 1);
        reconciler.pass(0);
        reconciler.put("new", 1);
        reconciler.resync();
        reconciler.pass(1);
        assertThat(reconciler.drifted()).as("own changes").isZero();
        table.kernel.put("changed", 2);
        table.kernel.remove("gone");
        table.kernel.put("stranger", 1);
        reconciler.resync();
        reconciler.pass(2);
        assertThat(reconciler.drifted()).isEqualTo(3);
        assertThat(table.kernel).containsEntry("changed", 1).containsEntry("gone", 1);
    }

    @Test
    void triesAgainAtOnceWhenItIsTold() {
        table.refused.add("bad");
        reconciler.put("bad", 1);
        reconciler.pass(0);
        table.refused.clear();
        reconciler.pass(1);
        assertThat(table.kernel).isEmpty();
        reconciler.retryNow();
        assertThat(reconciler.due(1)).isTrue();
        reconciler.pass(1);
        assertThat(table.kernel).containsEntry("bad", 1);
    }

    @Test
    void putsBeforeItRemoves() {
        reconciler.put("old", 1);
        reconciler.pass(0);
        reconciler.remove("old");
        reconciler.put("new", 1);
        reconciler.pass(1);
        assertThat(table.log).containsExactly("put old=1", "put new=1", "remove old");
    }

    @Test
    void aFailureStopsNothingElseAndIsRetriedWithBackoff() {
        table.refused.add("bad");
        reconciler.put("bad", 1);
        reconciler.put("good", 1);
        Pass<String, Integer> pass = reconciler.pass(0);
        assertThat(pass.failed()).containsExactly(new Failure<>("bad", "refused bad"));
        assertThat(table.kernel).containsOnlyKeys("good");
        assertThat(reconciler.failure("bad")).isEqualTo("refused bad");
        assertThat(reconciler.nextDeadlineNanos(1)).isEqualTo(100);
        assertThat(reconciler.pass(99).changedNothing()).isTrue();
        assertThat(reconciler.pass(100).failed()).hasSize(1);
        assertThat(reconciler.nextDeadlineNanos(101)).isEqualTo(300);
        table.refused.clear();
        assertThat(reconciler.pass(300).applied()).hasSize(1);
        assertThat(reconciler.inForce("bad")).isTrue();
        assertThat(reconciler.nextDeadlineNanos(301)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aNewValueIsTriedAtOnceAfterAFailure() {
        table.refused.add("bad");
        reconciler.put("bad", 1);
        reconciler.pass(0);
        table.refused.clear();
        reconciler.put("bad", 2);
        assertThat(reconciler.pass(1).applied()).hasSize(1);
    }

    @Test
    void repairsAForeignEditOnceObserved() {
        reconciler.put("a", 1);
        reconciler.pass(0);
        table.kernel.remove("a");
        reconciler.observed("a", null);
        reconciler.pass(1);
        assertThat(table.kernel).containsEntry("a", 1);
    }

    @Test
    void costsTheChangeAndNotTheState() {
        for (int i = 0; i < 1_000; i++) {
            reconciler.put("k" + i, i);
        }
        reconciler.pass(0);
        table.log.clear();
        reconciler.put("k7", 8);
        reconciler.pass(1);
        assertThat(table.log).containsExactly("put k7=8");
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void convergesWhateverBreaks(long seed) {
        var random = new Random(seed);
        var wanted = new HashMap<String, Integer>();
        table.kernel.put("foreign-leftover", 1);
        reconciler.inSync();
        long now = 0;
        for (int step = 0; step < 300; step++) {
            String key = "k" + random.nextInt(20);
            if (random.nextInt(3) == 0) {
                wanted.remove(key);
                reconciler.remove(key);
            } else {
                int value = random.nextInt(4);
                wanted.put(key, value);
                reconciler.put(key, value);
            }
            if (random.nextInt(4) == 0) {
                table.breakAtCall = random.nextInt(600);
                table.refused.clear();
                table.refused.add("k" + random.nextInt(20));
            }
            now += random.nextInt(50);
            reconciler.pass(now);
        }
        table.breakAtCall = -1;
        table.refused.clear();
        for (int i = 0; i < 3; i++) {
            now += 10_000;
            reconciler.pass(now);
        }
        assertThat(table.kernel).isEqualTo(wanted);
        assertThat(reconciler.failures()).isZero();
    }

    static Stream<Long> seeds() {
        return Seeds.of(20, 1);
    }

    @Test
    void backoffDoublesUpToItsLimit() {
        assertThat(BACKOFF.delayNanos(1)).isEqualTo(100);
        assertThat(BACKOFF.delayNanos(2)).isEqualTo(200);
        assertThat(BACKOFF.delayNanos(5)).isEqualTo(1_000);
        assertThat(BACKOFF.delayNanos(1_000)).isEqualTo(1_000);
        assertThat(Backoff.KERNEL.delayNanos(90)).isEqualTo(30_000_000_000L);
    }
}
