package slash32.bgp.mrt;

import slash32.bgp.wire.PathAttributes;

/// A path in a table dump (RFC 6396 §4.3.4, RFC 8050 §4.1).
///
/// @param peer the number of its peer in the index
/// @param pathId 0 in a session without path identifiers
public record MrtEntry(int peer, int pathId, PathAttributes attributes) {}
