package slash32.bgp.bfd;

/// Why a packet was not taken (RFC 5880 §6.8.6).
public enum Discard {
    /// Version, length, multiplier, multipoint bit or a discriminator is not as it must be.
    MALFORMED("malformed"),
    /// It is authenticated, and no session here is.
    AUTHENTICATED("authenticated"),
    /// No session has this discriminator or this sender.
    UNKNOWN_SESSION("unknown-session");

    private final String label;

    Discard(String label) {
        this.label = label;
    }

    /// For metrics.
    public String label() {
        return label;
    }
}
