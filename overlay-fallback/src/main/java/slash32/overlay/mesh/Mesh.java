package slash32.overlay.mesh;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;

/// The peers that may be keyed, and the state of each.
///
/// A peer is connected to when a packet needs it, and let go when none has for a while. A few begin at a time: others
/// wait in their order. One that could not be reached is tried again when it is needed and some time has passed, twice
/// as long each time, and never at the same moment as others.
public final class Mesh {
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    private final Terms terms;
    private final RandomGenerator random;
    private final Map<Ipv4Address, Peer> peers = new LinkedHashMap<>();
    private final Deque<Peer> waiting = new ArrayDeque<>();
    private int opening;
    private List<Action> actions = new ArrayList<>();

    /// How the mesh keeps its peers.
    ///
    /// @param idle after this long without a packet a peer is let go
    /// @param mostOpening peers that are connected to at once
    public record Terms(Duration idle, int mostOpening) {}

    /// What a peer's keys are doing.
    public enum Phase {
        /// Nobody needs it.
        IDLE,
        /// It is needed, and others are connected to first.
        WAITING,
        OPENING,
        ESTABLISHED,
        /// It could not be reached.
        FAILED
    }

    /// For IKE.
    public sealed interface Action {
        record Connect(Ipv4Address node) implements Action {}

        record Release(Ipv4Address node) implements Action {}
    }

    private static final class Peer {
        final Ipv4Address node;
        Phase phase = Phase.IDLE;
        long sinceNanos;
        /// Of the state FAILED.
        long retryNanos;

        int failures;
        /// A packet needed it while it was FAILED.
        boolean needed;
        /// Packets that it had passed when somebody last looked.
        long packets;

        long activeNanos;

        @Nullable
        String why;

        Peer(Ipv4Address node) {
            this.node = node;
        }
    }

    /// A peer for people.
    ///
    /// @param why it is not ESTABLISHED, if something went wrong
    public record Status(
            Ipv4Address node,
            Phase phase,
            long sinceNanos,
            @Nullable String why) {}

    public Mesh(Terms terms, RandomGenerator random) {
        this.terms = terms;
        this.random = random;
    }

    /// A peer may be keyed from now on.
    public void admit(Ipv4Address node, long nowNanos) {
        peers.computeIfAbsent(node, _ -> {
            var peer = new Peer(node);
            peer.sinceNanos = nowNanos;
            return peer;
        });
    }

    /// It may no more; what there is with it is not for the mesh to end.
    public void expel(Ipv4Address node, long nowNanos) {
        Peer peer = peers.remove(node);
        if (peer != null) {
            waiting.remove(peer);
            leave(peer, nowNanos);
        }
    }

    /// A packet to the peer had no SA.
    public void needed(Ipv4Address node, long nowNanos) {
        Peer peer = peers.get(node);
        if (peer == null) {
            return;
        }
        switch (peer.phase) {
            case IDLE -> open(peer, nowNanos);
            case FAILED -> peer.needed = true;
            case WAITING, OPENING, ESTABLISHED -> {}
        }
    }

    /// It has proven who it is, whoever began.
    public void established(Ipv4Address node, long nowNanos) {
        Peer peer = peers.get(node);
        if (peer == null) {
            return;
        }
        waiting.remove(peer);
        go(peer, Phase.ESTABLISHED, nowNanos);
        peer.failures = 0;
        peer.activeNanos = nowNanos;
        peer.why = null;
        next(nowNanos);
    }

    /// There is nothing with it any more.
    public void lost(Ipv4Address node, String why, long nowNanos) {
        Peer peer = peers.get(node);
        if (peer == null || peer.phase == Phase.WAITING) {
            return;
        }
        boolean failed = peer.phase == Phase.OPENING;
        go(peer, failed ? Phase.FAILED : Phase.IDLE, nowNanos);
        peer.why = why;
        if (failed) {
            long longest =
                    Math.min(LONGEST_RETRY.toNanos(), FIRST_RETRY.toNanos() << Math.min(peer.failures, Long.SIZE / 2));
            peer.failures++;
            peer.retryNanos = nowNanos + (long) (longest * (0.5 + random.nextDouble() / 2));
            peer.needed = false;
        }
        next(nowNanos);
    }

    /// How many packets passed both ways since its SAs began; more than when this was last said keep it.
    public void passed(Ipv4Address node, long packets, long nowNanos) {
        Peer peer = peers.get(node);
        if (peer != null) {
            peer.activeNanos = packets > peer.packets ? nowNanos : peer.activeNanos;
            peer.packets = packets;
        }
    }

    /// Does what is due.
    public void expire(long nowNanos) {
        for (Peer peer : peers.values()) {
            if (peer.phase == Phase.ESTABLISHED && peer.activeNanos + terms.idle.toNanos() <= nowNanos) {
                actions.add(new Action.Release(peer.node));
                peer.activeNanos = nowNanos; // asked again, should nothing come of it
            } else if (peer.phase == Phase.FAILED && peer.retryNanos <= nowNanos) {
                if (peer.needed) {
                    open(peer, nowNanos);
                } else {
                    go(peer, Phase.IDLE, nowNanos);
                }
            }
        }
    }

    /// When to call {@link #expire} next; {@link Long#MAX_VALUE} for never.
    public long nextDeadlineNanos() {
        long next = Long.MAX_VALUE;
        for (Peer peer : peers.values()) {
            if (peer.phase == Phase.ESTABLISHED) {
                next = Math.min(next, peer.activeNanos + terms.idle.toNanos());
            } else if (peer.phase == Phase.FAILED) {
                next = Math.min(next, peer.retryNanos);
            }
        }
        return next;
    }

    /// What IKE is to do since the last time this was asked.
    public List<Action> actions() {
        List<Action> done = actions;
        actions = new ArrayList<>();
        return done;
    }

    /// All that may be keyed.
    public List<Status> peers() {
        return peers.values().stream()
                .map(peer -> new Status(peer.node, peer.phase, peer.sinceNanos, peer.why))
                .toList();
    }

    private void open(Peer peer, long nowNanos) {
        if (opening >= terms.mostOpening) {
            go(peer, Phase.WAITING, nowNanos);
            waiting.add(peer);
            return;
        }
        go(peer, Phase.OPENING, nowNanos);
        actions.add(new Action.Connect(peer.node));
    }

    private void next(long nowNanos) {
        while (opening < terms.mostOpening && !waiting.isEmpty()) {
            open(waiting.remove(), nowNanos);
        }
    }

    private void go(Peer peer, Phase phase, long nowNanos) {
        opening += (phase == Phase.OPENING ? 1 : 0) - (peer.phase == Phase.OPENING ? 1 : 0);
        peer.phase = phase;
        peer.sinceNanos = nowNanos;
    }

    private void leave(Peer peer, long nowNanos) {
        go(peer, Phase.IDLE, nowNanos);
        next(nowNanos);
    }
}
