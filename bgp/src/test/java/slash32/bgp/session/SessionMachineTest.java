package slash32.bgp.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.Message.Notification;
import slash32.bgp.wire.NotificationCode;
import slash32.net.Asn;
import slash32.net.Ipv4Address;

/// The machine by the clauses of RFC 4271 §8.2.2: state, event, next state, actions. Our side is AS 65000, 10.0.0.2;
/// the peer AS 65000, 10.0.0.3, so that what the peer dials wins a collision.
class SessionMachineTest {
    private static final long SECOND = 1_000_000_000L;
    private static final Asn AS = new Asn(65000);
    private static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);
    private static final SessionConfig CONFIG = config("10.0.0.2", 90, false);
    private static final Message.Open OPEN = open(AS, "10.0.0.3", 90, FAMILIES);
    private static final Event START = new Event.Start();
    private static final Event STOP =
            new Event.Stop(Notification.cease(NotificationCode.ADMINISTRATIVE_SHUTDOWN, "maintenance"));
    private static final Event DEADLINE = new Event.DeadlineReached();
    private static final Message KEEPALIVE = new Message.Keepalive();
    private static final Message REFRESH = new Message.RouteRefresh(AddressFamily.IPV4_UNICAST, 0);
    private static final Notification CEASE = Notification.of(NotificationCode.ADMINISTRATIVE_RESET);

    /// Where a row begins; connection 0 is the one that we dialled, 1 the peer's.
    private record Given(String name, List<Event> events) {
        static final Given IDLE = new Given("Idle", List.of());
        static final Given CONNECT = IDLE.then("Connect", START);
        static final Given ACTIVE = CONNECT.then("Active", new Event.DialFailed(0, "refused"));
        static final Given OPEN_SENT = CONNECT.then("OpenSent", new Event.Connected(0, true));
        static final Given OPEN_CONFIRM = OPEN_SENT.then("OpenConfirm", received(0, OPEN));
        static final Given ESTABLISHED = OPEN_CONFIRM.then("Established", received(0, KEEPALIVE));
        static final Given COLLISION = OPEN_SENT.then("two in OpenSent", new Event.Connected(1, false));
        static final Given COLLISION_CONFIRM = COLLISION.then("OpenConfirm and OpenSent", received(0, OPEN));
        static final Given ESTABLISHED_AND_NEW =
                ESTABLISHED.then("Established and OpenSent", new Event.Connected(1, false));

        /// The peer's connection came first, and our dial is not answered yet.
        static final Given ESTABLISHED_AND_DIALING = CONNECT.then("", new Event.Connected(1, false))
                .then("", received(1, OPEN))
                .then("Established and dialling", received(1, KEEPALIVE));

        Given then(String reached, Event event) {
            return new Given(
                    reached, Stream.concat(events.stream(), Stream.of(event)).toList());
        }
    }

    private record Row(String clause, Given given, Event event, long at, SessionState next, String actions) {
        @Override
        public String toString() {
            return given.name + ": " + clause;
        }
    }

    static Stream<Row> idle() {
        return Stream.of(
                row("ManualStart (1)", Given.IDLE, START, SessionState.CONNECT, "dial 0"),
                row("ManualStop is ignored (2)", Given.IDLE, STOP, SessionState.IDLE, ""),
                row(
                        "refuses all incoming connections",
                        Given.IDLE,
                        new Event.Connected(7, false),
                        SessionState.IDLE,
                        "send 7 connection rejected, close 7"),
                row("any other event", Given.IDLE, received(7, KEEPALIVE), SessionState.IDLE, ""),
                row("any other event: deadline", Given.IDLE, DEADLINE, SessionState.IDLE, ""));
    }

    static Stream<Row> connectAndActive() {
        return Stream.of(
                row("Start is ignored (1)", Given.CONNECT, START, SessionState.CONNECT, ""),
                row("ManualStop drops the attempt (2)", Given.CONNECT, STOP, SessionState.IDLE, "close 0"),
                row(
                        "TCP succeeds (16)",
                        Given.CONNECT,
                        new Event.Connected(0, true),
                        SessionState.OPEN_SENT,
                        "send 0 open"),
                row(
                        "the peer's connection succeeds (17)",
                        Given.CONNECT,
                        new Event.Connected(1, false),
                        SessionState.OPEN_SENT,
                        "send 1 open"),
                row("TCP fails (18)", Given.CONNECT, new Event.DialFailed(0, "refused"), SessionState.ACTIVE, ""),
                row(
                        "an attempt that was given up succeeds",
                        Given.ACTIVE,
                        new Event.Connected(0, true),
                        SessionState.ACTIVE,
                        "close 0"),
                row("Start is ignored (1)", Given.ACTIVE, START, SessionState.ACTIVE, ""),
                row("ManualStop (2)", Given.ACTIVE, STOP, SessionState.IDLE, ""),
                row(
                        "the peer's connection succeeds (17)",
                        Given.ACTIVE,
                        new Event.Connected(1, false),
                        SessionState.OPEN_SENT,
                        "send 1 open"),
                row("another's message", Given.ACTIVE, received(0, OPEN), SessionState.ACTIVE, ""));
    }

    static Stream<Row> openSent() {
        return Stream.of(
                row("Start is ignored (1)", Given.OPEN_SENT, START, SessionState.OPEN_SENT, ""),
                row(
                        "ManualStop (2)",
                        Given.OPEN_SENT,
                        STOP,
                        SessionState.IDLE,
                        "send 0 administrative shutdown (maintenance), close 0"),
                row("TCP fails (18)", Given.OPEN_SENT, new Event.Closed(0, "reset"), SessionState.ACTIVE, ""),
                row("BGPOpen (19)", Given.OPEN_SENT, received(0, OPEN), SessionState.OPEN_CONFIRM, "send 0 keepalive"),
                row(
                        "BGPHeaderErr (21), BGPOpenMsgErr (22)",
                        Given.OPEN_SENT,
                        new Event.Malformed(0, Notification.of(NotificationCode.BAD_MESSAGE_LENGTH)),
                        SessionState.ACTIVE,
                        "send 0 bad message length, close 0"),
                row(
                        "BGPOpenMsgErr (22): another AS",
                        Given.OPEN_SENT,
                        received(0, open(new Asn(65001), "10.0.0.3", 90, FAMILIES)),
                        SessionState.ACTIVE,
                        "send 0 bad peer as, close 0"),
                row(
                        "BGPOpenMsgErr (22): our identifier (RFC 6286)",
                        Given.OPEN_SENT,
                        received(0, open(AS, "10.0.0.2", 90, FAMILIES)),
                        SessionState.ACTIVE,
                        "send 0 bad bgp identifier, close 0"),
                row(
                        "BGPOpenMsgErr (22): no family in common (RFC 5492)",
                        Given.OPEN_SENT,
                        received(0, open(AS, "10.0.0.3", 90, Set.of(new AddressFamily(25, 70)))),
                        SessionState.ACTIVE,
                        "send 0 unsupported capability, close 0"),
                row("NotifMsg (24, 25)", Given.OPEN_SENT, received(0, CEASE), SessionState.ACTIVE, "close 0"),
                row(
                        "KeepAliveMsg (26, RFC 6608)",
                        Given.OPEN_SENT,
                        received(0, KEEPALIVE),
                        SessionState.ACTIVE,
                        "send 0 unexpected in open sent, close 0"),
                row(
                        "UpdateMsg (27, RFC 6608)",
                        Given.OPEN_SENT,
                        new Event.UpdateReceived(0),
                        SessionState.ACTIVE,
                        "send 0 unexpected in open sent, close 0"));
    }

    static Stream<Row> openConfirm() {
        return Stream.of(
                row("Start is ignored (1)", Given.OPEN_CONFIRM, START, SessionState.OPEN_CONFIRM, ""),
                row(
                        "ManualStop (2)",
                        Given.OPEN_CONFIRM,
                        STOP,
                        SessionState.IDLE,
                        "send 0 administrative shutdown (maintenance), close 0"),
                row("TCP fails (18)", Given.OPEN_CONFIRM, new Event.Closed(0, "reset"), SessionState.ACTIVE, ""),
                row("NotifMsg (25)", Given.OPEN_CONFIRM, received(0, CEASE), SessionState.ACTIVE, "close 0"),
                row("KeepAliveMsg (26)", Given.OPEN_CONFIRM, received(0, KEEPALIVE), SessionState.ESTABLISHED, "up 0"),
                row(
                        "BGPOpen on the same connection (RFC 6608)",
                        Given.OPEN_CONFIRM,
                        received(0, OPEN),
                        SessionState.ACTIVE,
                        "send 0 unexpected in open confirm, close 0"),
                row(
                        "UpdateMsg (27, RFC 6608)",
                        Given.OPEN_CONFIRM,
                        new Event.UpdateReceived(0),
                        SessionState.ACTIVE,
                        "send 0 unexpected in open confirm, close 0"),
                row(
                        "BGPHeaderErr (21)",
                        Given.OPEN_CONFIRM,
                        new Event.Malformed(0, Notification.of(NotificationCode.CONNECTION_NOT_SYNCHRONIZED)),
                        SessionState.ACTIVE,
                        "send 0 connection not synchronized, close 0"));
    }

    static Stream<Row> established() {
        return Stream.of(
                row("Start is ignored (1)", Given.ESTABLISHED, START, SessionState.ESTABLISHED, ""),
                row(
                        "ManualStop (2)",
                        Given.ESTABLISHED,
                        STOP,
                        SessionState.IDLE,
                        "send 0 administrative shutdown (maintenance), close 0, down"),
                row(
                        "TCP fails (18): the peer may be restarting",
                        Given.ESTABLISHED,
                        new Event.Closed(0, "reset"),
                        SessionState.ACTIVE,
                        "down keeping routes"),
                row("NotifMsg (25)", Given.ESTABLISHED, received(0, CEASE), SessionState.ACTIVE, "close 0, down"),
                row("KeepAliveMsg (26)", Given.ESTABLISHED, received(0, KEEPALIVE), SessionState.ESTABLISHED, ""),
                row("UpdateMsg (27)", Given.ESTABLISHED, new Event.UpdateReceived(0), SessionState.ESTABLISHED, ""),
                row("ROUTE-REFRESH", Given.ESTABLISHED, received(0, REFRESH), SessionState.ESTABLISHED, ""),
                row(
                        "UpdateMsgErr (28)",
                        Given.ESTABLISHED,
                        new Event.Malformed(0, Notification.of(NotificationCode.INVALID_NETWORK_FIELD)),
                        SessionState.ACTIVE,
                        "send 0 invalid network field, close 0, down"),
                row(
                        "BGPOpen on the same connection (RFC 6608)",
                        Given.ESTABLISHED,
                        received(0, OPEN),
                        SessionState.ACTIVE,
                        "send 0 unexpected in established, close 0, down"));
    }

    static Stream<Row> pathDown() {
        var down = new Event.PathDown("BFD", false);
        var restarting = new Event.PathDown("BFD", true);
        return Stream.of(
                row("nothing to end", Given.IDLE, down, SessionState.IDLE, ""),
                row("a dial goes on", Given.CONNECT, down, SessionState.CONNECT, ""),
                row("the pause is not made longer", Given.ACTIVE, down, SessionState.ACTIVE, ""),
                row("RFC 9384", Given.OPEN_SENT, down, SessionState.ACTIVE, "send 0 bfd down, close 0"),
                row("RFC 9384", Given.ESTABLISHED, down, SessionState.ACTIVE, "send 0 bfd down, close 0, down"),
                row(
                        "RFC 5882 §4.3.1: perhaps a restart",
                        Given.ESTABLISHED,
                        restarting,
                        SessionState.ACTIVE,
                        "close 0, down keeping routes"),
                row(
                        "both connections",
                        Given.COLLISION,
                        down,
                        SessionState.ACTIVE,
                        "send 0 bfd down, close 0, send 1 bfd down, close 1"));
    }

    static Stream<Row> collisions() {
        return Stream.of(
                row(
                        "both wait for OPEN (§6.8)",
                        Given.OPEN_SENT,
                        new Event.Connected(1, false),
                        SessionState.OPEN_SENT,
                        "send 1 open"),
                row("one fails, one stays", Given.COLLISION, new Event.Closed(0, "x"), SessionState.OPEN_SENT, ""),
                row(
                        "the first OPEN closes neither",
                        Given.COLLISION,
                        received(0, OPEN),
                        SessionState.OPEN_CONFIRM,
                        "send 0 keepalive"),
                row(
                        "the higher identifier's connection stays",
                        Given.COLLISION_CONFIRM,
                        received(1, OPEN),
                        SessionState.OPEN_CONFIRM,
                        "send 0 connection collision resolution, close 0, send 1 keepalive"),
                row(
                        "Established ends the other",
                        Given.COLLISION_CONFIRM,
                        received(0, KEEPALIVE),
                        SessionState.ESTABLISHED,
                        "send 1 connection collision resolution, close 1, up 0"),
                row(
                        "a peer that dials twice has lost the first",
                        Given.COLLISION,
                        new Event.Connected(2, false),
                        SessionState.OPEN_SENT,
                        "close 1, send 2 open"),
                row(
                        "an Established one is not disturbed by a connection",
                        Given.ESTABLISHED,
                        new Event.Connected(1, false),
                        SessionState.ESTABLISHED,
                        "send 1 open"),
                row(
                        "nor by a crossing OPEN",
                        Given.ESTABLISHED_AND_NEW,
                        received(1, OPEN),
                        SessionState.ESTABLISHED,
                        "send 1 connection collision resolution, close 1"),
                later(
                        "but a restarted peer's OPEN replaces it (RFC 4724 §5)",
                        Given.ESTABLISHED_AND_NEW,
                        received(1, OPEN),
                        SessionState.OPEN_CONFIRM,
                        "close 0, down keeping routes, send 1 keepalive"),
                row(
                        "our own dial that crossed it is closed",
                        Given.ESTABLISHED_AND_DIALING,
                        new Event.Connected(0, true),
                        SessionState.ESTABLISHED,
                        "close 0"),
                later(
                        "a wrong OPEN does not",
                        Given.ESTABLISHED_AND_NEW,
                        received(1, open(new Asn(65001), "10.0.0.3", 90, FAMILIES)),
                        SessionState.ESTABLISHED,
                        "send 1 bad peer as, close 1"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"idle", "connectAndActive", "openSent", "openConfirm", "established", "pathDown", "collisions"})
    void doesWhatTheClauseSays(Row row) {
        var machine = new SessionMachine(CONFIG, false, () -> 1);
        row.given.events.forEach(event -> machine.on(event, 0));
        SessionState state = machine.state();
        List<Action> actions = machine.on(row.event, row.at);
        assertThat(text(actions)).isEqualTo(row.actions);
        assertThat(machine.state()).isEqualTo(row.next);
        List<Action.Changed> changes = actions.stream()
                .filter(Action.Changed.class::isInstance)
                .map(Action.Changed.class::cast)
                .toList();
        assertThat(changes).hasSize(state == row.next ? 0 : 1);
        for (Action.Changed change : changes) {
            assertThat(change.from()).isEqualTo(state);
            assertThat(change.to()).isEqualTo(row.next);
            assertThat(change.reason()).isNotEmpty();
        }
        assertThat(machine.nextDeadlineNanos()).isGreaterThan(row.at);
    }

    private static Row row(String clause, Given given, Event event, SessionState next, String actions) {
        return new Row(clause, given, event, 1, next, actions);
    }

    private static Row later(String clause, Given given, Event event, SessionState next, String actions) {
        return new Row(clause, given, event, 15 * SECOND, next, actions);
    }

    private static Event received(long connection, Message message) {
        return new Event.Received(connection, message);
    }

    static SessionConfig config(String identifier, int holdSeconds, boolean passive) {
        return new SessionConfig(
                AS, AS, identifier(identifier), holdSeconds, FAMILIES, 120, passive, SessionOptions.DEFAULT);
    }

    static Message.Open open(Asn asn, String identifier, int holdSeconds, Set<AddressFamily> families) {
        var capabilities = new ArrayList<Capability>();
        families.stream().sorted().forEach(family -> capabilities.add(new Capability.Multiprotocol(family)));
        capabilities.add(new Capability.GracefulRestart(false, false, 60, Map.of(AddressFamily.IPV4_UNICAST, true)));
        capabilities.add(new Capability.FourOctetAs(asn));
        return new Message.Open(asn, holdSeconds, identifier(identifier), capabilities);
    }

    static BgpIdentifier identifier(String text) {
        return new BgpIdentifier(Ipv4Address.parse(text).value());
    }

    /// "send 0 open, close 0"; changes of state are left to the test.
    static String text(List<Action> actions) {
        return actions.stream()
                .filter(action -> !(action instanceof Action.Changed))
                .map(SessionMachineTest::text)
                .collect(Collectors.joining(", "));
    }

    private static String text(Action action) {
        return switch (action) {
            case Action.Dial(long number) -> "dial " + number;
            case Action.Close(long number) -> "close " + number;
            case Action.Up(long number, SessionTerms _) -> "up " + number;
            case Action.Down(String _, boolean keeps) -> keeps ? "down keeping routes" : "down";
            case Action.Changed(var from, var to, String why) -> from + " to " + to + ": " + why;
            case Action.Send(long number, Message message) ->
                "send " + number + " "
                        + switch (message) {
                            case Message.Open _ -> "open";
                            case Message.Keepalive _ -> "keepalive";
                            case Notification notification -> notification.text();
                            case Message.RouteRefresh _ -> "route-refresh";
                        };
        };
    }
}
