package slash32.bgp.session;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.bgp.session.SessionMachineTest.identifier;
import static slash32.bgp.session.SessionMachineTest.open;
import static slash32.bgp.session.SessionMachineTest.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.Message.Notification;
import slash32.bgp.wire.NotificationCode;
import slash32.bgp.wire.PeerRole;
import slash32.net.Asn;

/// How a session ends, what stays of it, and when there is another: RFC 8538, RFC 9687, RFC 9234, RFC 9384, limits
/// and oscillation.
class SessionEndsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Asn AS = new Asn(65000);
    private static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.IPV4_UNICAST);
    private static final Capability N_BIT =
            new Capability.GracefulRestart(false, true, 60, Map.of(AddressFamily.IPV4_UNICAST, true));
    private static final Notification LIMIT = Notification.of(NotificationCode.MAXIMUM_PREFIXES_REACHED);
    private static final Notification SHUTDOWN =
            Notification.cease(NotificationCode.ADMINISTRATIVE_SHUTDOWN, "maintenance");

    private long now;
    private long number;
    private SessionMachine machine = machine(AS, SessionOptions.DEFAULT);

    @Test
    void aNotificationIsARestartWhereBothSaySo() {
        establish(N_BIT);
        assertThat(on(new Event.Malformed(number, Notification.of(NotificationCode.INVALID_ORIGIN))))
                .isEqualTo("send 0 invalid origin, close 0, down keeping routes");
        again(N_BIT);
        assertThat(on(received(SHUTDOWN))).isEqualTo("close 1, down keeping routes");
        again(N_BIT);
        assertThat(on(received(HardReset.of(SHUTDOWN)))).isEqualTo("close 2, down");
    }

    @Test
    void aHardResetSaysTheRealReason() {
        establish(N_BIT);
        List<Action> actions = machine.on(received(HardReset.of(SHUTDOWN)), now);
        assertThat(actions)
                .last()
                .isInstanceOfSatisfying(
                        Action.Changed.class,
                        changed -> assertThat(changed.reason())
                                .isEqualTo("received administrative shutdown (maintenance)"));
    }

    @Test
    void aStopIsAHardResetForAPeerThatWouldKeepTheRoutes() {
        establish(N_BIT);
        assertThat(on(new Event.Stop(SHUTDOWN))).isEqualTo("send 0 hard reset, close 0, down");
    }

    @Test
    void aPeerThatTakesNothingIsGivenUp() {
        establish();
        run(479);
        assertThat(machine.state()).isEqualTo(SessionState.ESTABLISHED);
        assertThat(run(480)).contains("send 0 send hold timer expired, close 0, down");
    }

    @Test
    void whatItTakesRestartsTheSendHoldTimer() {
        establish();
        run(400);
        on(new Event.Written(number));
        run(879);
        assertThat(machine.state()).isEqualTo(SessionState.ESTABLISHED);
        assertThat(run(880)).contains("send hold timer expired");
    }

    @Test
    void afterALimitThePeerIsRefusedForThePause() {
        establish();
        assertThat(on(new Event.Fault(number, LIMIT, 60 * SECOND)))
                .isEqualTo("send 0 maximum prefixes reached, close 0, down");
        assertThat(machine.state()).isEqualTo(SessionState.IDLE);
        assertThat(on(new Event.Connected(9, false))).isEqualTo("send 9 connection rejected, close 9");
        assertThat(run(59)).isEmpty();
        assertThat(run(60)).startsWith("dial ");
    }

    @Test
    void withoutAPauseThePeerStaysDownUntilItIsStartedAgain() {
        establish();
        on(new Event.Fault(number, LIMIT, Event.FOR_GOOD));
        assertThat(run(1_000_000)).isEmpty();
        assertThat(machine.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(on(new Event.Start())).startsWith("dial ");
    }

    /// RFC 4271 §8.1.1 DampPeerOscillations.
    @Test
    void aSessionThatKeepsFallingIsRefusedForAWhile() {
        machine = machine(AS, SessionOptions.DEFAULT, true);
        for (int fall = 1; fall <= 2; fall++) {
            establishPassively();
            on(received(LIMIT));
            assertThat(machine.state()).isEqualTo(SessionState.ACTIVE);
        }
        establishPassively();
        on(received(LIMIT));
        assertThat(machine.state()).isEqualTo(SessionState.IDLE);
        assertThat(on(new Event.Connected(99, false))).contains("connection rejected");
        now = machine.nextDeadlineNanos();
        on(new Event.DeadlineReached());
        establishPassively();
    }

    /// The first two losses cost nothing but the session; BIRD delays its peer after the first already.
    @Test
    void aPathThatIsLostAgainAndAgainIsAnOscillation() {
        establish();
        for (int loss = 1; loss <= 2; loss++) {
            assertThat(on(new Event.PathDown("BFD", false))).contains("down");
            assertThat(machine.state()).isEqualTo(SessionState.ACTIVE);
            again();
        }
        on(new Event.PathDown("BFD", false));
        assertThat(machine.state()).isEqualTo(SessionState.IDLE);
        assertThat(machine.nextDeadlineNanos() - now).isBetween(SECOND, 10 * SECOND);
        again();
        assertThat(machine.state()).isEqualTo(SessionState.ESTABLISHED);
    }

    @Test
    void aLostPathIsAHardResetUnlessThePeerMayBeRestarting() {
        establish(N_BIT);
        assertThat(on(new Event.PathDown("BFD", false))).isEqualTo("send 0 hard reset, close 0, down");
        again(N_BIT);
        assertThat(on(new Event.PathDown("BFD", true))).isEqualTo("close 1, down keeping routes");
    }

    @ParameterizedTest(name = "{0} and {1}, strict {2}: {3}")
    @CsvSource({
        "CUSTOMER, PROVIDER, false, keepalive",
        "PROVIDER, CUSTOMER, true, keepalive",
        "PEER, PEER, true, keepalive",
        "ROUTE_SERVER, ROUTE_SERVER_CLIENT, true, keepalive",
        "PEER, CUSTOMER, false, role mismatch",
        "CUSTOMER, CUSTOMER, false, role mismatch",
        "CUSTOMER, , false, keepalive",
        "CUSTOMER, , true, role mismatch",
        ", PROVIDER, true, keepalive",
    })
    void rolesMustBeAPair(@Nullable PeerRole ours, @Nullable PeerRole theirs, boolean strict, String answer) {
        machine = machine(new Asn(65001), new SessionOptions(480, 0, ours, strict));
        on(new Event.Start());
        on(new Event.Connected(0, true));
        List<Capability> role = theirs == null ? List.of() : List.of(new Capability.Role(theirs));
        assertThat(on(new Event.Received(0, with(open(new Asn(65001), "10.0.0.3", 90, FAMILIES), role))))
                .startsWith("send 0 " + answer);
    }

    private static SessionMachine machine(Asn peer, SessionOptions options) {
        return machine(peer, options, false);
    }

    private static SessionMachine machine(Asn peer, SessionOptions options, boolean passive) {
        var config = new SessionConfig(AS, peer, identifier("10.0.0.2"), 90, FAMILIES, 120, passive, options);
        return new SessionMachine(config, false, () -> 1);
    }

    private void establish(Capability... more) {
        on(new Event.Start());
        dialed(more);
    }

    /// The next session, that we dial once the pause is over.
    private void again(Capability... more) {
        now = machine.nextDeadlineNanos();
        assertThat(on(new Event.DeadlineReached())).isEqualTo("dial " + ++number);
        dialed(more);
    }

    private void dialed(Capability... more) {
        on(new Event.Connected(number, true));
        agree(more);
    }

    private void establishPassively() {
        on(new Event.Start());
        number = machine.newConnection();
        on(new Event.Connected(number, false));
        agree();
    }

    private void agree(Capability... more) {
        on(received(with(open(AS, "10.0.0.3", 90, FAMILIES), List.of(more))));
        assertThat(on(received(new Message.Keepalive()))).contains("up " + number);
    }

    /// Later capabilities stand for earlier ones.
    private static Message.Open with(Message.Open open, List<Capability> more) {
        var all = new ArrayList<>(open.capabilities());
        all.addAll(more);
        return new Message.Open(open.asn(), open.holdSeconds(), open.identifier(), all);
    }

    private Event received(Message message) {
        return new Event.Received(number, message);
    }

    private String on(Event event) {
        return text(machine.on(event, now));
    }

    /// Lets the peer's keepalives and the machine's deadlines go on until {@code seconds}.
    private String run(long seconds) {
        var seen = new ArrayList<String>();
        while (machine.nextDeadlineNanos() <= seconds * SECOND) {
            now = machine.nextDeadlineNanos();
            seen.add(on(new Event.DeadlineReached()));
            on(received(new Message.Keepalive()));
        }
        now = seconds * SECOND;
        return String.join(", ", seen);
    }
}
