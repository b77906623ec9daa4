package slash32.overlay.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import slash32.net.Ipv4Address;
import slash32.overlay.mesh.Mesh.Action;
import slash32.overlay.mesh.Mesh.Phase;

class MeshTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Ipv4Address ONE = new Ipv4Address(1);

    private final Mesh mesh = new Mesh(new Mesh.Terms(Duration.ofMinutes(10), 4), new Random(1));

    private Phase phase(Ipv4Address node) {
        return mesh.peers().stream()
                .filter(peer -> peer.node().equals(node))
                .findFirst()
                .orElseThrow()
                .phase();
    }

    @Test
    void aPeerIsConnectedToWhenAPacketNeedsItAndOnce() {
        mesh.needed(ONE, 0);
        assertThat(mesh.actions()).isEmpty(); // nobody admitted it
        mesh.admit(ONE, 0);
        assertThat(mesh.actions()).isEmpty();
        mesh.needed(ONE, 1);
        mesh.needed(ONE, 2);
        assertThat(mesh.actions()).containsExactly(new Action.Connect(ONE));
        mesh.established(ONE, 3);
        mesh.needed(ONE, 4);
        assertThat(mesh.actions()).isEmpty();
        assertThat(phase(ONE)).isEqualTo(Phase.ESTABLISHED);
    }

    @Test
    void onlySoManyBeginAtOnceAndTheOthersWaitTheirTurn() {
        List<Ipv4Address> nodes =
                IntStream.rangeClosed(1, 6).mapToObj(Ipv4Address::new).toList();
        nodes.forEach(node -> mesh.admit(node, 0));
        nodes.forEach(node -> mesh.needed(node, 0));
        assertThat(mesh.actions()).hasSize(4);
        assertThat(phase(nodes.get(5))).isEqualTo(Phase.WAITING);
        mesh.established(nodes.get(0), 1);
        assertThat(mesh.actions()).containsExactly(new Action.Connect(nodes.get(4)));
        mesh.expel(nodes.get(1), 2);
        assertThat(mesh.actions()).containsExactly(new Action.Connect(nodes.get(5)));
    }

    @Test
    void onePeerThatCameByItselfWaitsNoLonger() {
        IntStream.rangeClosed(1, 5).mapToObj(Ipv4Address::new).forEach(node -> {
            mesh.admit(node, 0);
            mesh.needed(node, 0);
        });
        mesh.actions();
        mesh.established(new Ipv4Address(5), 1);
        mesh.established(ONE, 2);
        assertThat(mesh.actions()).isEmpty();
    }

    @Test
    void oneThatCanNotBeReachedIsTriedAgainLaterAndLater() {
        mesh.admit(ONE, 0);
        long now = 0;
        long before = 0;
        for (int i = 0; i < 8; i++) {
            mesh.needed(ONE, now);
            mesh.expire(now);
            assertThat(mesh.actions()).containsExactly(new Action.Connect(ONE));
            mesh.lost(ONE, "the peer does not answer", now);
            mesh.needed(ONE, now);
            assertThat(mesh.actions()).isEmpty();
            long wait = mesh.nextDeadlineNanos() - now;
            assertThat(wait).isBetween(SECOND / 2, 30 * SECOND).isGreaterThanOrEqualTo(before / 2);
            before = wait;
            now += wait;
        }
        assertThat(before).isGreaterThanOrEqualTo(15 * SECOND);
        assertThat(mesh.peers().getFirst().why()).isEqualTo("the peer does not answer");
    }

    @Test
    void aFailedPeerThatNobodyNeedsIsLeftAlone() {
        mesh.admit(ONE, 0);
        mesh.needed(ONE, 0);
        mesh.lost(ONE, "refused", 0);
        mesh.actions();
        mesh.expire(SECOND);
        assertThat(mesh.actions()).isEmpty();
        assertThat(phase(ONE)).isEqualTo(Phase.IDLE);
        assertThat(mesh.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void anIdlePeerIsLetGoAndOneWithPacketsIsNot() {
        mesh.admit(ONE, 0);
        mesh.established(ONE, 0);
        long almost = Duration.ofMinutes(9).toNanos();
        mesh.passed(ONE, 5, almost);
        mesh.passed(ONE, 5, 2 * almost); // no more than before
        mesh.passed(ONE, 4, 2 * almost); // echoes of ours that were taken for traffic
        mesh.expire(almost + Duration.ofMinutes(10).toNanos() - 1);
        assertThat(mesh.actions()).isEmpty();
        assertThat(mesh.nextDeadlineNanos())
                .isEqualTo(almost + Duration.ofMinutes(10).toNanos());
        mesh.expire(mesh.nextDeadlineNanos());
        assertThat(mesh.actions()).containsExactly(new Action.Release(ONE));
        mesh.lost(ONE, "deleted", 4 * almost);
        assertThat(phase(ONE)).isEqualTo(Phase.IDLE);
        mesh.needed(ONE, 4 * almost);
        assertThat(mesh.actions()).containsExactly(new Action.Connect(ONE));
    }
}
