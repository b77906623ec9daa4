package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.bgp.speaker.Speakers.PORT;
import static slash32.bgp.speaker.Speakers.active;
import static slash32.bgp.speaker.Speakers.restart;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import slash32.bgp.policy.Change;
import slash32.bgp.policy.GracefulShutdown;
import slash32.bgp.policy.LongLived;
import slash32.bgp.policy.Match;
import slash32.bgp.policy.Policy;
import slash32.bgp.policy.Policy.Rule;
import slash32.bgp.policy.Policy.Then;
import slash32.bgp.policy.PrefixRange;
import slash32.bgp.session.SessionOptions;
import slash32.bgp.session.SessionState;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.AsPath;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.NotificationCode;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.Update;
import slash32.bgp.wire.UpdateDecoder;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// What a peer may have beyond an address: limits, TTL security, keys, ranges, long-lived routes, refresh, policies.
@InNetns
class PeerOptionsTest {
    private static final AddressFamily V4 = AddressFamily.IPV4_UNICAST;
    private static final AddressFamily V6 = AddressFamily.IPV6_UNICAST;
    private static final String OWN = "10.0.0.11";
    private static final String PEER = "10.0.0.1";
    private static final String OTHER = "10.0.0.12";
    private static final Prefix ONE = Prefix.parse("10.9.0.1/32");
    private static final Prefix TWO = Prefix.parse("10.9.0.2/32");
    private static final Prefix THREE = Prefix.parse("10.9.0.3/32");
    private static final PathAttributes VIA = PathAttributes.builder()
            .nextHop(IpAddress.parse("10.0.0.50"))
            .localPref(100)
            .build();
    private static final Bytes KEY = Bytes.copyOf("first".getBytes(StandardCharsets.US_ASCII));
    private static final Bytes OTHER_KEY = Bytes.copyOf("second".getBytes(StandardCharsets.US_ASCII));

    @RegisterExtension
    final Opened opened = new Opened(PEER, OWN, OTHER);

    private final Recorder heard = new Recorder();

    @Test
    void aPeerWithTooManyPrefixesStaysDownUntilItMayHaveThem() throws Exception {
        Speaker speaker = speaker(OWN, heard, limited(2));
        ScriptedPeer peer = peer(PEER).establish().announce(VIA, ONE, TWO);
        heard.await("both", () -> heard.routes.size() == 2);
        peer.announce(VIA, THREE);
        Message.Notification why = peer.expectNotification();
        assertThat(why.text()).isEqualTo("maximum prefixes reached");
        assertThat(why.value()).isEqualTo(Bytes.fromHex("00010100000002"));
        heard.await("none", () -> heard.routes.isEmpty());
        assertThat(peer(PEER).expectNotification().text()).isEqualTo("connection rejected");
        speaker.reconfigure(config(OWN, limited(3)));
        heard.await("listening", () -> heard.state(PEER) == SessionState.ACTIVE);
        peer(PEER).establish().announce(VIA, ONE, TWO, THREE);
        heard.await("all", () -> heard.routes.size() == 3);
    }

    @Test
    void aLimitWithAPauseLetsThePeerBackAfterIt() throws Exception {
        var limit = new PrefixLimit(1, 80, Duration.ofMillis(300));
        speaker(OWN, heard, passive(PEER, new PeerOptions(SessionOptions.DEFAULT, Map.of(V4, limit), 0, null, null)));
        peer(PEER).establish().announce(VIA, ONE, TWO).expectNotification();
        heard.await("listening again", () -> heard.flaps(PEER) == 1 && heard.state(PEER) == SessionState.ACTIVE);
        peer(PEER).establish().announce(VIA, ONE);
        heard.await("the route", () -> heard.routes.containsKey(ONE));
    }

