package slash32.overlay.probe;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Judges each path by rounds of echoes: a small one and one of full size at once, now and then. A round that
/// misses one is repeated at once, and what stays missed is believed. Where only small ones pass, the size that
/// does is searched for by halves.
public final class PathProbes {
    /// Passes where anything does.
    public static final int SMALL_BYTES = 128;

    /// Every IPv6 path takes it (RFC 8200 §5), and every size that is searched for is above.
    static final int LEAST_BYTES = 1_280;

    /// The search ends when it knows the size this well.
    private static final int CLOSE_ENOUGH_BYTES = 8;

    private static final int SEQUENCES = 1 << 16;

    private final Terms terms;
    private final RandomGenerator random;
    private final Map<ProbedPath, Watched> paths = new TreeMap<>();
    private final Map<Integer, Ask> outstanding = new HashMap<>();
    private List<Action> actions = new ArrayList<>();
    private int lastSequence;
    /// No round begins before: many paths take their turns.
    private long gateNanos = Long.MIN_VALUE;

    /// How often is asked.
    ///
    /// @param interval between rounds of a path, give or take a quarter; zero for none, and nothing is watched
    /// @param patience for an answer
    /// @param misses rounds in a row without an answer that are believed
    /// @param roundsPerSecond of all paths together
    public record Terms(Duration interval, Duration patience, int misses, int roundsPerSecond) {
        private static final Duration LEAST_PATIENCE = Duration.ofMillis(200);
        private static final Duration MOST_PATIENCE = Duration.ofSeconds(2);

        /// The usual terms: three misses in a row, and no more than a few hundred packets a second.
        public static Terms every(Duration interval) {
            Duration part = interval.dividedBy(5);
            Duration patience = part.compareTo(LEAST_PATIENCE) < 0 ? LEAST_PATIENCE : part;
            return new Terms(interval, patience.compareTo(MOST_PATIENCE) > 0 ? MOST_PATIENCE : patience, 3, 100);
        }
    }

    /// What is to be done.
    public sealed interface Action {
        /// An echo is to be asked for.
        ///
        /// @param packetBytes of the whole IP packet
        record Probe(ProbedPath path, int sequence, int packetBytes) implements Action {}

        /// What is known of a path changed: its state, or the size that fits.
        record Changed(PathState before, PathStatus now) implements Action {}
    }

    private static final class Ask {
        final Watched of;
        final int bytes;
        boolean answered;

        Ask(Watched of, int bytes) {
            this.of = of;
            this.bytes = bytes;
        }
    }

    private static final class Watched {
        final ProbedPath path;
        int fullBytes;
        PathState state = PathState.UNKNOWN;
        long sinceNanos;
        int fitsBytes;
        boolean wasEverAnswered;

        @Nullable
        String why;
        /// By sequence; empty between rounds.
        final Map<Integer, Ask> round = new HashMap<>();
        /// When the next round begins, or the present one is over.
        long dueNanos;
        /// Rounds in a row in which nothing came back, or nothing of full size.
        int silent;

        int narrow;
        /// What is searched between: the one passes, if it was proven, the other does not.
        int lowBytes;

        int highBytes;
        boolean lowProven;
        /// Not even the least size passes.
        boolean isHopeless;

        int missesBetween;

        Watched(ProbedPath path, int fullBytes) {
            this.path = path;
            this.fullBytes = fullBytes;
        }

        boolean isSearching() {
            return state == PathState.NARROW && fitsBytes == 0 && !isHopeless;
        }

        boolean isFound() {
            return highBytes - lowBytes <= CLOSE_ENOUGH_BYTES;
        }

        /// Beside the small size and the full one; 0 for none.
        int alsoAsked() {
            if (state != PathState.NARROW || fitsBytes > 0) {
                return fitsBytes;
            }
            if (isHopeless) {
                return LEAST_BYTES;
            }
            return isFound() ? lowBytes : (lowBytes + highBytes) / 2;
        }

        /// A next round is not to wait.
        boolean isBeingJudged() {
            boolean gone = state == PathState.UNREACHABLE || state == PathState.SILENT;
            return (silent > 0 && !gone) || (narrow > 0 && state != PathState.NARROW) || isSearching();
        }

        boolean passes(int bytes) {
            return round.values().stream().anyMatch(ask -> ask.bytes == bytes && ask.answered);
        }

        PathStatus status() {
            return new PathStatus(path, state, sinceNanos, fullBytes, fitsBytes, why);
        }
    }

    public PathProbes(Terms terms, RandomGenerator random) {
        this.terms = terms;
        this.random = random;
    }

    /// Watches these paths of a kind, and no others of it.
    ///
    /// @param wanted with the size of an IP packet that has to pass, at least {@link #LEAST_BYTES}
    public void watch(ProbedPath.Kind kind, Map<ProbedPath, Integer> wanted, long nowNanos) {
        if (terms.interval.isZero()) {
            return;
        }
        paths.values().removeIf(watched -> {
            boolean goes = watched.path.kind() == kind && !wanted.containsKey(watched.path);
            if (goes) {
                endRound(watched);
            }
            return goes;
        });
        wanted.forEach((path, wantedBytes) -> {
            int bytes = Math.max(wantedBytes, LEAST_BYTES);
            Watched known = paths.get(path);
            if (known == null) {
                var fresh = new Watched(path, bytes);
                fresh.sinceNanos = nowNanos;
                fresh.dueNanos = nowNanos + (long) (terms.patience.toNanos() * random.nextDouble());
                paths.put(path, fresh);
            } else if (known.fullBytes != bytes) {
                known.fullBytes = bytes;
                known.fitsBytes = 0;
                searchAnew(known);
                endRound(known);
                known.dueNanos = nowNanos;
            }
        });
    }

