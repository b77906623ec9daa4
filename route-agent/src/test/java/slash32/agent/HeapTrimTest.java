package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeapTrimTest {
    private static final long SECOND = 1_000_000_000L;

    private final HeapTrim trim = new HeapTrim();

    @Test
    void isDueOnceAfterABurst() {
        assertThat(trim.isDue(60_000, 0)).isFalse();
        assertThat(trim.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(trim.isDue(120_000, SECOND)).isFalse();
        assertThat(trim.isDue(180_000, 2 * SECOND)).as("the burst goes on").isFalse();
        assertThat(trim.nextDeadlineNanos()).isBetween(2 * SECOND + 1, 4 * SECOND);
        assertThat(trim.isDue(180_100, 4 * SECOND)).as("but for a few").isTrue();
        assertThat(trim.isDue(180_200, 5 * SECOND)).isFalse();
        assertThat(trim.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void isNotDueForAFewRoutes() {
        assertThat(trim.isDue(100, 0)).isFalse();
        assertThat(trim.isDue(100, 100 * SECOND)).isFalse();
        for (int second = 0; second < 100; second++) { // until they add up
            assertThat(trim.isDue(100 + second, second * SECOND)).isFalse();
        }
    }
}
