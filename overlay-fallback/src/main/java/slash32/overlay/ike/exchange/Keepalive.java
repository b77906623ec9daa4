package slash32.overlay.ike.exchange;

/// When to send what keeps this node's NAT from forgetting it (RFC 3948 §4): as long as one is there, whatever else is
/// sent.
final class Keepalive {
    private static final long EVERY_NANOS = 20_000_000_000L;

    private final IkeSa sa;
    private long atNanos = Long.MAX_VALUE;

    Keepalive(IkeSa sa) {
        this.sa = sa;
    }

    void begin(long nowNanos) {
        if (sa.natted) {
            atNanos = nowNanos + EVERY_NANOS;
        }
    }

    /// Goes on where the IKE SA that this one's replaces was.
    void take(Keepalive other) {
        atNanos = other.atNanos;
    }

    void expire(long nowNanos) {
        if (nextDeadlineNanos() <= nowNanos) {
            sa.node.emit(new Action.Keepalive(sa.path));
            atNanos = nowNanos + EVERY_NANOS;
        }
    }

    long nextDeadlineNanos() {
        return sa.phase == IkeSa.Phase.ESTABLISHED ? atNanos : Long.MAX_VALUE;
    }
}
