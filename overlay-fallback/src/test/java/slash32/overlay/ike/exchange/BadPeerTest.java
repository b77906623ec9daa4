package slash32.overlay.ike.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
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

    private static final String OUTSIDE = "198.51.100.7";

    /// Two nodes that are connected, the second of them behind a NAT.
    private record Pair(Node left, Node natted) {}

    private Pair pairWithANat() {
        Node left = sim.node("hv1", "192.0.2.1");
        Node natted = sim.node("hv2", "192.0.2.2");
        sim.translate(natted, OUTSIDE, 40_000);
        connect(natted, left);
        return new Pair(left, natted);
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

    /// ESP comes from another port: the data path says so, and both ends have a Child SA that leads there.
    @Test
    void espThatComesFromElsewhereHasAChildSaMadeThatLeadsThere() {
        Pair pair = pairWithANat();
        Node left = pair.left();
        Node natted = pair.natted();
        ChildSa before = left.sendsOn(natted);
        assertThat(before.path().remotePort()).isEqualTo(40_000);
        sim.runFor(AWHILE);
        sim.translate(natted, OUTSIDE, 41_000);
        left.ike.espHeard(before.inboundSpi(), IpAddress.parse(OUTSIDE), 41_000, sim.nowNanos);
        sim.runFor(AWHILE);
        assertThat(left.sendsOn(natted).path().remotePort()).isEqualTo(41_000);
        assertThat(left.sendsOn(natted).outboundSpi())
                .isEqualTo(natted.sendsOn(left).inboundSpi())
                .isNotEqualTo(before.outboundSpi());
        assertThat(left.ike.childSas(natted.identity)).hasSize(1);
        assertThat(left.losses()).isEmpty();
    }

    /// IKE's own messages say it too.
    @Test
    void anIdlePeerBehindANatThatForgotItIsFoundByItsQuestionWhetherWeAreThere() {
        Pair pair = pairWithANat();
        Node left = pair.left();
        Node natted = pair.natted();
        sim.translate(natted, OUTSIDE, 41_000);
        sim.runFor(Duration.ofSeconds(40));
        assertThat(left.sendsOn(natted).path().remotePort()).isEqualTo(41_000);
        assertThat(left.losses()).isEmpty();
    }

    /// Somebody copies a packet from an address of its own, faster than the real one: nothing of ours goes there but a
    /// question, and the real peer is back with its next packet.
    @Test
    void aCopyFromElsewhereLeadsNoTrafficAway() {
        Pair pair = pairWithANat();
        Node left = pair.left();
        Node natted = pair.natted();
        sim.runFor(AWHILE);
        IpAddress attacker = IpAddress.parse("203.0.113.66");
        for (int i = 0; i < 100; i++) {
            int spi = left.sendsOn(natted).inboundSpi();
            left.ike.espHeard(spi, attacker, 1_000 + i, sim.nowNanos);
            sim.runFor(Duration.ofMillis(10));
            left.ike.espHeard(spi, IpAddress.parse(OUTSIDE), 40_000, sim.nowNanos);
            sim.runFor(Duration.ofMillis(10));
            assertThat(left.sendsOn(natted).path().remote()).hasToString(OUTSIDE);
        }
        sim.runFor(Duration.ofSeconds(10));
        assertThat(left.sendsOn(natted).path().remotePort()).isEqualTo(40_000);
        assertThat(left.sendsOn(natted).outboundSpi())
                .isEqualTo(natted.sendsOn(left).inboundSpi());
        assertThat(left.losses()).isEmpty();
    }

    /// RFC 7296 §2.23: it would be enough to copy one packet.
    @Test
    void whoIsBehindANatItselfFollowsNobody() {
        Pair pair = pairWithANat();
        Node left = pair.left();
        Node natted = pair.natted();
        sim.runFor(AWHILE);
        ChildSa before = natted.sendsOn(left);
        natted.ike.espHeard(before.inboundSpi(), IpAddress.parse("203.0.113.66"), 1_000, sim.nowNanos);
        sim.runFor(AWHILE);
        assertThat(natted.sendsOn(left)).isEqualTo(before);
    }

    private Node longLived(String name, String address) {
        return sim.node(
                name,
                address,
                config -> new NodeConfig(
                        config.credentials(),
                        config.verifier(),
                        config.keyExchanges(),
                        config.prfs(),
                        Timers.DEFAULT,
                        false,
                        config.cookiesFrom()));
    }

    /// Its kernel goes on while its process does not (RFC 7296 §2.4).
    @Test
    void aPeerWhosePacketsComeIsThereThoughItsIkeIsSilent() {
        Node left = longLived("hv1", "192.0.2.1");
        Node right = longLived("hv2", "192.0.2.2");
        connect(left, right);
        ChildSa sends = left.sendsOn(right);
        sim.loss = 1;
        for (int i = 0; i < 240; i++) {
            sim.runFor(Duration.ofSeconds(5));
            left.ike.alive(Set.of(sends.inboundSpi()), sim.nowNanos);
        }
        assertThat(left.losses()).isEmpty();
        assertThat(left.sendsOn(right)).isEqualTo(sends);
        assertThat(right.losses()).as("nobody says that its packets come").isNotEmpty();
        left.ike.alive(Set.of(sends.inboundSpi() + 1), sim.nowNanos);
        sim.runFor(Duration.ofMinutes(2));
        assertThat(left.losses()).containsExactly("the peer does not answer");
    }

    @Test
    void whoIsBehindANatHasItRememberIt() {
        Node left = longLived("hv1", "192.0.2.1");
        Node natted = longLived("hv2", "192.0.2.2");
        sim.translate(natted, OUTSIDE, 40_000);
        connect(natted, left);
        long before = sim.datagrams;
        for (int i = 0; i < 12; i++) {
            sim.runFor(Duration.ofSeconds(5));
            natted.ike.alive(Set.of(natted.sendsOn(left).inboundSpi()), sim.nowNanos);
            left.ike.alive(Set.of(left.sendsOn(natted).inboundSpi()), sim.nowNanos);
        }
        assertThat(sim.datagrams - before).isGreaterThanOrEqualTo(2);
        assertThat(natted.keptAlive)
                .hasSize(3)
                .containsOnly(natted.sendsOn(left).path());
        assertThat(left.keptAlive).isEmpty();
        natted.ike.rekeyIke(left.identity, sim.nowNanos);
        sim.runFor(Duration.ofSeconds(60));
        assertThat(natted.keptAlive).as("by the successor too").hasSize(6);
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
