package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static slash32.bgp.speaker.Speakers.ONE;
import static slash32.bgp.speaker.Speakers.PORT;
import static slash32.bgp.speaker.Speakers.SIX;
import static slash32.bgp.speaker.Speakers.TWO;
import static slash32.bgp.speaker.Speakers.V4;
import static slash32.bgp.speaker.Speakers.V6;
import static slash32.bgp.speaker.Speakers.VIA_V4;
import static slash32.bgp.speaker.Speakers.VIA_V6;
import static slash32.bgp.speaker.Speakers.config;
import static slash32.bgp.speaker.Speakers.passive;
import static slash32.bgp.speaker.Speakers.restart;

import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.session.SessionState;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageEncoder;
import slash32.bgp.wire.NlriSlice;
import slash32.bgp.wire.NotificationCode;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.Update;
import slash32.bgp.wire.UpdateDecoder;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.testkit.InNetns;

/// A speaker with scripted peers, and with another of its kind. What the real reflectors make of it is in
/// {@link ReflectorInteropTest}, what it makes of peers that say what they should not in {@link MadPeerTest}.
@InNetns
class SpeakerTest {
    private static final String OWN = "10.0.0.11";
    private static final String PEER = "10.0.0.1";
    private static final String OTHER = "10.0.0.2";

    @RegisterExtension
    final Opened opened = new Opened(PEER, OTHER, OWN, "10.0.0.12");

    private final Recorder heard = new Recorder();

    @Test
    void aHundredThousandRoutesArriveAsTheyWereSent() throws Exception {
        var atOther = new Recorder();
        Speaker left = speaker(OWN, heard, List.of(active("10.0.0.12")));
        speaker("10.0.0.12", atOther, List.of(passive(OWN)));
        var wanted = new HashMap<Prefix, PathAttributes>();
        var routes = new ArrayList<OriginatedRoute>();
        for (int host = 0; host < 100_000; host++) {
            Prefix prefix = new Ipv4Address(0x0b00_0000 + host).hostPrefix();
            var nextHop = new Ipv4Address(0x0a00_0100 + host % 200);
            var communities = List.of(new LargeCommunity(65000, 1, 1), new LargeCommunity(65000, 2, host % 7));
            routes.add(new OriginatedRoute(prefix, nextHop, 100, communities));
            wanted.put(
                    prefix,
                    PathAttributes.builder()
                            .nextHop(nextHop)
                            .localPref(100)
                            .largeCommunities(communities)
                            .build());
        }
        left.originate(routes);
        heard.await("advertised", () -> heard.advertised.size() == 100_000);
        atOther.await("all routes", () -> atOther.routes.size() == 100_000);
        assertThat(atOther.routes).isEqualTo(wanted);
        left.withdraw(wanted.keySet());
        atOther.await("all withdrawn", () -> atOther.routes.isEmpty());
    }

