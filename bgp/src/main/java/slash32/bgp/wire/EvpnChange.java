package slash32.bgp.wire;

import org.jspecify.annotations.Nullable;

/// What became of a route of EVPN.
///
/// @param key the route without what belongs to the path: its labels, ESI and gateway are zero ({@link NlriParts})
/// @param now the best path; null if the route is gone or no longer imported
public record EvpnChange(EvpnRoute key, @Nullable EvpnPath now) {}
