package slash32.bgp.session;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import slash32.bgp.session.Connection.Phase;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.Message.Notification;
import slash32.bgp.wire.NotificationCode;

/// The finite state machine of one peer (RFC 4271 §8).
///
/// A peer may have two connections while both ends dial; each goes through OpenSent and OpenConfirm on its own until
/// one is closed by collision resolution (§6.8). Unlike the RFC's, a failed session goes back to Active and not to
/// Idle: the peer may connect at once, and only our own dialling waits, longer after each failure. A session that falls
/// soon after it came up, and again, does go to Idle for that pause, in which the peer is refused (§8.1.1
/// DampPeerOscillations).
///
/// Every call returns all that is to be done. Owned by one thread.
public final class SessionMachine {
    private static final long SECOND = 1_000_000_000L;
    /// RFC 4271 §8.2.2 suggests four minutes for a hold timer in OpenSent.
    private static final long OPEN_WAIT_NANOS = 240 * SECOND;

    private static final long DIAL_TIMEOUT_NANOS = 10 * SECOND;
    private static final long RETRY_FIRST_NANOS = SECOND;
    private static final long RETRY_LONGEST_NANOS = 10 * SECOND;
    /// A session that lasted so long did not fail at once: the next pause is the shortest again.
    private static final long STABLE_NANOS = 30 * SECOND;
    /// So many sessions in a row that did not last are an oscillation.
    private static final int OSCILLATION = 3;

    private static final long NOT_QUIET = Long.MIN_VALUE;

    private final SessionConfig config;
    private final DoubleSupplier jitter;
    private final Map<Long, Connection> connections = new LinkedHashMap<>();
    private boolean started;
    private boolean restarted;
    private long dialing = -1;
    private long dialDeadline = Long.MAX_VALUE;
    private long retryAt = Long.MAX_VALUE;
    private int failures;
    private int shortSessions;
    /// In Idle until then, {@link Event#FOR_GOOD} for not before the next Start.
    private long quietUntil = NOT_QUIET;

    private long nextConnection;
    private SessionState state = SessionState.IDLE;

    /// A machine in Idle.
    ///
    /// @param restarted advertise that we have restarted (RFC 4724 §4.1), until {@link #restartOver}
    /// @param jitter 0 to 1, drawn anew for each timer (RFC 4271 §10)
    public SessionMachine(SessionConfig config, boolean restarted, DoubleSupplier jitter) {
        this.config = config;
        this.restarted = restarted;
        this.jitter = jitter;
    }

    public SessionState state() {
        return state;
    }

    /// A number for a connection that the peer made.
    public long newConnection() {
        return nextConnection++;
    }

    /// Later OPENs no longer say that we have restarted.
    public void restartOver() {
        restarted = false;
    }

    /// Takes an event; one of a connection that is no longer known does nothing.
    public List<Action> on(Event event, long nowNanos) {
        var actions = new ArrayList<Action>();
        String reason = event instanceof Event.UpdateReceived(long number)
                ? updateReceived(
                        number, actions, nowNanos) // nearly all: a switch by type is a call through method handles
                : on(event, actions, nowNanos);
        SessionState now = stateNow();
        if (now != state) {
            actions.add(new Action.Changed(state, now, reason));
            state = now;
        }
        return actions;
    }

    private String on(Event event, List<Action> actions, long nowNanos) {
        return switch (event) {
            case Event.Start() -> start(actions, nowNanos);
            case Event.Stop(Notification cease) -> stop(cease, actions, nowNanos);
            case Event.Connected(long number, boolean dialed) -> connected(number, dialed, actions, nowNanos);
            case Event.DialFailed(long number, String why) -> dialFailed(number, why, nowNanos);
            case Event.Closed(long number, String why) -> closed(number, why, actions, nowNanos);
            case Event.Received(long number, Message message) -> received(number, message, actions, nowNanos);
            case Event.UpdateReceived(long number) -> updateReceived(number, actions, nowNanos);
            case Event.Malformed(long number, Notification why) -> malformed(number, why, actions, nowNanos);
            case Event.PathDown(String why, boolean keeps) -> pathDown(why, keeps, actions, nowNanos);
            case Event.Written(long number) -> written(number, nowNanos);
            case Event.Fault(long number, Notification why, long pause) -> fault(number, why, pause, actions, nowNanos);
            case Event.DeadlineReached() -> deadline(actions, nowNanos);
        };
    }

