package slash32.bgp.session;

/// The states of RFC 4271 §8.2.2, of a peer with its furthest connection.
public enum SessionState {
    /// Stopped: refuses connections.
    IDLE,
    /// Dials.
    CONNECT,
    /// Listens, and will dial again.
    ACTIVE,
    OPEN_SENT,
    OPEN_CONFIRM,
    ESTABLISHED;

    /// As in RFC 4271: "OpenConfirm".
    public String text() {
        return switch (this) {
            case IDLE -> "Idle";
            case CONNECT -> "Connect";
            case ACTIVE -> "Active";
            case OPEN_SENT -> "OpenSent";
            case OPEN_CONFIRM -> "OpenConfirm";
            case ESTABLISHED -> "Established";
        };
    }
}