    /// RFC 5082: two that keep to it have a session, and what comes with a lower TTL isn't seen.
    @Test
    void ttlSecurityTakesOnlyWhatCameFromNear() throws Exception {
        var near = new PeerOptions(SessionOptions.DEFAULT, Map.of(), 1, null, null);
        var atOther = new Recorder();
        Speaker speaker = speaker(OWN, heard, active(OTHER, OWN, null).with(near), passive(PEER, near));
        speaker(OTHER, atOther, passive(OWN, near));
        speaker.originate(List.of(route(ONE)));
        atOther.await("the route", () -> atOther.routes.containsKey(ONE));
        peer(PEER).open(ScriptedPeer.AS); // with a TTL of 64
        heard.await("dropped segments", () -> counter("TcpExtTCPMinTTLDrop") > 0);
        assertThat(heard.state(PEER)).isNotEqualTo(SessionState.ESTABLISHED);
    }

    @Test
    void aKeyChangesWithoutLosingTheSession() throws Exception {
        var atOther = new Recorder();
        Speaker left = speaker(OWN, heard, active(OTHER, OWN, KEY));
        Speaker right =
                speaker(OTHER, atOther, passive(OWN, PeerOptions.DEFAULT).with(KEY));
        left.originate(List.of(route(ONE)));
        atOther.await("a route", () -> atOther.routes.containsKey(ONE));
        left.reconfigure(config(OWN, active(OTHER, OWN, OTHER_KEY)));
        left.originate(List.of(route(TWO)));
        heard.await("unsigned by the new key", () -> counter("TcpExtTCPMD5Failure") > 0);
        assertThat(atOther.routes).containsOnlyKeys(ONE);
        right.reconfigure(config(OTHER, passive(OWN, PeerOptions.DEFAULT).with(OTHER_KEY)));
        atOther.await("the other route", () -> atOther.routes.containsKey(TWO));
        assertThat(heard.flaps(OTHER)).isZero();
        assertThat(atOther.flaps(OWN)).isZero();
    }

    @Test
    void peersOfARangeComeAndGo() throws Exception {
        var range = new PeerRange(Prefix.parse("10.0.0.0/28"), passive("10.0.0.0", PeerOptions.DEFAULT), 1);
        Speaker speaker = ranged(range);
        ScriptedPeer peer = peer(PEER).establish().announce(VIA, ONE);
        heard.await("the route", () -> heard.routes.containsKey(ONE));
        assertThat(speaker.status().peers())
                .singleElement()
                .satisfies(status -> assertThat(status.address()).isEqualTo(IpAddress.parse(PEER)));
        try (var full = new ScriptedPeer(OTHER, OWN, PORT)) {
            assertThat(full.isClosedByPeer()).isTrue();
        }
        peer.close();
        heard.await("no route", () -> heard.routes.isEmpty());
        while (!speaker.status().peers().isEmpty()) {
            heard.pause(); // not in await, which holds what the speaker's thread may be waiting for
        }
        peer(OTHER).establish().announce(VIA, TWO);
        heard.await("the other's", () -> heard.routes.containsKey(TWO));
    }

    @Test
    void aRangeHasOneKey() throws Exception {
        var template = passive("10.0.0.0", PeerOptions.DEFAULT).with(KEY);
        Speaker speaker = ranged(new PeerRange(Prefix.parse("10.0.0.0/28"), template, 10));
        var atOther = new Recorder();
        speaker(OTHER, atOther, active(OWN, OTHER, KEY));
        speaker.originate(List.of(route(ONE)));
        atOther.await("the route", () -> atOther.routes.containsKey(ONE));
    }

