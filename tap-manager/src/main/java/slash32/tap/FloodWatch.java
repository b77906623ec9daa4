package slash32.tap;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import slash32.net.InterfaceIndex;

/// Which guests send so much that others could not be heard any more by the socket that they share.
///
/// A guest that floods is left out for a second at a time. Owned by one thread.
final class FloodWatch {
    /// Ten times what the gateway looks at, and far below what fills a socket's buffer before it is read.
    static final int FRAMES_PER_SECOND = 5_000;

    private static final long SECOND_NANOS = 1_000_000_000L;
    /// A guest that was left out within this time before goes on with its flood.
    private static final long SAME_FLOOD_NANOS = 10 * SECOND_NANOS;

    private final Map<InterfaceIndex, Integer> heard = new HashMap<>();
    private final Map<InterfaceIndex, Long> leftOutUntilNanos = new HashMap<>();
    private long countedUntilNanos;

    FloodWatch(long nowNanos) {
        countedUntilNanos = nowNanos + SECOND_NANOS;
    }

    /// Counts a frame that came by {@code link}.
    ///
    /// @return true if with it a flood begins
    boolean hear(InterfaceIndex link, long nowNanos) {
        if (nowNanos - countedUntilNanos >= 0) {
            heard.clear();
            countedUntilNanos = nowNanos + SECOND_NANOS;
            leftOutUntilNanos.values().removeIf(until -> nowNanos - until >= SAME_FLOOD_NANOS);
        }
        if (heard.merge(link, 1, Integer::sum) != FRAMES_PER_SECOND + 1) {
            return false;
        }
        return leftOutUntilNanos.put(link, nowNanos + SECOND_NANOS) == null;
    }

    /// Those that are left out now.
    Set<InterfaceIndex> flooding(long nowNanos) {
        return leftOutUntilNanos.isEmpty()
                ? Set.of()
                : leftOutUntilNanos.entrySet().stream()
                        .filter(entry -> nowNanos - entry.getValue() < 0)
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toUnmodifiableSet());
    }

    /// When the first of them is heard again; {@link Long#MAX_VALUE} if all are.
    long nextDeadlineNanos(long nowNanos) {
        return leftOutUntilNanos.values().stream()
                .filter(until -> nowNanos - until < 0)
                .min(Long::compare)
                .orElse(Long.MAX_VALUE);
    }
}
