package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.bgp.session.SessionState;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageEncoder;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// A speaker and peers that say what they should not, over real sockets: one peer's octets never cost another's routes.
class MadPeerTest {
    private static final String GOOD = "127.0.0.2";
    private static final String MAD = "127.0.0.3";
    private static final String ATTRIBUTES = "40010100" + "400200" + "4003040a00000b" + "40050400000064";
    private static final String GOOD_NLRI = "200a090001";
    private static final String MAD_NLRI = "200a090002";
    private static final Prefix GOOD_PREFIX = Prefix.parse("10.9.0.1/32");
    private static final Prefix MAD_PREFIX = Prefix.parse("10.9.0.2/32");

    private final Recorder heard = new Recorder();
    private final int port = freePort();
    private final Speaker speaker = new Speaker(
            new SpeakerConfig(
                    RawPeer.AS,
                    new BgpIdentifier(0x7f00_0001),
                    List.of(IpAddress.parse("127.0.0.1")),
                    port,
                    List.of(RawPeer.config(GOOD), RawPeer.config(MAD)),
                    false,
                    Duration.ofSeconds(30)),
            heard);

    MadPeerTest() throws IOException {}

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @BeforeEach
    void start() throws IOException {
        speaker.start();
    }

    @AfterEach
    void stop() {
        speaker.close();
    }

    @Test
    void aMalformedAttributeWithdrawsItsRoutesAndNothingElse() throws Exception {
        try (var good = RawPeer.established(GOOD, port, heard);
                var mad = RawPeer.established(MAD, port, heard)) {
            good.update(ATTRIBUTES, GOOD_NLRI);
            mad.update(ATTRIBUTES, MAD_NLRI);
            heard.await("both routes", () -> heard.routes.keySet().containsAll(List.of(GOOD_PREFIX, MAD_PREFIX)));
            mad.update(ATTRIBUTES.replace("40010100", "40010109"), MAD_NLRI);
            heard.await("the withdrawal", () -> !heard.routes.containsKey(MAD_PREFIX));
            mad.update(ATTRIBUTES + "40060100", MAD_NLRI);
            heard.await("the route without the attribute", () -> heard.routes.containsKey(MAD_PREFIX));
            assertThat(heard.routes).containsKey(GOOD_PREFIX);
            PeerStatus status = status(MAD);
            assertThat(status.state()).isEqualTo(SessionState.ESTABLISHED);
            assertThat(status.counters().flaps()).isZero();
        }
    }

    @Test
    void nlriThatCannotBeReadEndThatSessionAlone() throws Exception {
        try (var good = RawPeer.established(GOOD, port, heard);
                var mad = RawPeer.established(MAD, port, heard)) {
            good.update(ATTRIBUTES, GOOD_NLRI);
            mad.update(ATTRIBUTES, MAD_NLRI);
            heard.await("both routes", () -> heard.routes.keySet().containsAll(List.of(GOOD_PREFIX, MAD_PREFIX)));
            mad.update(ATTRIBUTES, "210a0900020a");
            assertThat(mad.lastWords()).isEqualTo("3/10");
            heard.await("the loss", () -> !heard.routes.containsKey(MAD_PREFIX));
            assertThat(heard.routes).containsKey(GOOD_PREFIX);
            assertThat(status(GOOD).state()).isEqualTo(SessionState.ESTABLISHED);
        }
        try (var _ = RawPeer.established(MAD, port, heard)) {
            assertThat(status(MAD).counters().flaps()).isEqualTo(1);
        }
    }

    @Test
    void aMessageMayComeOctetByOctet() throws Exception {
        try (var slow = new RawPeer(MAD, port)) {
            slow.sendSlowly(slow.open(RawPeer.AS));
            slow.sendSlowly(MessageEncoder.encode(new Message.Keepalive()));
            slow.sendSlowly(RawPeer.update(HexFormat.of(), ATTRIBUTES, MAD_NLRI));
            heard.await("the route", () -> heard.routes.containsKey(MAD_PREFIX));
        }
    }

    @Test
    void manyMessagesInOneSegmentAreTakenInOrder() throws Exception {
        try (var peer = RawPeer.established(MAD, port, heard)) {
            String octets = "";
            for (int i = 1; i < 200; i++) {
                octets += hex(RawPeer.update(HexFormat.of(), ATTRIBUTES, "200a0a00%02x".formatted(i)));
            }
            octets += hex(MessageEncoder.encode(new Message.Keepalive())) + "00".repeat(19);
            peer.send(HexFormat.of().parseHex(octets));
            assertThat(peer.lastWords()).isEqualTo("1/1");
            heard.await("all routes come and go", () -> heard.routes.isEmpty());
        }
    }

    @Test
    void anOpenOfAnotherAsIsRefused() throws Exception {
        try (var peer = new RawPeer(MAD, port)) {
            peer.send(peer.open(new Asn(64999)));
            assertThat(peer.lastWords()).isEqualTo("2/2");
        }
    }

    @Test
    void messagesOutOfTurnAreFiniteStateMachineErrors() throws Exception {
        try (var peer = new RawPeer(MAD, port)) {
            peer.update(ATTRIBUTES, MAD_NLRI);
            assertThat(peer.lastWords()).isEqualTo("5/1");
        }
        try (var peer = new RawPeer(MAD, port)) {
            peer.send(peer.open(RawPeer.AS));
            peer.update(ATTRIBUTES, MAD_NLRI);
            assertThat(peer.lastWords()).isEqualTo("5/2");
        }
        try (var peer = RawPeer.established(MAD, port, heard)) {
            peer.send(peer.open(RawPeer.AS));
            assertThat(peer.lastWords()).isEqualTo("5/3");
        }
        assertThat(heard.routes).isEmpty();
    }

    @Test
    void theOperatorsReasonReachesThePeer() throws Exception {
        try (var peer = RawPeer.established(MAD, port, heard)) {
            speaker.shutdown("moving to rack 7");
            assertThat(peer.lastWords()).isEqualTo("6/2 moving to rack 7");
        }
    }

    private PeerStatus status(String peer) {
        return speaker.status().peers().stream()
                .filter(status -> status.address().equals(IpAddress.parse(peer)))
                .findFirst()
                .orElseThrow();
    }

    private static String hex(byte[] octets) {
        return HexFormat.of().formatHex(octets);
    }
}
