package slash32.bgp.session;

import org.jspecify.annotations.Nullable;

/// One TCP connection of a session, in one of the three states in which there is one.
final class Connection {
    final long number;
    final boolean dialed;
    Phase phase = Phase.OPEN_SENT;
    long holdDeadline;
    long keepaliveAt = Long.MAX_VALUE;
    long sendHoldDeadline = Long.MAX_VALUE;
    private long establishedAt;

    /// Null in OpenSent.
    @Nullable
    SessionTerms terms;

    enum Phase {
        OPEN_SENT,
        OPEN_CONFIRM,
        ESTABLISHED
    }

    Connection(long number, boolean dialed, long holdDeadline) {
        this.number = number;
        this.dialed = dialed;
        this.holdDeadline = holdDeadline;
    }

    void established(long nowNanos) {
        phase = Phase.ESTABLISHED;
        establishedAt = nowNanos;
    }

    boolean isEstablishedSince(long nanos) {
        return phase == Phase.ESTABLISHED && establishedAt - nanos <= 0;
    }

    boolean restartsOnNotification() {
        return terms != null && terms.restartsOnNotification();
    }

    boolean hasGracefulRestart() {
        return terms != null && terms.gracefulRestart() != null;
    }
}
