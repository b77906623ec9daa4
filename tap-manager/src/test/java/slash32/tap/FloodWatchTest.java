package slash32.tap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import slash32.net.InterfaceIndex;

class FloodWatchTest {
    private static final long SECOND = 1_000_000_000L;
    private static final InterfaceIndex A = new InterfaceIndex(7);
    private static final InterfaceIndex B = new InterfaceIndex(8);

    private long now = Long.MIN_VALUE / 2; // a clock may begin anywhere
    private final FloodWatch watch = new FloodWatch(now);

    /// How many floods begin with these frames.
    private int hear(InterfaceIndex link, int frames) {
        int floods = 0;
        for (int i = 0; i < frames; i++) {
            floods += watch.hear(link, now) ? 1 : 0;
        }
        return floods;
    }

    @Test
    void leavesOutForASecondWhoSendsTooMuchWithinOne() {
        assertThat(hear(A, FloodWatch.FRAMES_PER_SECOND)).isZero();
        assertThat(watch.flooding(now)).isEmpty();
        assertThat(watch.nextDeadlineNanos(now)).isEqualTo(Long.MAX_VALUE);
        assertThat(hear(B, 1)).isZero();
        assertThat(hear(A, 1)).isOne();
        assertThat(watch.flooding(now)).containsExactly(A);
        assertThat(watch.nextDeadlineNanos(now)).isEqualTo(now + SECOND);
        now += SECOND;
        assertThat(watch.flooding(now)).isEmpty();
    }

    @Test
    void isOneFloodUntilThereWasNoneForTenSeconds() {
        int floods = 0;
        for (int i = 0; i < 30; i++) {
            floods += hear(A, 6_000);
            assertThat(watch.flooding(now)).containsExactly(A);
            now += SECOND;
        }
        assertThat(floods).isOne();
        now += 10 * SECOND;
        assertThat(hear(A, 6_000)).isOne();
    }

    @Test
    void countsEachSecondAnew() {
        for (int i = 0; i < 10; i++) {
            assertThat(hear(A, FloodWatch.FRAMES_PER_SECOND)).isZero();
            now += SECOND;
        }
        assertThat(watch.flooding(now)).isEmpty();
    }
}