    /// RFC 9494 §4.2.
    @Test
    void longAfterItsRestartTimeAPeersRoutesAreTheLastChoice() throws Exception {
        var lasting = new SessionOptions(SessionOptions.SEND_HOLD_SECONDS, 3_600, null, false);
        speaker(OWN, heard, passive(PEER, new PeerOptions(lasting, Map.of(), 0, null, null)));
        var once = PathAttributes.builder()
                .nextHop(IpAddress.parse("10.0.0.50"))
                .localPref(100)
                .communities(List.of(LongLived.NOT_KEPT))
                .build();
        try (ScriptedPeer lost = peer(PEER).establish(restart(1, V4), longLived(600))) {
            lost.announce(VIA, ONE, THREE).announce(once, TWO);
            heard.await("routes", () -> heard.routes.size() == 3);
        }
        heard.await("stale ones", () -> isStale(ONE) && isStale(THREE));
        assertThat(heard.routes).containsOnlyKeys(ONE, THREE);
        ScriptedPeer back = peer(PEER).establish(restart(1, V4), longLived(600)).announce(VIA, ONE);
        heard.await("a fresh one", () -> !isStale(ONE));
        back.endOfRib(V4);
        heard.await("only that", () -> heard.routes.keySet().equals(Set.of(ONE)));
    }

    /// RFC 7313 §4.
    @Test
    void aRefreshHasABeginningAndAnEnd() throws Exception {
        Speaker speaker = speaker(OWN, heard, passive(PEER, PeerOptions.DEFAULT));
        speaker.originate(List.of(route(ONE)));
        ScriptedPeer peer = peer(PEER).establish(new Capability.RouteRefresh(), new Capability.EnhancedRouteRefresh());
        peer.announce(VIA, TWO, THREE).endOfRib(V4).endOfRib(V6);
        heard.await("in sync", () -> heard.inSync.contains(V4));
        peer.send(new Message.RouteRefresh(V4, 0));
        assertThat(refresh(peer)).isEqualTo(1);
        assertThat(peer.receive().type()).isEqualTo(Message.UPDATE);
        assertThat(peer.receive().bytes()[21]).isEqualTo((byte) 2);
        peer.send(new Message.RouteRefresh(V4, 1)).announce(VIA, TWO).send(new Message.RouteRefresh(V4, 2));
        heard.await("what was said again", () -> heard.routes.keySet().equals(Set.of(TWO)));
    }

    @Test
    void aNewImportPolicyAsksThePeerToSayAllAgain() throws Exception {
        Speaker speaker = speaker(OWN, heard, passive(PEER, PeerOptions.DEFAULT));
        ScriptedPeer peer = peer(PEER).establish(new Capability.RouteRefresh()).announce(VIA, ONE, TWO);
        heard.await("both", () -> heard.routes.size() == 2);
        var onlyOne = new Policy(
                List.of(new Rule(
                        List.of(new Match.PrefixIn(List.of(PrefixRange.exactly(ONE)))),
                        List.of(new Change.LocalPref(150)),
                        Then.ACCEPT)),
                false);
        var options = new PeerOptions(SessionOptions.DEFAULT, Map.of(), 0, onlyOne, null);
        speaker.reconfigure(config(OWN, passive(PEER, options)));
        assertThat(refresh(peer)).isZero();
        peer.announce(VIA, ONE, TWO);
        heard.await("one", () -> heard.routes.keySet().equals(Set.of(ONE)));
        assertThat(Objects.requireNonNull(heard.routes.get(ONE)).localPref()).isEqualTo(150);
        assertThat(heard.flaps(PEER)).isZero();
    }

