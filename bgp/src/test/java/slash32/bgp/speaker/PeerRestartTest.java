package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static slash32.bgp.speaker.Speakers.ONE;
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
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.NotificationCode;
import slash32.net.IpAddress;
import slash32.testkit.InNetns;

/// What becomes of the routes of a peer whose session ended: it restarts, says goodbye, is removed, or the way to it is
/// lost. Which of them stay, and how long, RestartMachineTest shows without waiting for it.
@InNetns
class PeerRestartTest {
    private static final String OWN = "10.0.0.11";
    private static final String PEER = "10.0.0.1";
    private static final String OTHER = "10.0.0.2";

    @RegisterExtension
    final Opened opened = new Opened(PEER, OTHER, OWN, "10.0.0.12");

    private final Recorder heard = new Recorder();

    /// RFC 4724 §4.2: the families of its capability, for its restart time.
    @Test
    void aRestartingPeersRoutesStayForItsTimeAndItsFamilies() throws Exception {
        speaker(passive(PEER));
        try (ScriptedPeer restarts = peer(PEER).establish(restart(3, V4))) {
            restarts.announce(VIA_V4, ONE).announce(VIA_V6, SIX);
            heard.await("routes", () -> heard.routes.size() == 2);
        }
        heard.await("no IPv6", () -> !heard.routes.containsKey(SIX));
        assertThat(heard.routes).containsKey(ONE);
        heard.await("nothing: it is not back", () -> heard.routes.isEmpty());
    }

    @Test
    void aPeerThatIsBackSaysWhatStays() throws Exception {
        Speaker speaker = speaker(passive(PEER));
        for (int time = 0; time < 2; time++) { // and it may restart once more
            try (ScriptedPeer restarts = peer(PEER).establish(restart(60, V4, V6))) {
                restarts.announce(VIA_V4, ONE, TWO).announce(VIA_V6, SIX);
                heard.await("routes", () -> heard.routes.size() == 3);
            }
            int flaps = time + 1;
            heard.await("the loss", () -> heard.flaps(PEER) == flaps);
        }
        ScriptedPeer back = peer(PEER).establish(restart(60, V4, V6));
        back.announce(VIA_V4, ONE).endOfRib(V4);
        heard.await("without what it did not say", () -> !heard.routes.containsKey(TWO));
        assertThat(heard.routes).containsOnlyKeys(ONE, SIX);
        back.endOfRib(V6);
        heard.await("the other family", () -> !heard.routes.containsKey(SIX));
        assertThat(speaker.status().inSync()).containsExactlyInAnyOrder(V4, V6);
    }

    /// As a reflector does that waits for its other clients.
    @Test
    void aPeerThatIsBackAndSaysNothingKeepsItsRoutesUntilEndOfRib() throws Exception {
        Speaker speaker = speaker(passive(PEER));
        try (ScriptedPeer restarts = peer(PEER).establish(restart(60, V4, V6))) {
            restarts.announce(VIA_V4, ONE).endOfRib(V4).endOfRib(V6);
            heard.await("the route", () -> heard.routes.containsKey(ONE));
        }
        heard.await("the loss", () -> heard.flaps(PEER) == 1);
        ScriptedPeer back =
                peer(PEER).establish(new Capability.GracefulRestart(true, false, 60, Map.of(V4, true, V6, true)));
        for (int tried = 0; tried < 300 && !hasEnded(speaker); tried++) {
            heard.pause();
        }
        assertThat(hasEnded(speaker)).as("no longer waited for").isTrue();
        assertThat(heard.routes).containsOnlyKeys(ONE);
        back.endOfRib(V4);
        heard.await("what it did not say again", heard.routes::isEmpty);
    }

    private static boolean hasEnded(Speaker speaker) {
        return speaker.status().peers().getFirst().families().values().stream().allMatch(PeerStatus.Family::ended);
    }