    /// An echo came back, and from where it was asked for.
    public void answered(ProbedPath from, int sequence, long nowNanos) {
        Ask ask = outstanding.get(sequence);
        if (ask != null && ask.of.path.equals(from)) {
            ask.answered = true;
            if (ask.of.round.values().stream().allMatch(each -> each.answered)) {
                judge(ask.of, nowNanos);
            }
        }
    }

    /// An echo could not be asked for.
    public void notSent(ProbedPath path, String why) {
        Watched watched = paths.get(path);
        if (watched != null) {
            watched.why = why;
        }
    }

    /// Does what is due.
    public void expire(long nowNanos) {
        Watched first = null;
        for (Watched watched : paths.values()) {
            if (watched.dueNanos > nowNanos) {
                continue;
            }
            if (!watched.round.isEmpty()) {
                judge(watched, nowNanos);
            } else if (first == null || watched.dueNanos < first.dueNanos) {
                first = watched;
            }
        }
        if (first != null && gateNanos <= nowNanos) {
            begin(first, nowNanos);
            gateNanos = nowNanos + Duration.ofSeconds(1).toNanos() / terms.roundsPerSecond;
        }
    }

    /// When to call {@link #expire} next; {@link Long#MAX_VALUE} for never.
    public long nextDeadlineNanos() {
        long next = Long.MAX_VALUE;
        for (Watched watched : paths.values()) {
            next = Math.min(next, watched.round.isEmpty() ? Math.max(gateNanos, watched.dueNanos) : watched.dueNanos);
        }
        return next;
    }

    /// What is to be done since the last time this was asked.
    public List<Action> actions() {
        List<Action> done = actions;
        actions = new ArrayList<>();
        return done;
    }

    /// All paths, in order.
    public List<PathStatus> status() {
        return paths.values().stream().map(Watched::status).toList();
    }

    private void begin(Watched watched, long nowNanos) {
        watched.why = null;
        ask(watched, SMALL_BYTES);
        if (watched.alsoAsked() > 0) {
            ask(watched, watched.alsoAsked());
        }
        ask(watched, watched.fullBytes);
        watched.dueNanos = nowNanos + terms.patience.toNanos();
    }

    private void ask(Watched watched, int bytes) {
        do {
            lastSequence = (lastSequence + 1) % SEQUENCES;
        } while (outstanding.containsKey(lastSequence));
        var ask = new Ask(watched, bytes);
        outstanding.put(lastSequence, ask);
        watched.round.put(lastSequence, ask);
        actions.add(new Action.Probe(watched.path, lastSequence, bytes));
    }

    private void endRound(Watched watched) {
        outstanding.keySet().removeAll(watched.round.keySet());
        watched.round.clear();
    }

    private void judge(Watched watched, long nowNanos) {
        if (watched.passes(watched.fullBytes)) {
            watched.wasEverAnswered = true;
            watched.silent = 0;
            watched.narrow = 0;
            become(watched, PathState.OPEN, 0, nowNanos);
        } else if (watched.round.values().stream().anyMatch(ask -> ask.answered)) {
            watched.wasEverAnswered = true;
            watched.silent = 0;
            watched.narrow++;
            if (watched.state == PathState.NARROW) {
                search(watched, nowNanos);
            } else if (watched.narrow >= terms.misses) {
                searchAnew(watched);
                become(watched, PathState.NARROW, 0, nowNanos);
            }
        } else if (++watched.silent >= terms.misses) {
            become(
                    watched,
                    watched.wasEverAnswered ? PathState.UNREACHABLE : PathState.SILENT,
                    watched.fitsBytes,
                    nowNanos);
        }
        endRound(watched);
        long rest = watched.isBeingJudged() ? 0 : (long) (terms.interval.toNanos() * (0.75 + random.nextDouble() / 2));
        watched.dueNanos = nowNanos + rest;
    }

    private static void searchAnew(Watched watched) {
        watched.lowBytes = LEAST_BYTES;
        watched.highBytes = watched.fullBytes;
        watched.lowProven = false;
        watched.isHopeless = false;
        watched.missesBetween = 0;
    }

    private void search(Watched watched, long nowNanos) {
        int asked = watched.alsoAsked();
        if (watched.passes(asked)) {
            watched.missesBetween = 0;
            if (watched.isHopeless) {
                searchAnew(watched);
            } else if (watched.fitsBytes == 0) {
                watched.lowBytes = asked;
                watched.lowProven = true;
            }
        } else if (!watched.isHopeless && ++watched.missesBetween >= terms.misses - 1) {
            watched.missesBetween = 0;
            if (watched.fitsBytes > 0) { // it did, and does no more
                searchAnew(watched);
                become(watched, PathState.NARROW, 0, nowNanos);
            } else if (watched.isFound()) {
                watched.isHopeless = true;
            } else {
                watched.highBytes = asked;
            }
        }
        if (watched.isSearching() && watched.isFound() && watched.lowProven) {
            become(watched, PathState.NARROW, watched.lowBytes, nowNanos);
        }
    }

    private void become(Watched watched, PathState state, int fitsBytes, long nowNanos) {
        PathState before = watched.state;
        if (before == state && watched.fitsBytes == fitsBytes) {
            return;
        }
        if (before != state) {
            watched.state = state;
            watched.sinceNanos = nowNanos;
        }
        watched.fitsBytes = fitsBytes;
        actions.add(new Action.Changed(before, watched.status()));
    }
}