    /// RFC 8212 with a policy: an external peer gives and gets what that lets through.
    @Test
    void anExternalPeerWithPoliciesIsToldAndHeard() throws Exception {
        var external = new Asn(65001);
        var all = new Policy(List.of(new Rule(List.of(), List.of(new Change.LocalPref(70)), Then.ACCEPT)), false);
        var onlyOne = new Policy(
                List.of(new Rule(
                        List.of(new Match.PrefixIn(List.of(PrefixRange.exactly(ONE)))),
                        List.of(new Change.Med(5)),
                        Then.ACCEPT)),
                false);
        Speaker speaker = speaker(OWN, heard, external(external, all, onlyOne));
        speaker.originate(List.of(route(ONE), route(TWO)));
        ScriptedPeer peer = peer(PEER).open(external);
        peer.expect(Message.OPEN);
        peer.send(new Message.Keepalive());
        var told = update(peer, false);
        assertThat(told.announced()).singleElement().satisfies(one -> {
            PathAttributes path = Objects.requireNonNull(one.attributes());
            assertThat(path.asPath()).hasToString("65000");
            assertThat(path.med()).isEqualTo(5);
        });
        PathAttributes theirs = VIA.toBuilder()
                .localPref(PathAttributes.ABSENT)
                .asPath(AsPath.EMPTY.prepend(external))
                .communities(List.of())
                .build();
        peer.announce(theirs, THREE);
        heard.await("its route", () -> heard.routes.containsKey(THREE));
        assertThat(Objects.requireNonNull(heard.routes.get(THREE)).localPref()).isEqualTo(70);
        speaker.reconfigure(config(OWN, external(external, all, all)));
        peer.expect(Message.UPDATE); // End-of-RIB of both families, before
        peer.expect(Message.UPDATE);
        assertThat(update(peer, false).announced()).hasSize(1);
        assertThat(heard.flaps(PEER)).isZero();
    }

    @Test
    void aNodeThatLeavesMakesItsRoutesTheLastChoice() throws Exception {
        Speaker speaker = speaker(OWN, heard, passive(PEER, PeerOptions.DEFAULT));
        speaker.originate(List.of(route(ONE)));
        ScriptedPeer peer = peer(PEER).establish();
        assertThat(only(update(peer)).localPref()).isEqualTo(100);
        peer.expect(Message.UPDATE); // End-of-RIB of both families
        peer.expect(Message.UPDATE);
        speaker.drain(true);
        PathAttributes leaving = only(update(peer));
        assertThat(leaving.localPref()).isZero();
        assertThat(leaving.communities()).containsExactly(GracefulShutdown.COMMUNITY);
        speaker.drain(false);
        assertThat(only(update(peer)).localPref()).isEqualTo(100);
    }

    /// Whom a route is for changes under the session, and nobody is told more than that.
    @Test
    void aRouteMayBeForOnePeerAlone() throws Exception {
        Speaker speaker = speaker(OWN, heard, passive(PEER, PeerOptions.DEFAULT), passive(OTHER, PeerOptions.DEFAULT));
        ScriptedPeer peer = peer(PEER).establish();
        ScriptedPeer other = peer(OTHER).establish();
        speaker.initialRoutesOriginated();
        for (ScriptedPeer each : List.of(peer, other)) {
            each.expect(Message.UPDATE); // End-of-RIB of both families
            each.expect(Message.UPDATE);
        }
        speaker.originate(Map.of(ONE, onlyTo(Set.of(IpAddress.parse(PEER)))));
        speaker.originate(List.of(route(TWO)));
        assertThat(peer.nextAnnounced()).containsExactly(ONE);
        assertThat(peer.nextAnnounced()).containsExactly(TWO);
        assertThat(other.nextAnnounced()).containsExactly(TWO);
        speaker.originate(Map.of(ONE, onlyTo(Set.of(IpAddress.parse(OTHER)))));
        while (!other.nextAnnounced().contains(ONE)) {} // what it knew is told to it again, once
        assertThat(update(peer).withdrawn()).hasSize(1);
        speaker.originate(Map.of(ONE, onlyTo(Set.of())));
        assertThat(peer.nextAnnounced()).containsExactly(ONE);
        assertThat(heard.flaps(PEER) + heard.flaps(OTHER)).isZero();
    }

    private static PathAttributes onlyTo(Set<IpAddress> peers) {
        return PathAttributes.builder()
                .nextHop(IpAddress.parse(OWN))
                .localPref(100)
                .onlyTo(peers)
                .build();
    }

