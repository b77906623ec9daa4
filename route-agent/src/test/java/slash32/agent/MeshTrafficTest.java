package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MeshTrafficTest {
    private final MeshTraffic traffic = new MeshTraffic();

    @Test
    void strayPacketsThatGoOnAreToldOnceForEachTwoLooks() {
        assertThat(traffic.isStraying(0)).isFalse();
        assertThat(traffic.isStraying(3))
                .as("late ones of an SA that was replaced")
                .isFalse();
        assertThat(traffic.isStraying(3)).isFalse();
        assertThat(traffic.isStraying(4)).isFalse();
        assertThat(traffic.isStraying(5)).isTrue();
        assertThat(traffic.isStraying(6)).isFalse();
        assertThat(traffic.isStraying(7)).isTrue();
    }
}
