package slash32.overlay.ike.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.exchange.IkeNode.Counter;
import slash32.overlay.ike.exchange.IkeSimulation.Node;
import slash32.overlay.ike.wire.Header;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.Message;
import slash32.overlay.ike.wire.MessageDecoder;
import slash32.overlay.ike.wire.MessageDecoder.Decoded;
import slash32.overlay.ike.wire.MessageEncoder;
import slash32.overlay.ike.wire.NotifyType;
import slash32.overlay.ike.wire.TrafficSelector;

/// One thing at a time between two nodes.
class IkeNodeTest {
    private static final Duration AWHILE = Duration.ofSeconds(3);

    private final IkeSimulation sim = new IkeSimulation(1);
    private Node left;
    private Node right;

    @BeforeEach
    void nodes() {
        left = sim.node("hv1", "192.0.2.1");
        right = sim.node("hv2", "192.0.2.2");
        sim.acquaint(left, right);
    }

    private void connect() {
        left.ike.connect(right.identity, sim.nowNanos);
        sim.runFor(AWHILE);
    }

    private void assertUp() {
        assertThat(left.ike.isEstablished(right.identity)).isTrue();
        assertThat(right.ike.isEstablished(left.identity)).isTrue();
        assertThat(left.ike.childSas(right.identity)).hasSize(1);
        ChildSa out = left.ike.childSas(right.identity).getFirst();
        ChildSa in = right.ike.childSas(left.identity).getFirst();
        assertThat(out.outboundSpi()).isEqualTo(in.inboundSpi());
        assertThat(out.outboundKey()).isEqualTo(in.inboundKey());
        assertThat(out.inboundKey()).isEqualTo(in.outboundKey());
    }

    private void assertDown() {
        assertThat(left.ike.isEstablished(right.identity)).isFalse();
        assertThat(right.ike.isEstablished(left.identity)).isFalse();
        assertThat(left.inbound).isEmpty();
        assertThat(right.inbound).isEmpty();
    }

    @Test
    void fourDatagramsMakeBothSas() {
        connect();
        assertUp();
        assertThat(sim.datagrams).isEqualTo(4);
        ChildSa child = left.ike.childSas(right.identity).getFirst();
        assertThat(child.esn()).isTrue();
        assertThat(child.transport()).isTrue();
        assertThat(child.encapsulated()).isFalse();
        assertThat(child.path().remotePort()).isEqualTo(Path.NAT_PORT);
    }

    @Test
    void everyKeyExchangeWorks() {
        int number = 10;
        for (KeyExchangeMethod method : KeyExchangeMethod.values()) {
            number++;
            Node one = sim.node("a" + number, "192.0.2.1" + number, config -> only(config, method));
            Node other = sim.node("b" + number, "192.0.2.2" + number, config -> only(config, method));
            sim.acquaint(one, other);
            one.ike.connect(other.identity, sim.nowNanos);
            sim.runFor(AWHILE);
            assertThat(one.ike.isEstablished(other.identity)).as("%s", method).isTrue();
            one.ike.rekeyIke(other.identity, sim.nowNanos);
            sim.runFor(AWHILE);
            int before = one.sendsOn(other).inboundSpi();
            one.ike.rekeyChild(before, sim.nowNanos);
            sim.runFor(AWHILE);
            assertThat(one.ike.childSas(other.identity)).hasSize(1);
            assertThat(one.sendsOn(other).inboundSpi()).isNotEqualTo(before);
        }
    }

    /// A repeated request is answered in full while the cookie that was asked for at first is on its way: both ends
    /// have to mean the same message by the first.
    @Test
    void aCookieThatComesLateDoesNotSpoilTheAnswer() {
        left.ike.connect(right.identity, sim.nowNanos);
        byte[] first = sent(left);
        var atRight = new Path(right.address, Path.IKE_PORT, left.address, Path.IKE_PORT);
        var atLeft = new Path(left.address, Path.IKE_PORT, right.address, Path.IKE_PORT);
        sim.restart(right, IkeNodeTest::busy);
        right.ike.received(
                new Path(right.address, Path.IKE_PORT, IpAddress.parse("192.0.2.77"), Path.IKE_PORT),
                MessageEncoder.encode(firstMessage()),
                sim.nowNanos);
        right.ike.actions();
        right.ike.received(atRight, first, sim.nowNanos);
        byte[] cookie = sent(right);
        sim.restart(right);
        sim.acquaint(left, right);
        sim.nowNanos += Duration.ofSeconds(1).toNanos();
        left.ike.expire(sim.nowNanos);
        right.ike.received(atRight, sent(left), sim.nowNanos);
        byte[] answer = sent(right);
        left.ike.received(atLeft, cookie, sim.nowNanos);
        left.ike.received(atLeft, answer, sim.nowNanos);
        sim.runFor(AWHILE);
        assertUp();
    }