    private static PathAttributes only(Update update) {
        return Objects.requireNonNull(update.announced().getFirst().attributes());
    }

    private static PeerConfig external(Asn asn, Policy in, Policy out) {
        var options = new PeerOptions(SessionOptions.DEFAULT, Map.of(), 0, in, out);
        return new PeerConfig(
                IpAddress.parse(PEER), PORT, null, asn, ScriptedPeer.FAMILIES, null, 180, 60, true, options);
    }

    private static Update update(ScriptedPeer peer) throws IOException {
        return update(peer, true);
    }

    private static Update update(ScriptedPeer peer, boolean internal) throws IOException {
        byte[] octets = peer.expect(Message.UPDATE).bytes();
        return new UpdateDecoder(new Terms(internal, true, ScriptedPeer.FAMILIES))
                .decode(octets, Framer.HEADER_BYTES, octets.length);
    }

    @Test
    void whatIsNegotiatedResetsThePeerAndNobodyElse() throws Exception {
        Speaker speaker = speaker(OWN, heard, passive(PEER, PeerOptions.DEFAULT), passive(OTHER, PeerOptions.DEFAULT));
        ScriptedPeer peer = peer(PEER).establish();
        peer(OTHER).establish().announce(VIA, TWO);
        heard.await("the other's", () -> heard.routes.containsKey(TWO));
        var lasting = new SessionOptions(SessionOptions.SEND_HOLD_SECONDS, 3_600, null, false);
        var changed = new PeerOptions(lasting, Map.of(), 0, null, null);
        speaker.reconfigure(config(OWN, passive(PEER, changed), passive(OTHER, PeerOptions.DEFAULT)));
        assertThat(peer.expectNotification().text()).isEqualTo(NotificationCode.OTHER_CONFIGURATION_CHANGE.text());
        assertThat(heard.flaps(OTHER)).isZero();
    }

    private boolean isStale(Prefix prefix) {
        PathAttributes path = heard.routes.get(prefix);
        return path != null && path.communities().contains(LongLived.STALE);
    }

    private static int refresh(ScriptedPeer peer) throws IOException {
        return peer.expect(Message.ROUTE_REFRESH).bytes()[21];
    }

    private static long counter(String name) {
        Matcher value = Pattern.compile(name + "\\s+(\\d+)").matcher(Command.run("nstat", "-asz", name));
        return value.find() ? Long.parseLong(value.group(1)) : 0;
    }

    private static PeerConfig limited(int max) {
        var limits = Map.of(V4, new PrefixLimit(max, 80, null));
        return passive(PEER, new PeerOptions(SessionOptions.DEFAULT, limits, 0, null, null));
    }

    private static Capability longLived(int seconds) {
        return new Capability.LongLivedGracefulRestart(Map.of(V4, new Capability.LongLived(true, seconds)));
    }

    private static OriginatedRoute route(Prefix prefix) {
        return new OriginatedRoute(prefix, IpAddress.parse(OWN), 100, List.of());
    }

    private static PeerConfig passive(String address, PeerOptions options) {
        return Speakers.passive(address).with(options);
    }

    private ScriptedPeer peer(String address) throws IOException {
        return opened.peer(address, OWN);
    }

    private Speaker speaker(String address, Recorder recorder, PeerConfig... peers) throws IOException {
        return opened.speaker(config(address, peers), recorder);
    }

    private Speaker ranged(PeerRange range) throws IOException {
        SpeakerConfig plain = config(OWN);
        return opened.speaker(
                new SpeakerConfig(
                        plain.asn(),
                        plain.identifier(),
                        plain.listen(),
                        plain.port(),
                        List.of(),
                        false,
                        plain.inSyncTimeout(),
                        List.of(range),
                        null),
                heard);
    }

    private static SpeakerConfig config(String address, PeerConfig... peers) {
        return Speakers.config(address, List.of(peers));
    }
}
