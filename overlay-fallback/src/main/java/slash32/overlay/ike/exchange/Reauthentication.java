package slash32.overlay.ike.exchange;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import slash32.overlay.ike.wire.Identity;

/// When a peer and this node prove themselves to each other anew, by another IKE SA beside the one that is there (RFC
/// 7296 §2.8.3): once this node has other certificates than it showed, one peer after the other; before those of the
/// peer end; and again if nothing came of it.
final class Reauthentication {
    /// On the average, of two peers that are shown other certificates.
    private static final long APART_NANOS = 20_000_000L;

    private static final long SOON_NANOS = 1_000_000_000L;
    private static final long RETRY_NANOS = 60_000_000_000L;
    private static final Duration LEAST = Duration.ofSeconds(10);

    /// Beyond it no node is still running.
    private static final Duration MOST = Duration.ofDays(3_650);

    private final IkeNode node;
    private final Map<Identity, Long> atNanos = new HashMap<>();

    Reauthentication(IkeNode node) {
        this.node = node;
    }

    /// A peer has proven itself by this IKE SA, the newest with it.
    void proven(IkeSa sa, long nowNanos) {
        atNanos.remove(sa.peer().identity());
        judged(sa, sa.handshake.trustedFor(), nowNanos);
    }

    /// The certificates of the newest IKE SA with a peer are good for so long.
    ///
    /// A part of what is left: a peer that has no other yet is asked again, ever more often.
    void judged(IkeSa sa, Duration trustedFor, long nowNanos) {
        boolean showedOthers =
                !sa.handshake.shown().equals(node.config.credentials().certificates());
        long wait = showedOthers
                ? share(Math.max(SOON_NANOS, atNanos.size() * APART_NANOS), 0, 1)
                : share(within(trustedFor).toNanos(), 0.5, 0.75);
        atNanos.merge(sa.peer().identity(), nowNanos + wait, Math::min);
    }

    private static Duration within(Duration wanted) {
        return wanted.compareTo(LEAST) < 0 ? LEAST : wanted.compareTo(MOST) > 0 ? MOST : wanted;
    }

    /// By chance, so that not all nodes do it at the same moment.
    private long share(long nanos, double from, double to) {
        return (long) (nanos * (from + (to - from) * node.random.nextDouble()));
    }

    /// There is no IKE SA with the peer any more.
    void lost(Identity peer) {
        atNanos.remove(peer);
    }

    void expire(long nowNanos) {
        List<Identity> due = atNanos.entrySet().stream()
                .filter(entry -> entry.getValue() <= nowNanos)
                .map(Map.Entry::getKey)
                .toList();
        for (Identity peer : due) {
            atNanos.put(peer, nowNanos + share(RETRY_NANOS, 1, 2));
            node.reauthenticate(peer, nowNanos);
        }
    }

    long nextDeadlineNanos() {
        return atNanos.values().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
    }
}
