package slash32.agent.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuietTimeTest {
    private static final long MILLISECOND = 1_000_000L;
    private static final long START = -300 * MILLISECOND; // the clock may start anywhere

    private final QuietTime time = new QuietTime();

    @Test
    void waitsUntilThereAreNoChanges() {
        for (int at = 0; at < 1_000; at += 50) {
            time.change();
            assertThat(isDue(true, at)).as("%s ms", at).isFalse();
        }
        assertThat(isDue(true, 1_000)).isFalse();
        assertThat(time.nextDeadlineNanos()).isEqualTo(START + 1_050 * MILLISECOND);
        assertThat(isDue(true, 1_050)).isTrue();
        assertThat(isDue(true, 1_051)).as("the rest at once").isTrue();
        time.change();
        assertThat(isDue(true, 1_052)).isFalse();
    }

    @Test
    void doesNotWaitForEver() {
        int at = 0;
        do {
            at += 50;
            time.change();
        } while (!isDue(true, at));
        assertThat(at).isEqualTo(30_050);
        time.change();
        assertThat(isDue(true, at)).as("it goes on between the changes").isTrue();
        assertThat(isDue(false, at)).isFalse();
        time.change();
        assertThat(isDue(true, at)).as("new work waits anew").isFalse();
    }

    @Test
    void asksForNothingWithoutWork() {
        time.change();
        assertThat(isDue(false, 0)).isFalse();
        assertThat(time.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    private boolean isDue(boolean isWork, int atMilliseconds) {
        return time.isDue(isWork, START + atMilliseconds * MILLISECOND);
    }
}
