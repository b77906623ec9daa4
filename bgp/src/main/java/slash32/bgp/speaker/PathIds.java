package slash32.bgp.speaker;

import java.util.HashMap;
import java.util.Map;

/// Our path identifiers (RFC 7911 §3) for what peers send with theirs, or without. On thread {@code bgp}.
final class PathIds {
    private final Map<Long, Integer> ids = new HashMap<>();

    /// The identifier by which others know the path that {@code peer} sends as {@code id}: the same at any time.
    int of(int peer, int id) {
        return ids.computeIfAbsent((long) peer << 32 | (id & 0xffff_ffffL), _ -> ids.size() + 1);
    }
}
