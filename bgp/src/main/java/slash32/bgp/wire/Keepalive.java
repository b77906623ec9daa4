package slash32.bgp.wire;

/// KEEPALIVE (RFC 4271 §4.4).
public record Keepalive() implements Message {}