    /// Asks for cookies from the second half-open SA on.
    private static NodeConfig busy(NodeConfig config) {
        return new NodeConfig(
                config.credentials(),
                config.verifier(),
                config.keyExchanges(),
                config.prfs(),
                config.timers(),
                config.forceEncapsulation(),
                1);
    }

    private static byte[] sent(Node node) {
        return node.ike.actions().stream()
                .filter(Action.Send.class::isInstance)
                .map(action -> ((Action.Send) action).datagram().toArray())
                .findFirst()
                .orElseThrow();
    }

    /// What made the request may be said once only, as that an SA is worn out.
    @Test
    void aReplacementThatIsAskedForTooEarlyIsMadeLater() {
        connect();
        left.ike.rekeyChild(left.sendsOn(right).inboundSpi(), sim.nowNanos);
        sim.runFor(AWHILE);
        ChildSa answered = right.sendsOn(left); // right can't know yet that left has its answer
        right.ike.rekeyChild(answered.inboundSpi(), sim.nowNanos);
        sim.runFor(AWHILE);
        sim.runFor(Duration.ofSeconds(60));
        assertThat(right.sendsOn(left)).isNotEqualTo(answered);
        assertUp();
    }

    private static NodeConfig only(NodeConfig config, KeyExchangeMethod... methods) {
        return new NodeConfig(
                config.credentials(),
                config.verifier(),
                List.of(methods),
                config.prfs(),
                config.timers(),
                config.forceEncapsulation(),
                config.cookiesFrom());
    }

    @Test
    void anotherKeyExchangeIsAgreedOn() {
        Node picky = sim.node("hv3", "192.0.2.3", config -> only(config, KeyExchangeMethod.P256));
        sim.acquaint(left, picky);
        left.ike.connect(picky.identity, sim.nowNanos); // begins with X25519
        sim.runFor(AWHILE);
        assertThat(left.ike.isEstablished(picky.identity)).isTrue();
        assertThat(sim.datagrams).isEqualTo(6);
    }

    @Test
    void nothingInCommonIsNoSa() {
        Node other = sim.node("hv3", "192.0.2.3", config -> only(config, KeyExchangeMethod.MODP_2048));
        sim.acquaint(left, other);
        left.ike.connect(other.identity, sim.nowNanos);
        sim.runFor(AWHILE);
        assertThat(left.ike.isEstablished(other.identity)).isFalse();
        assertThat(other.ike.ikeSas()).isZero();
        assertThat(other.ike.counters()).containsKey(Counter.REFUSED_INIT);
    }

    @Test
    void aPeerThatNobodyKnowsIsRefused() {
        sim.trusted.remove(left.identity);
        connect();
        assertDown();
        assertThat(right.ike.counters()).containsEntry(Counter.NOT_TRUSTED, 1L);
        assertThat(left.losses()).containsExactly("the peer refused: " + NotifyType.AUTHENTICATION_FAILED);
        assertThat(right.ike.ikeSas()).isZero();
    }

    @Test
    void aResponderThatNobodyKnowsGetsNothing() {
        sim.trusted.remove(right.identity);
        connect();
        sim.runFor(AWHILE);
        assertDown();
        assertThat(left.losses()).containsExactly("nobody knows hv2");
    }

    @Test
    void anotherKeyThanThatOfTheCertificateIsRefused() {
        sim.trusted.put(left.identity, IkeSimulation.keys());
        connect();
        assertDown();
        assertThat(right.ike.counters()).containsEntry(Counter.NOT_TRUSTED, 1L);
    }

    @Test
    void anotherPeerThanAskedForIsRefused() {
        Node third = sim.node("hv3", "192.0.2.3");
        left.ike.configure(IkeSimulation.peer(left, right));
        sim.nodes.put(right.address, third); // sits where hv2 should be
        third.ike.configure(IkeSimulation.peer(third, left));
        connect();
        assertThat(left.ike.isEstablished(right.identity)).isFalse();
        assertThat(left.ike.isEstablished(third.identity)).isFalse();
    }

    @Test
    void aPeerThatIsNotConfiguredIsRefused() {
        Node stranger = sim.node("hv9", "192.0.2.9");
        stranger.ike.configure(IkeSimulation.peer(stranger, right));
        stranger.ike.connect(right.identity, sim.nowNanos);
        sim.runFor(AWHILE);
        assertThat(right.ike.isEstablished(stranger.identity)).isFalse();
        assertThat(right.inbound).isEmpty();
    }

