package slash32.overlay.ike.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.exchange.IkeSimulation.Node;
import slash32.overlay.ike.wire.Header;
import slash32.overlay.ike.wire.Message;
import slash32.overlay.ike.wire.MessageDecoder;
import slash32.overlay.ike.wire.MessageDecoder.Decoded;
import slash32.overlay.ike.wire.MessageEncoder;
import slash32.overlay.ike.wire.NotifyType;
import slash32.overlay.ike.wire.Payload;

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

    /// A request of the peer's own making.
    private static final class Asked implements Task {
        private final int exchange;
        private final List<Payload> payloads;
        private @Nullable Message answer;

        Asked(int exchange, Payload... payloads) {
            this.exchange = exchange;
            this.payloads = List.of(payloads);
        }

        @Override
        public int exchange() {
            return exchange;
        }

        @Override
        public Optional<List<Payload>> request(long nowNanos) {
            return Optional.of(payloads);
        }

        @Override
        public void answered(Message response, long nowNanos) {
            answer = response;
        }

        Message answer() {
            return Objects.requireNonNull(answer);
        }
    }

    private Message ask(Node from, Node to, Asked asked) {
        from.ike.with(to.identity).getFirst().enqueue(asked, sim.nowNanos);
        sim.runFor(AWHILE);
        return asked.answer();
    }

    /// RFC 7296 §2.5.
    @Test
    void aCriticalPayloadThatNobodyKnowsIsRefusedByNameAndAnotherIsIgnored() {
        Node left = sim.node("hv1", "192.0.2.1");
        Node right = sim.node("hv2", "192.0.2.2");
        connect(left, right);
        var critical = new Payload.Unknown(200, true, Bytes.fromHex("0102"));
        for (int exchange : new int[] {Header.INFORMATIONAL, Header.CREATE_CHILD_SA}) {
            Message answer = ask(left, right, new Asked(exchange, critical));
            assertThat(answer.notification(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD))
                    .contains(Bytes.fromHex("c8"));
        }
        var ignored = new Payload.Unknown(200, false, Bytes.fromHex("0102"));
        assertThat(ask(left, right, new Asked(Header.INFORMATIONAL, ignored)).payloads())
                .isEmpty();
        assertThat(left.ike.childSas(right.identity)).hasSize(1);
        assertThat(right.ike.childSas(left.identity)).hasSize(1);
        assertThat(right.losses()).isEmpty();
    }

    @Test
    void aBeginningWithACriticalPayloadThatNobodyKnowsIsRefusedByName() {
        Node left = sim.node("hv1", "192.0.2.1");
        Node right = sim.node("hv2", "192.0.2.2");
        sim.acquaint(left, right);
        left.ike.connect(right.identity, sim.nowNanos);
        for (boolean critical : new boolean[] {true, false}) {
            var payloads = new ArrayList<>(first(left.ike.actions()).payloads());
            payloads.add(new Payload.Unknown(200, critical, Bytes.EMPTY));
            right.ike.received(
                    new Path(right.address, Path.IKE_PORT, left.address, Path.IKE_PORT),
                    MessageEncoder.encode(new Header(7, 0, Header.IKE_SA_INIT, true, false, 0), payloads),
                    sim.nowNanos);
            Message answer = first(right.ike.actions());
            assertThat(answer.has(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD)).isEqualTo(critical);
            assertThat(right.ike.ikeSas()).isEqualTo(critical ? 0 : 1);
            sim.nowNanos += Duration.ofSeconds(1).toNanos();
            left.ike.expire(sim.nowNanos); // says it once more
        }
        assertThat(right.ike.counters()).containsEntry(IkeNode.Counter.REFUSED_INIT, 1L);
    }

    private static Message first(List<Action> actions) {
        byte[] datagram = actions.stream()
                .filter(Action.Send.class::isInstance)
                .map(action -> ((Action.Send) action).datagram().toArray())
                .findFirst()
                .orElseThrow();
        if (MessageDecoder.decode(ByteBuffer.wrap(datagram)) instanceof Decoded.Accepted(Message message)) {
            return message;
        }
        throw new AssertionError("no message");
    }

    @Test
    void aPeerGetsSixteenChildSasAndNoMore() {
        Node left = sim.node("hv1", "192.0.2.1");
        Node right = sim.node("hv2", "192.0.2.2");
        connect(left, right);
        for (int more = 0; more < 20; more++) {
            left.ike.with(right.identity).getFirst().children.create(sim.nowNanos);
        }
        sim.runFor(Duration.ofSeconds(10));
        assertThat(right.ike.childSas(left.identity)).hasSize(16);
        assertThat(left.ike.childSas(right.identity)).hasSize(16);
        assertThat(left.events).contains(new Action.ChildRefused(right.identity, NotifyType.NO_ADDITIONAL_SAS));
        int before = left.sendsOn(right).inboundSpi();
        left.ike.rekeyChild(before, sim.nowNanos);
        sim.runFor(AWHILE);
        assertThat(left.sendsOn(right).inboundSpi())
                .as("one is replaced all the same")
                .isNotEqualTo(before);
        assertThat(right.ike.childSas(left.identity)).hasSize(16);
        assertThat(right.losses()).isEmpty();
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
