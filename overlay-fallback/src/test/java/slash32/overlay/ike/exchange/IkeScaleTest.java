package slash32.overlay.ike.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.overlay.ike.exchange.IkeSimulation.Node;

/// One node and all its peers at once. {@code -Dike.peers=1000} tells what so many cost; a few are enough to see
/// that they come up.
class IkeScaleTest {
    @ParameterizedTest(name = "the hub begins: {0}")
    @ValueSource(booleans = {true, false})
    void allPeersComeUp(boolean hubBegins) {
        int count = Integer.getInteger("ike.peers", 150);
        var sim = new IkeSimulation(1);
        Node hub = sim.node("hub", "192.0.2.1");
        List<Node> peers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Node peer = sim.node("hv" + i, "10." + i / 65_536 + "." + i / 256 % 256 + "." + i % 256);
            sim.acquaint(hub, peer);
            peers.add(peer);
        }
        long memory = usedMemory();
        long began = System.nanoTime();
        for (Node peer : peers) {
            (hubBegins ? hub : peer).ike.connect((hubBegins ? peer : hub).identity, sim.nowNanos);
        }
        sim.runFor(Duration.ofSeconds(10));
        double seconds = (System.nanoTime() - began) / 1e9;
        for (Node peer : peers) {
            assertThat(hub.ike.isEstablished(peer.identity)).isTrue();
            assertThat(peer.outbound).hasSize(1);
        }
        assertThat(hub.inbound).hasSize(count);
        // Four each; a late answer costs a repetition, a hub with many half-open ones asks for a cookie.
        assertThat(sim.datagrams).isBetween(4L * count, (hubBegins ? 5L : 7L) * count);
        System.out.printf(
                "ike peers=%d hubBegins=%s seconds=%.2f handshakesPerSecondBothEnds=%.0f datagrams=%d octetsOfHeapPerEnd=%d%n",
                count, hubBegins, seconds, count / seconds, sim.datagrams, (usedMemory() - memory) / (2L * count));
    }

    private static long usedMemory() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
