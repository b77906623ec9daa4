package slash32.bgp.speaker;

import slash32.bgp.wire.Fate;

/// What is counted of one peer's sessions since the start. On thread {@code bgp}.
final class SessionCounters {
    private long messagesReceived;
    private long messagesSent;
    private long updatesReceived;
    private long updatesSent;
    private long discarded;
    private long treatedAsWithdraw;
    private long flaps;

    void messageReceived() {
        messagesReceived++;
    }

    void messageSent() {
        messagesSent++;
    }

    void updateReceived() {
        updatesReceived++;
    }

    void updatesSent(int updates) {
        messagesSent += updates;
        updatesSent += updates;
    }

    /// What became of an UPDATE.
    void fate(Fate fate) {
        switch (fate) {
            case ATTRIBUTE_DISCARD -> discarded++;
            case TREAT_AS_WITHDRAW -> treatedAsWithdraw++;
            case ACCEPT, SESSION_RESET -> {}
        }
    }

    /// The session is no longer Established.
    void flap() {
        flaps++;
    }

    long updatesReceived() {
        return updatesReceived;
    }

    PeerStatus.Counters now(long rejectedPaths, long untargetedRoutes) {
        return new PeerStatus.Counters(
                messagesReceived,
                messagesSent,
                updatesReceived,
                updatesSent,
                discarded,
                treatedAsWithdraw,
                rejectedPaths,
                untargetedRoutes,
                flaps);
    }
}
