package slash32.bgp.wire;

/// What becomes of an UPDATE, mildest first; an UPDATE has the most severe fate of its attributes (RFC 7606 §3 h).
public enum Fate {
    ACCEPT,
    /// The attribute is dropped, the routes are used (RFC 7606 §2).
    ATTRIBUTE_DISCARD,
    /// The routes are withdrawn as if the peer had said so (RFC 7606 §2).
    TREAT_AS_WITHDRAW,
    /// A NOTIFICATION ends the session (RFC 4271 §6.3).
    SESSION_RESET;

    public Fate worse(Fate other) {
        return compareTo(other) >= 0 ? this : other;
    }
}