    @Test
    void bothDialAndOneSessionStays() throws Exception {
        var atOther = new Recorder();
        Speaker left = speaker(OWN, heard, List.of(active("10.0.0.12")));
        speaker("10.0.0.12", atOther, List.of(active(OWN)));
        left.originate(List.of(route(ONE, 1)));
        atOther.await("the route", () -> atOther.routes.containsKey(ONE));
        heard.await("in sync", () -> heard.inSync.containsAll(ScriptedPeer.FAMILIES));
        assertThat(left.status().peers().getFirst().counters().flaps()).isZero();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void malformedOctetsGetTheirNotificationAndHarmNobodyElse(String name, byte[] octets, NotificationCode answer)
            throws Exception {
        Speaker speaker = speaker(OWN, heard, List.of(passive(PEER), passive(OTHER)));
        ScriptedPeer good = peer(OTHER).establish();
        good.announce(VIA_V4, TWO);
        boolean afterOpen = name.startsWith("established");
        ScriptedPeer bad = peer(PEER);
        if (afterOpen) {
            bad.establish().announce(VIA_V4, ONE);
            heard.await("both routes", () -> heard.routes.keySet().containsAll(List.of(ONE, TWO)));
        }
        bad.send(octets);
        Message.Notification notification = bad.expectNotification();
        assertThat(notification.text()).isEqualTo(answer.text());
        assertThatThrownBy(bad::receive).isInstanceOf(EOFException.class);
        heard.await("only the good one", () -> heard.routes.keySet().equals(Set.of(TWO)));
        good.announce(VIA_V4, Prefix.parse("10.9.0.3/32"));
        heard.await("more of it", () -> heard.routes.size() == 2);
        peer(PEER).establish().announce(VIA_V4, ONE);
        heard.await("the bad one again", () -> heard.routes.containsKey(ONE));
        assertThat(speaker.status().peers().getLast().counters().flaps()).isZero();
    }

    static Stream<Arguments> malformed() {
        byte[] keepalive = MessageEncoder.encode(new Message.Keepalive());
        byte[] unsynchronized = keepalive.clone();
        unsynchronized[3] = 0;
        byte[] noType = keepalive.clone();
        noType[18] = 9;
        byte[] longKeepalive = keepalive.clone();
        longKeepalive[17] = 20;
        byte[] huge = keepalive.clone();
        huge[16] = 0x10;
        huge[17] = 1;
        byte[] endOfRib = MessageEncoder.endOfRib(V4);
        byte[] lengthPastTheEnd = endOfRib.clone();
        lengthPastTheEnd[22] = 1;
        byte[] oldVersion = MessageEncoder.encode(open());
        oldVersion[19] = 3;
        byte[] shortHold = MessageEncoder.encode(open());
        shortHold[23] = 2;
        return Stream.of(
                Arguments.of("marker", unsynchronized, NotificationCode.CONNECTION_NOT_SYNCHRONIZED),
                Arguments.of("type 9", noType, NotificationCode.BAD_MESSAGE_TYPE),
                Arguments.of("version 3", oldVersion, NotificationCode.UNSUPPORTED_VERSION),
                Arguments.of("hold time 2", shortHold, NotificationCode.UNACCEPTABLE_HOLD_TIME),
                Arguments.of("keepalive first", keepalive, NotificationCode.UNEXPECTED_IN_OPEN_SENT),
                Arguments.of("established: 4097 octets", huge, NotificationCode.BAD_MESSAGE_LENGTH),
                Arguments.of("established: keepalive of 20", longKeepalive, NotificationCode.BAD_MESSAGE_LENGTH),
                Arguments.of(
                        "established: a second open",
                        MessageEncoder.encode(open()),
                        NotificationCode.UNEXPECTED_IN_ESTABLISHED),
                Arguments.of(
                        "established: attributes past the end",
                        lengthPastTheEnd,
                        NotificationCode.MALFORMED_ATTRIBUTE_LIST));
    }

    private static Message.Open open() {
        return new Message.Open(
                ScriptedPeer.AS, 180, new BgpIdentifier(1), List.of(new Capability.FourOctetAs(ScriptedPeer.AS)));
    }

    @Test
    void aPeerThatNeverSendsEndOfRibHoldsNothingUpForEver() throws Exception {
        speaker(OWN, heard, List.of(passive(PEER)));
        peer(PEER).establish(restart(60, V4, V6)).announce(VIA_V4, ONE);
        heard.await("in sync", () -> heard.inSync.containsAll(ScriptedPeer.FAMILIES));
        assertThat(heard.routes).containsKey(ONE);
    }

    @Test
    void aPeerThatIsNotUpHoldsInSyncBackAndThenNot() throws Exception {
        speaker(OWN, heard, List.of(passive(PEER), passive(OTHER)));
        peer(PEER).establish().endOfRib(V4).endOfRib(V6);
        heard.await("in sync", () -> heard.inSync.containsAll(ScriptedPeer.FAMILIES));
        assertThat(heard.state(OTHER)).isNotEqualTo(SessionState.ESTABLISHED);
    }

    @Test
    void aPeerThatIsNotFoundIsWaitedForLikeOneThatIsNotUp() throws Exception {
        Speaker speaker = opened.speaker(listening(List.of(), List.of(), 1), heard);
        speaker.status();
        assertThat(heard.inSync).isEmpty();
        speaker.reconfigure(listening(List.of(OWN), List.of(passive(PEER)), 0));
        heard.await("a listener", () -> listens(OWN));
        peer(PEER).establish().endOfRib(V4).endOfRib(V6);
        heard.await("in sync", () -> heard.inSync.containsAll(ScriptedPeer.FAMILIES));
        speaker.reconfigure(listening(List.of("10.0.0.12"), List.of(passive(PEER)), 0));
        heard.await("another listener", () -> !listens(OWN) && listens("10.0.0.12"));
        assertThat(speaker.status().peers().getFirst().state()).isEqualTo(SessionState.ESTABLISHED);
    }

    private static SpeakerConfig listening(List<String> addresses, List<PeerConfig> peers, int absent) {
        return new SpeakerConfig(
                ScriptedPeer.AS,
                new BgpIdentifier(Ipv4Address.parse(OWN).value()),
                addresses.stream().map(IpAddress::parse).toList(),
                PORT,
                peers,
                true,
                Duration.ofSeconds(2),
                List.of(),
                null,
                1,
                absent);
    }

    private static boolean listens(String address) {
        try (var socket = new Socket(address, PORT)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /// Tables that have room for each number would grow with every reset.
    @Test
    void aPeerThatIsResetKeepsItsNumber() throws Exception {
        Speaker speaker = speaker(OWN, heard, List.of(passive(PEER)));
        Monitoring monitoring = speaker.monitoring();
        for (int restartSeconds : List.of(60, 61, 62)) {
            PeerConfig as = passive(PEER);
            var changed = new PeerConfig(
                    as.address(), PORT, null, as.asn(), as.families(), null, 180, restartSeconds, true, as.options());
            speaker.reconfigure(config(OWN, List.of(changed)));
            assertThat(monitoring.ask(monitoring::sessions))
                    .as("asked after the change, or the peer may connect to what goes")
                    .isEmpty();
            ScriptedPeer peer = peer(PEER).establish();
            heard.await("the session", () -> heard.state(PEER) == SessionState.ESTABLISHED);
            assertThat(monitoring.ask(() -> monitoring.sessions().getFirst().number()))
                    .isZero();
            peer.close();
            heard.await("its end", () -> heard.state(PEER) != SessionState.ESTABLISHED);
        }
    }

    @Test
    void withoutPeersThereIsNothingToWaitFor() throws Exception {
        speaker(OWN, heard, List.of());
        heard.await("in sync", () -> heard.inSync.containsAll(ScriptedPeer.FAMILIES));
    }

    /// What the listener last heard is what stays in the kernel until the next start.
    @Test
    void leavingSaysNothingToTheListenerAndNothingToPeers() throws Exception {
        Speaker speaker = speaker(OWN, heard, List.of(passive(PEER)));
        ScriptedPeer peer = peer(PEER).establish();
        peer.announce(VIA_V4, ONE);
        heard.await("the route", () -> heard.routes.containsKey(ONE));
        speaker.close();
        assertThat(heard.routes).containsKey(ONE);
        assertThat(heard.state(PEER)).isEqualTo(SessionState.ESTABLISHED);
        assertThatThrownBy(() -> peer.expect(Message.NOTIFICATION)).isInstanceOf(EOFException.class);
    }

    @Test
    void shuttingDownSaysWhyToPeersAndNothingToTheListener() throws Exception {
        Speaker speaker = speaker(OWN, heard, List.of(passive(PEER)));
        ScriptedPeer peer = peer(PEER).establish();
        peer.announce(VIA_V4, ONE);
        heard.await("the route", () -> heard.routes.containsKey(ONE));
        speaker.shutdown("node drained");
        assertThat(heard.routes).containsKey(ONE);
        assertThat(peer.expectNotification().communication()).isEqualTo("node drained");
    }

    /// Ten changes of a route while the peer does not read are one message when it does.
    @Test
    void aPeerThatDoesNotReadCostsTheRoutesAndNotTheChanges() throws Exception {
        Speaker speaker = speaker(OWN, heard, List.of(passive(PEER), passive(OTHER)));
        ScriptedPeer stuck = peer(PEER).establish();
        ScriptedPeer alsoStuck = peer(OTHER).establish();
        heard.await("both up", () -> heard.state(OTHER) == SessionState.ESTABLISHED);
        int count = 60_000; // more than both socket buffers take
        int rounds = 5;
        for (int round = 1; round <= rounds; round++) {
            int preference = round;
            speaker.originate(IntStream.range(0, count)
                    .mapToObj(host -> route(new Ipv4Address(0x0b00_0000 + host).hostPrefix(), preference, host))
                    .toList());
        }
        long sent = speaker.status().peers().getFirst().counters().updatesSent();
        assertThat(sent).isLessThan(count);
        assertThat(heard.advertised).isEmpty();
        alsoStuck.close(); // and does not wait for the one that is gone
        var last = new HashMap<Prefix, Long>();
        long updates = 0;
        for (int current = 0; current < count; updates++) {
            Update update = decoded(stuck.expect(Message.UPDATE));
            for (Update.Announcement announcement : update.announced()) {
                long preference =
                        Objects.requireNonNull(announcement.attributes()).localPref();
                for (Prefix prefix : prefixes(announcement.prefixes())) {
                    last.put(prefix, preference);
                    current += preference == rounds ? 1 : 0;
                }
            }
        }
        assertThat(last).hasSize(count);
        assertThat(updates).isLessThan(2L * count);
        heard.await("advertised", () -> heard.advertised.size() == count);
    }

    @Test
    void aRefreshIsAnsweredWithEverythingOnceMore() throws Exception {
        Speaker speaker = speaker(OWN, heard, List.of(passive(PEER)));
        speaker.originate(List.of(route(ONE, 1)));
        ScriptedPeer peer = peer(PEER).establish(new Capability.RouteRefresh());
        assertThat(announced(peer.expect(Message.UPDATE))).containsExactly(ONE);
        peer.expect(Message.UPDATE); // End-of-RIB of two families
        peer.expect(Message.UPDATE);
        peer.send(new Message.RouteRefresh(V6, 0)).send(new Message.RouteRefresh(V4, 0));
        assertThat(announced(peer.expect(Message.UPDATE))).containsExactly(ONE);
        speaker.withdraw(List.of(ONE, TWO));
        Update update = decoded(peer.expect(Message.UPDATE));
        assertThat(update.withdrawn()).hasSize(1);
        assertThat(update.endOfRib()).isNull();
    }

    /// A reflector that keeps the routes of a restarted node drops them on its End-of-RIB.
    @Test
    void endOfRibWaitsForTheNodesOwnRoutes() throws Exception {
        Speaker speaker = new Speaker(config(OWN, List.of(passive(PEER), passive(OTHER))), heard);
        opened.add(speaker);
        speaker.start();
        ScriptedPeer peer = peer(PEER).establish();
        speaker.originate(List.of(route(ONE, 1)));
        assertThat(announced(peer.expect(Message.UPDATE))).containsExactly(ONE);
        speaker.originate(List.of(route(TWO, 1)));
        assertThat(announced(peer.expect(Message.UPDATE))).containsExactly(TWO);
        speaker.initialRoutesOriginated();
        assertThat(decoded(peer.expect(Message.UPDATE)).endOfRib()).isEqualTo(V4);
        assertThat(decoded(peer.expect(Message.UPDATE)).endOfRib()).isEqualTo(V6);
        ScriptedPeer late = peer(OTHER).establish();
        assertThat(announced(late.expect(Message.UPDATE))).containsExactly(ONE, TWO);
        assertThat(decoded(late.expect(Message.UPDATE)).endOfRib()).isEqualTo(V4);
    }

    @Test
    void aListenerThatIsFullStopsTheReading() throws Exception {
        var full = new OneAtATime();
        Speaker speaker = new Speaker(config(OWN, List.of(passive(PEER))), full);
        opened.add(speaker);
        full.speaker.complete(speaker);
        speaker.start();
        ScriptedPeer peer = peer(PEER).establish();
        int count = 300_000;
        Prefix[] prefixes = IntStream.range(0, count)
                .mapToObj(host -> new Ipv4Address(0x0b00_0000 + host).hostPrefix())
                .toArray(Prefix[]::new);
        peer.announce(VIA_V4, prefixes);
        full.await("all routes", () -> full.prefixes == count);
        assertThat(full.unwanted).isZero();
        assertThat(full.deltas).isGreaterThan(10);
    }

    @Test
    void aRouteHasAsManyCommunitiesAsAMessageTakes() throws Exception {
        Speaker speaker = speaker(OWN, heard, List.of(passive(PEER)));
        List<LargeCommunity> communities = IntStream.rangeClosed(1, OriginatedRoute.COMMUNITIES_MAX)
                .mapToObj(group -> new LargeCommunity(65000, 2, group))
                .toList();
        List<LargeCommunity> twice =
                Stream.concat(communities.stream(), communities.stream()).toList();
        speaker.originate(List.of(new OriginatedRoute(SIX, IpAddress.parse("2001:db8::11"), 100, twice)));
        Update update = decoded(peer(PEER).establish().expect(Message.UPDATE));
        PathAttributes told =
                Objects.requireNonNull(update.announced().getFirst().attributes());
        assertThat(told.largeCommunities()).isEqualTo(communities);
        var tooMany = new ArrayList<>(communities);
        tooMany.add(new LargeCommunity(65000, 1, 1));
        assertThatThrownBy(() -> new OriginatedRoute(ONE, IpAddress.parse(OWN), 100, tooMany))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("301");
    }

    /// RFC 5492 §5: the NOTIFICATION says what is lacking.
    @Test
    void aPeerWithoutOurFamiliesIsToldWhatItLacks() throws Exception {
        speaker(OWN, heard, List.of(passive(PEER)));
        var capabilities = List.<Capability>of(
                new Capability.FourOctetAs(ScriptedPeer.AS), new Capability.Multiprotocol(new AddressFamily(25, 70)));
        ScriptedPeer peer = peer(PEER).send(new Message.Open(ScriptedPeer.AS, 180, new BgpIdentifier(1), capabilities));
        Message.Notification notification = peer.expectNotification();
        assertThat(notification.text()).isEqualTo(NotificationCode.UNSUPPORTED_CAPABILITY.text());
        assertThat(HexFormat.of().formatHex(notification.value().toArray())).isEqualTo("010400010001" + "010400020001");
    }

    @Test
    void aRouteToOurselvesIsRefused() throws Exception {
        Speaker speaker = speaker(OWN, heard, List.of(passive(PEER)));
        PathAttributes toUs = VIA_V4.toBuilder().nextHop(IpAddress.parse(OWN)).build();
        PathAttributes fromUs = VIA_V4.toBuilder()
                .originatorId(new BgpIdentifier(Ipv4Address.parse(OWN).value()))
                .build();
        peer(PEER).establish().announce(toUs, ONE).announce(fromUs, TWO).announce(VIA_V6, SIX);
        heard.await("the good one", () -> heard.routes.containsKey(SIX));
        assertThat(heard.routes).containsOnlyKeys(SIX);
        assertThat(speaker.status().peers().getFirst().counters().rejectedPaths())
                .isEqualTo(2);
    }

    /// RFC 8212: no policy, so nothing in and nothing out.
    @Test
    void anExternalPeerGetsAndGivesNothing() throws Exception {
        var external = new PeerConfig(
                IpAddress.parse(PEER), PORT, null, new Asn(65001), ScriptedPeer.FAMILIES, null, 180, 60, true);
        Speaker speaker = speaker(OWN, heard, List.of(external));
        speaker.originate(List.of(route(ONE, 1)));
        ScriptedPeer peer = peer(PEER).open(new Asn(65001));
        peer.expect(Message.OPEN);
        peer.send(new Message.Keepalive());
        byte[] first = peer.expect(Message.UPDATE).bytes();
        assertThat(first).isEqualTo(MessageEncoder.endOfRib(V4));
        PathAttributes path = VIA_V4.toBuilder()
                .localPref(PathAttributes.ABSENT)
                .asPath(slash32.bgp.wire.AsPath.EMPTY.prepend(new Asn(65001)))
                .build();
        peer.announce(path, TWO).endOfRib(V4).endOfRib(V6);
        heard.await("in sync", () -> heard.inSync.containsAll(ScriptedPeer.FAMILIES));
        assertThat(heard.routes).isEmpty();
        assertThat(speaker.status().peers().getFirst().counters().rejectedPaths())
                .isEqualTo(1);
        assertThat(heard.advertised).isEmpty();
    }

    /// Takes one delta at a time: says it is full when it has one, until another thread has worked it off.
    private static final class OneAtATime implements LocRibListener {
        final CompletableFuture<Speaker> speaker = new CompletableFuture<>();
        private final Recorder recorder = new Recorder();
        int prefixes;
        int deltas;
        int unwanted;
        private boolean busy;

        @Override
        public void changed(RibDelta delta) {
            synchronized (recorder) {
                unwanted += busy ? 1 : 0;
                busy = true;
                deltas++;
                prefixes += delta.size();
            }
            Thread.ofVirtual().start(() -> {
                synchronized (recorder) {
                    busy = false;
                    recorder.notifyAll();
                }
                speaker.join().resume();
            });
        }

        @Override
        public boolean ready() {
            synchronized (recorder) {
                return !busy;
            }
        }

        void await(String what, java.util.function.BooleanSupplier condition) throws InterruptedException {
            recorder.await(what, condition);
        }
    }

    private static Update decoded(ScriptedPeer.Received message) {
        byte[] octets = message.bytes();
        return new UpdateDecoder(new Terms(true, true, ScriptedPeer.FAMILIES))
                .decode(octets, Framer.HEADER_BYTES, octets.length);
    }

    private static List<Prefix> announced(ScriptedPeer.Received message) {
        return decoded(message).announced().stream()
                .flatMap(announcement -> prefixes(announcement.prefixes()).stream())
                .toList();
    }

    private static List<Prefix> prefixes(NlriSlice slice) {
        var prefixes = new ArrayList<Prefix>();
        slice.forEach((_, high, _, length) -> prefixes.add(new Prefix(new Ipv4Address((int) (high >>> 32)), length)));
        return prefixes;
    }

    private ScriptedPeer peer(String address) throws IOException {
        return opened.peer(address, OWN);
    }

    private Speaker speaker(String address, Recorder recorder, List<PeerConfig> peers) throws IOException {
        return opened.speaker(config(address, peers), recorder);
    }

    private static PeerConfig active(String address) {
        return Speakers.active(address, address.equals(OWN) ? "10.0.0.12" : OWN, null);
    }

    private static OriginatedRoute route(Prefix prefix, int preference) {
        return route(prefix, preference, 1);
    }

    private static OriginatedRoute route(Prefix prefix, int preference, int group) {
        return new OriginatedRoute(
                prefix, IpAddress.parse(OWN), preference, List.of(new LargeCommunity(65000, 2, group)));
    }
}