    @Test
    void selectorsWithNothingInCommonLeaveTheIkeSaAlone() {
        IpAddress elsewhere = IpAddress.parse("198.51.100.1");
        right.ike.configure(new PeerConfig(
                left.identity,
                new Path(right.address, Path.IKE_PORT, left.address, Path.IKE_PORT),
                List.of(TrafficSelector.of(elsewhere, TrafficSelector.UDP)),
                List.of(TrafficSelector.of(left.address, TrafficSelector.UDP)),
                true));
        connect();
        assertThat(left.ike.isEstablished(right.identity)).isTrue();
        assertThat(left.inbound).isEmpty();
        assertThat(left.events).contains(new Action.ChildRefused(right.identity, NotifyType.TS_UNACCEPTABLE));
    }

    @Test
    void disconnectingDeletesBothEnds() {
        connect();
        left.ike.disconnect(right.identity, sim.nowNanos);
        sim.runFor(AWHILE);
        assertDown();
        assertThat(right.losses()).containsExactly("deleted by the peer");
    }

    @Test
    void aSilentPeerIsLost() {
        connect();
        sim.loss = 1;
        sim.runFor(Duration.ofHours(2));
        assertDown();
        assertThat(left.losses()).containsExactly("the peer does not answer");
    }

    @Test
    void anIdlePeerIsAskedWhetherItIsThere() {
        connect();
        long before = sim.datagrams;
        sim.runFor(Duration.ofSeconds(45));
        assertThat(sim.datagrams - before).isBetween(2L, 6L);
        assertUp();
    }

    @Test
    void aPeerThatBeganAnewReplacesItsOldSas() {
        connect();
        sim.restart(left);
        left.ike.configure(IkeSimulation.peer(left, right));
        connect();
        assertUp();
        assertThat(right.inbound).as("left's kernel may not know it yet").hasSize(2);
        sim.runFor(IkeSimulation.TIMERS.linger());
        assertUp();
        assertThat(right.ike.ikeSas()).isEqualTo(1);
        assertThat(right.inbound).hasSize(1);
        assertThat(right.losses()).isEmpty();
    }

    @Test
    void longCertificateChainsAreFragmented() {
        Bytes big = Bytes.copyOf(new byte[5_000]);
        Node chained = sim.node("hv3", "192.0.2.3", config -> {
            Credentials own = config.credentials();
            var more = new Credentials(
                    own.identity(),
                    List.of(own.certificates().getFirst(), big),
                    own.key(),
                    own.schemes(),
                    own.authorities());
            return new NodeConfig(
                    more,
                    config.verifier(),
                    config.keyExchanges(),
                    config.prfs(),
                    config.timers(),
                    false,
                    config.cookiesFrom());
        });
        sim.acquaint(left, chained);
        sim.loss = 0.3;
        sim.duplication = 0.2;
        chained.ike.connect(left.identity, sim.nowNanos);
        sim.runFor(Duration.ofMinutes(5));
        assertThat(left.ike.isEstablished(chained.identity)).isTrue();
    }

    @Test
    void encapsulationIsForcedWithoutANat() {
        Node forcing = sim.node(
                "hv3",
                "192.0.2.3",
                config -> new NodeConfig(
                        config.credentials(),
                        config.verifier(),
                        config.keyExchanges(),
                        config.prfs(),
                        config.timers(),
                        true,
                        config.cookiesFrom()));
        sim.acquaint(left, forcing);
        left.ike.connect(forcing.identity, sim.nowNanos);
        sim.runFor(AWHILE);
        assertThat(left.ike.childSas(forcing.identity).getFirst().encapsulated())
                .isTrue();
        assertThat(forcing.ike.childSas(left.identity).getFirst().encapsulated())
                .isTrue();
    }

    @Test
    void touchedAndRepeatedDatagramsChangeNothing() {
        connect();
        ChildSa child = left.ike.childSas(right.identity).getFirst();
        left.ike.rekeyChild(child.inboundSpi(), sim.nowNanos);
        List<Action> actions = left.ike.actions();
        byte[] request = actions.stream()
                .filter(Action.Send.class::isInstance)
                .map(action -> ((Action.Send) action).datagram().toArray())
                .findFirst()
                .orElseThrow();
        var path = new Path(right.address, Path.NAT_PORT, left.address, Path.NAT_PORT);
        int before = right.inbound.size();
        for (int i = Header.BYTES - 4; i < request.length; i++) {
            byte[] flipped = request.clone();
            flipped[i] ^= 1;
            sim.deliver(path, flipped);
            sim.deliver(path, Arrays.copyOf(request, i));
        }
        assertThat(right.inbound).hasSize(before);
        sim.deliver(path, request);
        sim.deliver(path, request);
        assertThat(right.inbound).hasSize(before + 1);
        sim.runFor(AWHILE);
        assertThat(left.ike.childSas(right.identity)).hasSize(1);
    }