    /// When {@link Event.DeadlineReached} is wanted; {@link Long#MAX_VALUE} for never.
    public long nextDeadlineNanos() {
        long next = Math.min(dialDeadline, retryAt);
        if (quietUntil != NOT_QUIET) {
            next = Math.min(next, quietUntil);
        }
        for (Connection connection : connections.values()) {
            next = Math.min(next, Math.min(connection.holdDeadline, connection.keepaliveAt));
            next = Math.min(next, connection.sendHoldDeadline);
        }
        return next;
    }

    private SessionState stateNow() {
        SessionState furthest = !started || quietUntil != NOT_QUIET
                ? SessionState.IDLE
                : dialing >= 0 ? SessionState.CONNECT : SessionState.ACTIVE;
        for (Connection connection : connections.values()) {
            SessionState own = switch (connection.phase) {
                case OPEN_SENT -> SessionState.OPEN_SENT;
                case OPEN_CONFIRM -> SessionState.OPEN_CONFIRM;
                case ESTABLISHED -> SessionState.ESTABLISHED;
            };
            furthest = own.compareTo(furthest) > 0 ? own : furthest;
        }
        return furthest;
    }

    private String start(List<Action> actions, long nowNanos) {
        if (!started || quietUntil != NOT_QUIET) {
            started = true;
            failures = 0;
            shortSessions = 0;
            quietUntil = NOT_QUIET;
            dial(actions, nowNanos);
        }
        return "started";
    }

    private String stop(Notification cease, List<Action> actions, long nowNanos) {
        started = false;
        retryAt = Long.MAX_VALUE;
        quietUntil = NOT_QUIET;
        String reason = "stopped: " + cease.text();
        if (dialing >= 0) {
            actions.add(new Action.Close(dialing));
            dialOver();
        }
        for (Connection connection : List.copyOf(connections.values())) {
            sendFinal(connection, cease, actions);
            drop(connection, reason, false, actions, nowNanos);
        }
        return reason;
    }

    /// As a Hard Reset if the peer would keep our routes otherwise (RFC 8538 §3.1).
    private static void sendFinal(Connection connection, Notification why, List<Action> actions) {
        Notification sent = connection.restartsOnNotification() ? HardReset.of(why) : why;
        actions.add(new Action.Send(connection.number, sent));
    }

    private void dial(List<Action> actions, long nowNanos) {
        retryAt = Long.MAX_VALUE;
        if (!config.passive() && dialing < 0 && connections.isEmpty()) {
            dialing = newConnection();
            dialDeadline = nowNanos + DIAL_TIMEOUT_NANOS;
            actions.add(new Action.Dial(dialing));
        }
    }

    private void dialOver() {
        dialing = -1;
        dialDeadline = Long.MAX_VALUE;
    }

    private void retryLater(long nowNanos) {
        if (!started || config.passive() || dialing >= 0 || !connections.isEmpty()) {
            return;
        }
        failures = Math.min(failures + 1, 16);
        retryAt = Math.max(nowNanos + pause(failures), quietUntil);
    }

    /// RFC 4271 §10: less up to a quarter.
    private long pause(int failed) {
        long longest = Math.min(RETRY_LONGEST_NANOS, RETRY_FIRST_NANOS << Math.min(failed - 1, 10));
        return (long) (longest * (0.75 + 0.25 * jitter.getAsDouble()));
    }

    /// Goes to Idle and refuses the peer for a while.
    private void quietFor(long pauseNanos, List<Action> actions, long nowNanos) {
        quietUntil = Math.max(quietUntil, pauseNanos == Event.FOR_GOOD ? Event.FOR_GOOD : nowNanos + pauseNanos);
        if (dialing >= 0) {
            actions.add(new Action.Close(dialing));
            dialOver();
        }
        if (!config.passive() && connections.isEmpty()) {
            retryAt = retryAt == Long.MAX_VALUE ? quietUntil : Math.max(retryAt, quietUntil);
        }
    }

