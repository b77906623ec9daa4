package slash32.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LatenciesTest {
    private final Latencies latencies = new Latencies("x");

    @Test
    void percentilesAreMeasuredValues() {
        for (int i = 1000; i > 0; i--) {
            latencies.add(Duration.ofMillis(i));
        }
        assertThat(latencies.percentileMillis(50)).isEqualTo(500);
        assertThat(latencies.percentileMillis(99)).isEqualTo(990);
        assertThat(latencies.percentileMillis(100)).isEqualTo(1000);
    }

    @Test
    void ofOneEveryPercentileIsThatOne() {
        latencies.add(Duration.ofNanos(1_500_000));
        assertThat(latencies.percentileMillis(0.1)).isEqualTo(1.5);
        assertThat(latencies.percentileMillis(99)).isEqualTo(1.5);
    }

    @Test
    void nothingHasNoPercentile() {
        assertThatThrownBy(() -> latencies.percentileMillis(50)).hasMessageContaining("nothing was measured: x");
    }
}