    @Test
    void aFloodOfBeginningsIsAnsweredWithCookiesAndKeptOutOfMemory() {
        Message first = firstMessage();
        for (int i = 0; i < 100_000; i++) {
            var header = new Header(i + 1, 0, Header.IKE_SA_INIT, true, false, 0);
            IpAddress spoofed =
                    IpAddress.of(ByteBuffer.allocate(4).putInt(0x0a00_0000 + i).array());
            right.ike.received(
                    new Path(right.address, Path.IKE_PORT, spoofed, Path.IKE_PORT),
                    MessageEncoder.encode(header, first.payloads()),
                    sim.nowNanos);
        }
        right.ike.actions();
        assertThat(right.ike.ikeSas()).isEqualTo(30);
        assertThat(right.ike.counters()).containsEntry(Counter.COOKIE_ASKED, 99_970L);
        connect();
        assertUp();
        sim.runFor(Duration.ofSeconds(40));
        assertThat(right.ike.ikeSas()).isEqualTo(1);
    }

    private Message firstMessage() {
        Node other = sim.node("hv7", "192.0.2.7");
        other.ike.configure(IkeSimulation.peer(other, right));
        other.ike.connect(right.identity, sim.nowNanos);
        byte[] datagram =
                ((Action.Send) other.ike.actions().getFirst()).datagram().toArray();
        sim.nodes.remove(other.address);
        return MessageDecoder.decode(ByteBuffer.wrap(datagram)) instanceof Decoded.Accepted(Message message)
                ? message
                : new Message(new Header(1, 0, 0, true, false, 0), List.of());
    }

    @Test
    void aCookieOfAnotherAddressIsNotOurs() {
        var cookies = new Cookies(new SecureRandom(), 0);
        Bytes nonce = Bytes.copyOf(new byte[32]);
        Bytes cookie = cookies.cookie(nonce, left.address, 1, 0);
        assertThat(cookies.isOurs(cookie, nonce, left.address, 1)).isTrue();
        assertThat(cookies.isOurs(cookie, nonce, right.address, 1)).isFalse();
        assertThat(cookies.isOurs(cookie, nonce, left.address, 2)).isFalse();
        cookies.cookie(nonce, left.address, 1, Duration.ofSeconds(61).toNanos());
        assertThat(cookies.isOurs(cookie, nonce, left.address, 1)).isTrue();
        cookies.cookie(nonce, left.address, 1, Duration.ofSeconds(122).toNanos());
        assertThat(cookies.isOurs(cookie, nonce, left.address, 1)).isFalse();
    }

    @Test
    void aNewerMajorVersionIsRefusedByName() {
        byte[] datagram = MessageEncoder.encode(new Header(1, 0, Header.IKE_SA_INIT, true, false, 0), List.of());
        datagram[17] = 0x30;
        right.ike.received(new Path(right.address, Path.IKE_PORT, left.address, Path.IKE_PORT), datagram, sim.nowNanos);
        byte[] answer =
                ((Action.Send) right.ike.actions().getFirst()).datagram().toArray();
        assertThat(MessageDecoder.decode(ByteBuffer.wrap(answer)))
                .isInstanceOfSatisfying(
                        Decoded.Accepted.class,
                        accepted -> assertThat(accepted.message().has(NotifyType.INVALID_MAJOR_VERSION))
                                .isTrue());
    }

    @Test
    void aPeerThatNeverProvesItselfIsForgotten() {
        sim.loss = 0;
        Message first = firstMessage();
        right.ike.received(
                new Path(right.address, Path.IKE_PORT, left.address, Path.IKE_PORT),
                MessageEncoder.encode(first),
                sim.nowNanos);
        right.ike.actions();
        assertThat(right.ike.ikeSas()).isEqualTo(1);
        sim.runFor(Duration.ofSeconds(31));
        assertThat(right.ike.ikeSas()).isZero();
    }

    @Test
    void identitiesArePrintedWithoutControlCharacters() {
        assertThat(new Identity(Identity.FQDN, Bytes.fromHex("68761b31"))).hasToString("hv.1");
    }
}
