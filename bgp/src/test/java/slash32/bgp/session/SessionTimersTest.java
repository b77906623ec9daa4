package slash32.bgp.session;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.bgp.session.SessionMachineTest.config;
import static slash32.bgp.session.SessionMachineTest.identifier;
import static slash32.bgp.session.SessionMachineTest.open;
import static slash32.bgp.session.SessionMachineTest.text;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.Message.Notification;
import slash32.bgp.wire.NotificationCode;
import slash32.net.Asn;

/// Hold, keepalive and retry timers of RFC 4271 §8.1.3 and §10, with the jitter at its longest.
class SessionTimersTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Asn AS = new Asn(65000);

    private static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.IPV4_UNICAST);

    private long now;
    private long dialing;
    private SessionMachine machine = new SessionMachine(config("10.0.0.2", 90, false), false, () -> 1);

    @Test
    void theHoldTimeIsTheSmallerOfBothAndEveryMessageRestartsIt() {
        establish(30);
        at(29).on(new Event.UpdateReceived(0));
        at(58).on(new Event.Received(0, new Message.Keepalive()));
        assertThat(runTimers(87)).doesNotContain("hold timer expired");
        assertThat(runTimers(88))
                .endsWith("send 0 hold timer expired, close 0, down keeping routes")
                .doesNotContain("keepalive");
    }

    @Test
    void keepalivesGoOutThreeTimesInAHoldTime() {
        establish(90);
        assertThat(machine.nextDeadlineNanos()).isEqualTo(30 * SECOND);
        assertThat(text(at(30).on(new Event.DeadlineReached()))).isEqualTo("send 0 keepalive");
        assertThat(machine.nextDeadlineNanos()).isEqualTo(60 * SECOND);
    }

    @Test
    void aHoldTimeOfZeroMeansNoTimers() {
        establish(0);
        assertThat(machine.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(text(at(86_400).on(new Event.DeadlineReached()))).isEmpty();
        assertThat(machine.state()).isEqualTo(SessionState.ESTABLISHED);
    }

    @Test
    void aPeerThatNeverSaysOpenIsGivenUp() {
        machine.on(new Event.Start(), now);
        machine.on(new Event.Connected(0, true), now);
        assertThat(machine.nextDeadlineNanos()).isEqualTo(240 * SECOND);
        assertThat(text(at(240).on(new Event.DeadlineReached()))).isEqualTo("send 0 hold timer expired, close 0");
        assertThat(machine.state()).isEqualTo(SessionState.ACTIVE);
    }

    @Test
    void dialsWithEverLongerPausesUpToTenSeconds() {
        machine.on(new Event.Start(), now);
        for (long pause : List.of(1L, 2L, 4L, 8L, 10L, 10L)) {
            machine.on(new Event.DialFailed(dialing, "refused"), now);
            assertThat(machine.nextDeadlineNanos() - now).isEqualTo(pause * SECOND);
            now = machine.nextDeadlineNanos();
            assertThat(text(machine.on(new Event.DeadlineReached(), now))).isEqualTo("dial " + ++dialing);
        }
    }

    @Test
    void aDialWithoutAnAnswerIsGivenUp() {
        machine.on(new Event.Start(), now);
        assertThat(machine.nextDeadlineNanos()).isEqualTo(10 * SECOND);
        assertThat(text(at(10).on(new Event.DeadlineReached()))).isEqualTo("close 0");
        assertThat(machine.state()).isEqualTo(SessionState.ACTIVE);
        assertThat(machine.nextDeadlineNanos()).isEqualTo(11 * SECOND);
    }

    @Test
    void aDialInProgressOutlivesTheFailureOfAnotherConnection() {
        machine.on(new Event.Start(), now);
        machine.on(new Event.Connected(7, false), now);
        machine.on(new Event.Closed(7, "reset"), now);
        assertThat(machine.state()).isEqualTo(SessionState.CONNECT);
        assertThat(text(machine.on(new Event.Connected(0, true), now))).isEqualTo("send 0 open");
    }

    @Test
    void aSessionThatFallsAtOnceDoesNotResetThePause() {
        machine.on(new Event.Start(), now);
        for (long pause : List.of(1L, 2L, 4L, 8L)) {
            up(90);
            machine.on(new Event.Received(dialing, Notification.of(NotificationCode.MAXIMUM_PREFIXES_REACHED)), now);
            assertThat(machine.nextDeadlineNanos() - now).isEqualTo(pause * SECOND);
            now = machine.nextDeadlineNanos();
            assertThat(text(machine.on(new Event.DeadlineReached(), now))).isEqualTo("dial " + ++dialing);
        }
        up(90);
        now += 60 * SECOND; // that one was stable
        machine.on(new Event.Received(dialing, new Message.Keepalive()), now);
        machine.on(new Event.Closed(dialing, "reset"), now);
        assertThat(machine.nextDeadlineNanos() - now).isEqualTo(SECOND);
    }

    @Test
    void aPassivePeerIsNeverDialled() {
        machine = new SessionMachine(config("10.0.0.2", 90, true), false, () -> 1);
        assertThat(text(machine.on(new Event.Start(), now))).isEmpty();
        assertThat(machine.state()).isEqualTo(SessionState.ACTIVE);
        machine.on(new Event.Connected(5, false), now);
        machine.on(new Event.Closed(5, "reset"), now);
        assertThat(machine.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @ParameterizedTest(name = "ours {0}, the peer''s {1} of AS {2}: {3} stays")
    @CsvSource({
        "10.0.0.2, 10.0.0.3, 65000, theirs",
        "10.0.0.4, 10.0.0.3, 65000, ours",
        "200.0.0.1, 10.0.0.3, 65000, ours", // compared unsigned
        "10.0.0.3, 10.0.0.3, 65001, theirs", // RFC 6286 §2.3: the same identifier, the higher AS
        "10.0.0.3, 10.0.0.3, 64999, ours",
    })
    void aCollisionIsDecidedByIdentifierAndThenByAs(String ours, String theirs, long peerAs, String stays) {
        var config = new SessionConfig(
                AS, new Asn(peerAs), identifier(ours), 90, FAMILIES, 0, false, SessionOptions.DEFAULT);
        for (long first : List.of(0L, 1L)) {
            machine = new SessionMachine(config, false, () -> 1);
            machine.on(new Event.Start(), now);
            machine.on(new Event.Connected(0, true), now);
            machine.on(new Event.Connected(1, false), now);
            machine.on(new Event.Received(first, open(new Asn(peerAs), theirs, 90, FAMILIES)), now);
            String actions =
                    text(machine.on(new Event.Received(1 - first, open(new Asn(peerAs), theirs, 90, FAMILIES)), now));
            long loser = stays.equals("ours") ? 1 : 0;
            assertThat(actions).contains("send " + loser + " connection collision resolution, close " + loser);
            assertThat(actions).doesNotContain("close " + (1 - loser));
        }
    }

    @Test
    void termsSayWhatWasAgreed() {
        SessionTerms terms = establish(30);
        assertThat(terms.holdSeconds()).isEqualTo(30);
        assertThat(terms.wire().families()).isEqualTo(FAMILIES);
        assertThat(terms.wire().fourOctetAs()).isTrue();
        assertThat(terms.wire().internal()).isTrue();
        assertThat(terms.routeRefresh()).isFalse();
        assertThat(Objects.requireNonNull(terms.gracefulRestart()).restartSeconds())
                .isEqualTo(60);
    }

    private SessionTerms establish(int holdSeconds) {
        machine.on(new Event.Start(), now);
        return up(holdSeconds);
    }

    private SessionTerms up(int holdSeconds) {
        machine.on(new Event.Connected(dialing, true), now);
        machine.on(new Event.Received(dialing, open(AS, "10.0.0.3", holdSeconds, FAMILIES)), now);
        return machine.on(new Event.Received(dialing, new Message.Keepalive()), now).stream()
                .filter(Action.Up.class::isInstance)
                .map(action -> ((Action.Up) action).terms())
                .findFirst()
                .orElseThrow();
    }

    private SessionTimersTest at(long seconds) {
        now = seconds * SECOND;
        return this;
    }

    private List<Action> on(Event event) {
        return machine.on(event, now);
    }

    /// Feeds deadlines until {@code seconds}, the machine's own pace.
    private String runTimers(long seconds) {
        var seen = new StringBuilder();
        while (machine.nextDeadlineNanos() <= seconds * SECOND) {
            String actions = text(machine.on(new Event.DeadlineReached(), machine.nextDeadlineNanos()));
            seen.append(seen.isEmpty() || actions.isEmpty() ? "" : ", ").append(actions);
        }
        return seen.toString();
    }
}
