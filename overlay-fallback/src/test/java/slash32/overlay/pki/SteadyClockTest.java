package slash32.overlay.pki;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SteadyClockTest {
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final Duration HOUR = Duration.ofHours(1);

    private final SteadyClock clock = new SteadyClock(NOW, 0);
    private Duration passed = Duration.ZERO;

    /// After {@code more}, with the wall clock set so far ahead of the first.
    private SteadyClock.Reading after(Duration more, Duration ahead) {
        passed = passed.plus(more);
        return clock.read(NOW.plus(passed).plus(ahead), passed.toNanos());
    }

    @Test
    void aClockThatIsSlewedIsFollowed() {
        for (int hour = 1; hour < 1_000; hour++) {
            Duration slewed = Duration.ofSeconds(2L * hour);
            assertThat(after(HOUR, slewed).isHeld()).isFalse();
        }
        assertThat(after(HOUR, Duration.ofSeconds(2_000)).time())
                .isEqualTo(NOW.plus(passed).plusSeconds(2_000));
    }

    @Test
    void oneThatIsSetIsBelievedAfterADay() {
        Duration year = Duration.ofDays(365);
        for (Duration ahead : new Duration[] {year, year.negated()}) {
            passed = Duration.ZERO;
            var one = new SteadyClock(NOW, 0);
            for (int hour = 1; hour <= 24; hour++) {
                SteadyClock.Reading reading = one.read(
                        NOW.plus(ahead).plus(HOUR.multipliedBy(hour)),
                        HOUR.multipliedBy(hour).toNanos());
                assertThat(reading.isHeld()).isTrue();
                assertThat(reading.time()).isEqualTo(NOW.plus(HOUR.multipliedBy(hour)));
                assertThat(reading.ahead()).isEqualTo(ahead);
            }
            Instant wall = NOW.plus(ahead).plus(HOUR.multipliedBy(25));
            assertThat(one.read(wall, HOUR.multipliedBy(25).toNanos()))
                    .isEqualTo(new SteadyClock.Reading(wall, Duration.ZERO));
        }
    }

    @Test
    void oneThatIsSetBackIsBelievedAtOnce() {
        assertThat(after(HOUR, Duration.ofDays(3)).isHeld()).isTrue();
        assertThat(after(HOUR, Duration.ofSeconds(-3)).isHeld()).isFalse();
        assertThat(after(HOUR, Duration.ofDays(3)).isHeld()).as("another day").isTrue();
    }
}