    private String connected(long number, boolean dialed, List<Action> actions, long nowNanos) {
        if (dialed) {
            if (number != dialing) {
                actions.add(new Action.Close(number));
                return "connected too late";
            }
            dialOver();
            if (state == SessionState.ESTABLISHED) {
                actions.add(new Action.Close(number)); // collision resolution would close it after its OPEN
                return "connected twice";
            }
        }
        if (!started || quietUntil > nowNanos) {
            actions.add(new Action.Send(number, Notification.of(NotificationCode.CONNECTION_REJECTED)));
            actions.add(new Action.Close(number));
            return "refused a connection";
        }
        if (connections.size() >= 2 || (!dialed && connections.values().stream().anyMatch(c -> !c.dialed))) {
            // the peer would not dial twice: what it dialled before is dead, though we have not heard of it
            connections.values().stream()
                    .filter(c -> !c.dialed && c.phase != Phase.ESTABLISHED)
                    .toList()
                    .forEach(c -> drop(c, "replaced by a newer connection", false, actions, nowNanos));
        }
        quietUntil = NOT_QUIET;
        retryAt = Long.MAX_VALUE;
        connections.put(number, new Connection(number, dialed, nowNanos + OPEN_WAIT_NANOS));
        actions.add(new Action.Send(number, Negotiation.open(config, restarted)));
        return dialed ? "connected" : "the peer connected";
    }

    private String dialFailed(long number, String why, long nowNanos) {
        if (number == dialing) {
            dialOver();
            retryLater(nowNanos);
        }
        return why;
    }

    private String closed(long number, String why, List<Action> actions, long nowNanos) {
        Connection connection = connections.get(number);
        if (connection != null) {
            // no NOTIFICATION was seen: the peer may be restarting
            drop(connection, why, true, actions, nowNanos, false);
            retryLater(nowNanos);
        }
        return why;
    }

    private String malformed(long number, Notification why, List<Action> actions, long nowNanos) {
        Connection connection = connections.get(number);
        return connection == null ? "" : fail(connection, why, actions, nowNanos);
    }

    /// Where routes stay there is no NOTIFICATION: it would have the peer drop ours (RFC 4724 §4).
    private String pathDown(String why, boolean keepsRoutes, List<Action> actions, long nowNanos) {
        for (Connection connection : List.copyOf(connections.values())) {
            boolean keeps = keepsRoutes && connection.hasGracefulRestart();
            if (!keeps) {
                sendFinal(connection, Notification.of(NotificationCode.BFD_DOWN), actions);
            }
            drop(connection, why, keeps, actions, nowNanos);
            retryLater(nowNanos);
        }
        return why;
    }

    private String fail(Connection connection, Notification why, List<Action> actions, long nowNanos) {
        String reason = "sent " + why.text();
        actions.add(new Action.Send(connection.number, why));
        drop(connection, reason, connection.restartsOnNotification(), actions, nowNanos);
        retryLater(nowNanos);
        return reason;
    }

    private String fault(long number, Notification why, long pauseNanos, List<Action> actions, long nowNanos) {
        Connection connection = connections.get(number);
        if (connection == null) {
            return "";
        }
        String reason = "sent " + why.text();
        for (Connection each : List.copyOf(connections.values())) {
            sendFinal(each, why, actions);
            drop(each, reason, false, actions, nowNanos);
        }
        retryLater(nowNanos);
        quietFor(pauseNanos, actions, nowNanos);
        return reason;
    }

    private String written(long number, long nowNanos) {
        Connection connection = connections.get(number);
        if (connection != null && connection.phase == Phase.ESTABLISHED) {
            restartSendHold(connection, nowNanos);
        }
        return "written";
    }

    /// RFC 9687 §4.3: no timer in a session without a hold time.
    private void restartSendHold(Connection connection, long nowNanos) {
        SessionTerms terms = connection.terms;
        int seconds = config.options().sendHoldSeconds();
        if (terms != null && terms.holdSeconds() > 0 && seconds > 0) {
            connection.sendHoldDeadline = nowNanos + Math.max(seconds, 2L * terms.holdSeconds()) * SECOND;
        }
    }

    private void drop(Connection connection, String reason, boolean keepsRoutes, List<Action> actions, long nowNanos) {
        drop(connection, reason, keepsRoutes, actions, nowNanos, true);
    }

