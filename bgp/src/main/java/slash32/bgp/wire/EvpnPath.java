package slash32.bgp.wire;

/// A route of EVPN with its attributes.
///
/// @param route whole: with its labels, ESI and gateway
public record EvpnPath(EvpnRoute route, PathAttributes attributes) {}
