package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.overlay.esp.path.SaStatus;
import slash32.overlay.ike.crypto.Secret;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.Path;
import slash32.overlay.ike.wire.Identity;

class MeshTrafficTest {
    private static final Ipv4Address NODE = Ipv4Address.parse("10.0.2.13");

    private final MeshTraffic traffic = new MeshTraffic();

    private static SaStatus sa(int spi, long inboundPackets, long outboundPackets) {
        var secret = Secret.copyOf(new byte[36]);
        var path = new Path(IpAddress.parse("203.0.113.1"), 4500, IpAddress.parse("203.0.113.2"), 4500);
        var child = new ChildSa(
                Identity.address(NODE), spi, -spi, secret, secret, true, false, true, List.of(), List.of(), path);
        return new SaStatus(child, true, inboundPackets, 0, outboundPackets, 0);
    }

    @Test
    void whatComesIsHeardAndWhatIsSentIsNot() {
        assertThat(traffic.look(List.of(sa(1, 0, 5), sa(2, 1, 0)))).containsEntry(NODE, 6L);
        assertThat(traffic.heard()).containsExactly(2);
        traffic.look(List.of(sa(1, 1, 5), sa(2, 1, 9)));
        assertThat(traffic.heard()).containsExactly(1);
        assertThat(traffic.look(List.of(sa(1, 1, 6)))).containsEntry(NODE, 17L);
        assertThat(traffic.heard()).isEmpty();
    }

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