    private void drop(
            Connection connection,
            String reason,
            boolean keepsRoutes,
            List<Action> actions,
            long nowNanos,
            boolean close) {
        connections.remove(connection.number);
        if (close) {
            actions.add(new Action.Close(connection.number));
        }
        if (connection.phase == Phase.ESTABLISHED) {
            actions.add(new Action.Down(reason, keepsRoutes && connection.hasGracefulRestart()));
            if (!connection.isEstablishedSince(nowNanos - STABLE_NANOS) && ++shortSessions >= OSCILLATION && started) {
                quietFor(pause(Math.max(failures + 1, shortSessions)), actions, nowNanos);
            }
        }
    }

    private String received(long number, Message message, List<Action> actions, long nowNanos) {
        Connection connection = connections.get(number);
        if (connection == null) {
            return "";
        }
        if (message instanceof Notification notification) {
            boolean restarts = connection.restartsOnNotification() && !HardReset.isOne(notification);
            String reason = "received " + HardReset.inner(notification).text();
            drop(connection, reason, restarts, actions, nowNanos);
            retryLater(nowNanos);
            return reason;
        }
        return switch (connection.phase) {
            case OPEN_SENT ->
                message instanceof Message.Open open
                        ? opened(connection, open, actions, nowNanos)
                        : unexpected(connection, actions, nowNanos);
            case OPEN_CONFIRM ->
                message instanceof Message.Keepalive
                        ? confirmed(connection, actions, nowNanos)
                        : unexpected(connection, actions, nowNanos);
            case ESTABLISHED ->
                message instanceof Message.Open
                        ? unexpected(connection, actions, nowNanos)
                        : alive(connection, nowNanos);
        };
    }

    /// RFC 6608 §3.
    private String unexpected(Connection connection, List<Action> actions, long nowNanos) {
        NotificationCode code = switch (connection.phase) {
            case OPEN_SENT -> NotificationCode.UNEXPECTED_IN_OPEN_SENT;
            case OPEN_CONFIRM -> NotificationCode.UNEXPECTED_IN_OPEN_CONFIRM;
            case ESTABLISHED -> NotificationCode.UNEXPECTED_IN_ESTABLISHED;
        };
        return fail(connection, Notification.of(code), actions, nowNanos);
    }

    private String opened(Connection connection, Message.Open open, List<Action> actions, long nowNanos) {
        switch (Negotiation.negotiate(config, open)) {
            case Negotiation.Outcome.Refused(Notification why) -> {
                return fail(connection, why, actions, nowNanos);
            }
            case Negotiation.Outcome.Agreed(SessionTerms terms) -> {
                if (!survivesCollision(connection, open, actions, nowNanos)) {
                    return "collision: the other connection stays";
                }
                connection.terms = terms;
                connection.phase = Phase.OPEN_CONFIRM;
                connection.holdDeadline =
                        terms.holdSeconds() == 0 ? Long.MAX_VALUE : nowNanos + terms.holdSeconds() * SECOND;
                actions.add(new Action.Send(connection.number, new Message.Keepalive()));
                connection.keepaliveAt = nextKeepalive(terms, nowNanos);
                return "agreed";
            }
        }
    }

    /// RFC 4271 §6.8: with an Established connection the fresh one goes, unless the peer has restarted; with one in
    /// OpenConfirm, the one that the speaker of the lower BGP Identifier dialled goes (RFC 6286 §2.3: of the lower
    /// AS, if the identifiers are equal).
    private boolean survivesCollision(Connection fresh, Message.Open open, List<Action> actions, long nowNanos) {
        Notification cease = Notification.of(NotificationCode.CONNECTION_COLLISION_RESOLUTION);
        for (Connection other : List.copyOf(connections.values())) {
            if (other == fresh || other.phase == Phase.OPEN_SENT) {
                continue;
            }
            if (other.isEstablishedSince(nowNanos - DIAL_TIMEOUT_NANOS) && other.hasGracefulRestart()) {
                // older than any dial of the peer's that crossed it: so the peer has restarted unnoticed, and the old
                // connection goes without a word (RFC 4724 §4.2, §5; but at an OPEN: a connection proves nothing)
                drop(other, "the peer has restarted", true, actions, nowNanos);
                continue;
            }
            int order = config.identifier().compareTo(open.identifier());
            boolean oursStays = order != 0 ? order > 0 : config.localAs().compareTo(open.asn()) > 0;
            boolean otherStays = other.phase == Phase.ESTABLISHED || other.dialed == oursStays;
            Connection loser = otherStays ? fresh : other;
            actions.add(new Action.Send(loser.number, cease));
            drop(loser, "collision", false, actions, nowNanos);
            if (otherStays) {
                return false;
            }
        }
        return true;
    }