    @Test
    void aPeerThatLostItsForwardingStateIsBelieved() throws Exception {
        speaker(passive(PEER));
        try (ScriptedPeer restarts = peer(PEER).establish(restart(60, V4, V6))) {
            restarts.announce(VIA_V4, ONE).announce(VIA_V6, SIX);
            heard.await("routes", () -> heard.routes.size() == 2);
        }
        heard.await("the loss", () -> heard.flaps(PEER) == 1);
        peer(PEER).establish(new Capability.GracefulRestart(true, false, 60, Map.of(V4, true, V6, false)));
        heard.await("no IPv6", () -> !heard.routes.containsKey(SIX));
        assertThat(heard.routes).containsOnlyKeys(ONE);
    }

    @Test
    void aPeerThatSaysGoodbyeTakesItsRoutesAlong() throws Exception {
        speaker(passive(PEER));
        ScriptedPeer leaves = peer(PEER).establish(restart(60, V4, V6));
        leaves.announce(VIA_V4, ONE);
        heard.await("the route", () -> heard.routes.containsKey(ONE));
        leaves.send(Message.Notification.cease(NotificationCode.ADMINISTRATIVE_SHUTDOWN, "bye"));
        heard.await("its reason", () -> heard.reason(PEER).contains("bye"));
        assertThat(heard.routes).isEmpty();
    }

    @Test
    void removingAPeerThatIsAwayTakesItsStaleRoutes() throws Exception {
        Speaker speaker = speaker(passive(PEER), passive(OTHER));
        ScriptedPeer stays = peer(OTHER).establish();
        stays.announce(VIA_V4, TWO);
        try (ScriptedPeer restarts = peer(PEER).establish(restart(600, V4))) {
            restarts.announce(VIA_V4, ONE);
            heard.await("routes", () -> heard.routes.size() == 2);
        }
        heard.await("the loss", () -> heard.flaps(PEER) == 1);
        speaker.reconfigure(config(OWN, List.of(passive(OTHER))));
        heard.await("only the other's", () -> !heard.routes.containsKey(ONE));
        assertThat(heard.routes).containsOnlyKeys(TWO);
        assertThat(speaker.status().peers())
                .singleElement()
                .satisfies(peer -> assertThat(peer.counters().flaps()).isZero());
    }

    @Test
    void aLostPathEndsTheSessionAtOnce() throws Exception {
        Speaker speaker = speaker(passive(PEER), passive(OTHER));
        peer(OTHER).establish().announce(VIA_V4, TWO);
        ScriptedPeer plain = peer(PEER).establish().announce(VIA_V4, ONE);
        heard.await("routes", () -> heard.routes.size() == 2);
        speaker.linkDown(IpAddress.parse(PEER), "BFD: control detection time expired", true);
        heard.await("only the other's", () -> heard.routes.keySet().equals(Set.of(TWO)));
        assertThat(plain.expectNotification().text()).isEqualTo("bfd down");
        heard.await("its reason", () -> heard.reason(PEER).equals("BFD: control detection time expired"));

        ScriptedPeer graceful = peer(PEER).establish(restart(600, V4)).announce(VIA_V4, ONE);
        heard.await("both again", () -> heard.routes.size() == 2);
        speaker.linkDown(IpAddress.parse(PEER), "it may be restarting", true);
        heard.await("the loss", () -> heard.flaps(PEER) == 2);
        assertThatThrownBy(graceful::expectNotification).isInstanceOf(EOFException.class);
        assertThat(heard.routes).containsOnlyKeys(ONE, TWO);
        speaker.linkDown(IpAddress.parse(PEER), "its forwarding is gone too", false);
        heard.await("only the other's", () -> heard.routes.keySet().equals(Set.of(TWO)));
    }

    private ScriptedPeer peer(String address) throws IOException {
        return opened.peer(address, OWN);
    }

    private Speaker speaker(PeerConfig... peers) throws IOException {
        return opened.speaker(config(OWN, List.of(peers)), heard);
    }
}
