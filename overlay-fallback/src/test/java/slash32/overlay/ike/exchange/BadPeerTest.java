package slash32.overlay.ike.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.exchange.IkeSimulation.Node;

/// What becomes of an SA when what is around it changes.
class BadPeerTest {
    private static final Duration AWHILE = Duration.ofSeconds(3);

    private final IkeSimulation sim = new IkeSimulation(1);

    private void connect(Node one, Node other) {
        sim.acquaint(one, other);
        one.ike.connect(other.identity, sim.nowNanos);
        sim.runFor(AWHILE);
        assertThat(one.ike.isEstablished(other.identity)).isTrue();
    }

    private static NodeConfig encapsulating(NodeConfig config) {
        return new NodeConfig(
                config.credentials(),
                config.verifier(),
                config.keyExchanges(),
                config.prfs(),
                config.timers(),
                true,
                config.cookiesFrom());
    }

    /// A NAT that forgot the peer gives it another address and port (RFC 7296 §2.23).
    @Test
    void aPeerBehindANatIsFollowedAndAForgeryIsNot() {
        Node left = sim.node("hv1", "192.0.2.1");
        Node natted = sim.node("hv2", "192.0.2.2", BadPeerTest::encapsulating);
        connect(natted, left);
        natted.ike.rekeyChild(natted.ike.childSas(left.identity).getFirst().inboundSpi(), sim.nowNanos);
        byte[] request = natted.ike.actions().stream()
                .filter(Action.Send.class::isInstance)
                .map(action -> ((Action.Send) action).datagram())
                .map(Bytes::toArray)
                .findFirst()
                .orElseThrow();
        var elsewhere = new Path(left.address, Path.NAT_PORT, IpAddress.parse("198.51.100.7"), 40_000);
        byte[] forged = request.clone();
        forged[forged.length - 1] ^= 1;
        left.ike.received(elsewhere, forged, sim.nowNanos);
        assertThat(left.ike.actions()).isEmpty();
        left.ike.received(elsewhere, request, sim.nowNanos);
        assertThat(left.ike.actions())
                .anyMatch(action -> action instanceof Action.Send(Path path, Bytes _) && path.equals(elsewhere))
                .anyMatch(action -> action instanceof Action.InstallInbound(ChildSa child)
                        && child.path().equals(elsewhere));
    }

    /// Certificates are judged by the clock on the wall, SAs by one that only goes forward.
    @Test
    void aClockThatJumpsEndsNoSaAndLetsNobodyNewIn() {
        var jumped = new AtomicBoolean();
        Node left = sim.node(
                "hv1",
                "192.0.2.1",
                config -> config.with(
                        config.credentials(),
                        (claimed, chain) -> jumped.get()
                                ? new Verifier.Verdict.Refused("the certificate is not in force")
                                : config.verifier().verify(claimed, chain)));
        Node right = sim.node("hv2", "192.0.2.2");
        Node late = sim.node("hv3", "192.0.2.3");
        connect(left, right);
        jumped.set(true);
        sim.runFor(Duration.ofSeconds(1_000)); // some lives of both kinds of SA
        assertThat(left.losses()).isEmpty();
        assertThat(left.sendsOn(right).outboundSpi())
                .isEqualTo(right.sendsOn(left).inboundSpi());
        sim.acquaint(left, late);
        late.ike.connect(left.identity, sim.nowNanos);
        sim.runFor(AWHILE);
        assertThat(left.ike.isEstablished(late.identity)).isFalse();
        assertThat(late.inbound).isEmpty();
    }
}
