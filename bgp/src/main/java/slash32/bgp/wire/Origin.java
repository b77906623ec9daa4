package slash32.bgp.wire;

/// ORIGIN, in order of preference (RFC 4271 §5.1.1); the ordinal is the wire value.
public enum Origin {
    IGP,
    EGP,
    INCOMPLETE
}