    private String confirmed(Connection connection, List<Action> actions, long nowNanos) {
        SessionTerms terms = connection.terms;
        if (terms == null) {
            throw new IllegalStateException("OpenConfirm without terms");
        }
        Notification cease = Notification.of(NotificationCode.CONNECTION_COLLISION_RESOLUTION);
        for (Connection other : List.copyOf(connections.values())) {
            if (other != connection) {
                actions.add(new Action.Send(other.number, cease));
                drop(other, "collision", false, actions, nowNanos);
            }
        }
        connection.established(nowNanos);
        alive(connection, nowNanos);
        restartSendHold(connection, nowNanos);
        actions.add(new Action.Up(connection.number, terms));
        return "established";
    }

    private String updateReceived(long number, List<Action> actions, long nowNanos) {
        Connection connection = connections.get(number);
        if (connection == null) {
            return "";
        }
        return connection.phase == Phase.ESTABLISHED
                ? alive(connection, nowNanos)
                : unexpected(connection, actions, nowNanos);
    }

    private String alive(Connection connection, long nowNanos) {
        if (connection.isEstablishedSince(nowNanos - STABLE_NANOS)) {
            failures = 0;
            shortSessions = 0;
        }
        SessionTerms terms = connection.terms;
        if (terms != null && terms.holdSeconds() > 0) {
            connection.holdDeadline = nowNanos + terms.holdSeconds() * SECOND;
        }
        return "alive";
    }

    private String deadline(List<Action> actions, long nowNanos) {
        String reason = "";
        if (quietUntil != NOT_QUIET && quietUntil <= nowNanos) {
            quietUntil = NOT_QUIET;
            reason = "listens again";
        }
        if (dialDeadline <= nowNanos) {
            actions.add(new Action.Close(dialing));
            dialOver();
            retryLater(nowNanos);
            reason = "no answer to the dial";
        }
        if (retryAt <= nowNanos) {
            dial(actions, nowNanos);
            reason = "dials again";
        }
        for (Connection connection : List.copyOf(connections.values())) {
            if (connection.holdDeadline <= nowNanos) {
                Notification expired = Notification.of(NotificationCode.HOLD_TIMER_EXPIRED);
                actions.add(new Action.Send(connection.number, expired));
                // RFC 8538 §4.1: an expired hold timer need not mean that forwarding stopped
                drop(connection, "hold timer expired", true, actions, nowNanos);
                retryLater(nowNanos);
                reason = "hold timer expired";
            } else if (connection.sendHoldDeadline <= nowNanos) {
                Notification expired = Notification.of(NotificationCode.SEND_HOLD_TIMER_EXPIRED);
                actions.add(new Action.Send(connection.number, expired));
                drop(connection, "send hold timer expired", connection.restartsOnNotification(), actions, nowNanos);
                retryLater(nowNanos);
                reason = "send hold timer expired";
            } else if (connection.keepaliveAt <= nowNanos && connection.terms != null) {
                actions.add(new Action.Send(connection.number, new Message.Keepalive()));
                connection.keepaliveAt = nextKeepalive(connection.terms, nowNanos);
            }
        }
        return reason;
    }

    /// A third of the hold time, less up to a quarter (RFC 4271 §4.4, §10).
    private long nextKeepalive(SessionTerms terms, long nowNanos) {
        if (terms.holdSeconds() == 0) {
            return Long.MAX_VALUE;
        }
        return nowNanos + (long) (terms.holdSeconds() * (SECOND / 3.0) * (0.75 + 0.25 * jitter.getAsDouble()));
    }
}
