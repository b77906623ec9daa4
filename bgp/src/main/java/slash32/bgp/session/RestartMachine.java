package slash32.bgp.session;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Capability.GracefulRestart;
import slash32.bgp.wire.Capability.LongLived;
import slash32.bgp.wire.Capability.LongLivedGracefulRestart;

/// Which routes of one peer stay when its session ends, and for how long: graceful restart on the receiving side (RFC
/// 4724 §4.2, RFC 8538 §4.1) and its long-lived form (RFC 9494 §4.2).
///
/// Every call returns all that is to be done. Owned by one thread.
public final class RestartMachine {
    private static final long SECOND = 1_000_000_000L;
    private static final long NEVER = Long.MAX_VALUE;
    /// How long a peer that is back may leave open what became of its routes (RFC 4724 §4.2 leaves the number to us):
    /// longer than BIRD (240 s) and FRR and GoBGP (360 s) wait for their own peers.
    private static final long STALE_NANOS = 420 * SECOND;

    private static final LongLived NOTHING = new LongLived(false, 0);

    private final Set<AddressFamily> families;
    /// Families that hold routes from before this session, of which End-of-RIB has not come.
    private final Set<AddressFamily> awaited = new TreeSet<>();
    /// Stale families whose restart time is over.
    private final Set<AddressFamily> longLived = new TreeSet<>();
    /// When their time is over too; without those whose peer is back.
    private final Map<AddressFamily, Long> longLivedDeadlines = new TreeMap<>();

    private @Nullable LongLivedGracefulRestart promised;
    /// Since when routes are stale that have not been announced again; null if none are.
    private @Nullable Long staleSinceNanos;

    private long restartDeadline = NEVER;
    private long staleDeadline = NEVER;

    /// A machine of a peer of which nothing is held.
    ///
    /// @param families that the peer is configured with
    public RestartMachine(Collection<AddressFamily> families) {
        this.families = new TreeSet<>(families);
    }

    /// A session came up: what it does not promise to have kept goes at once.
    ///
    /// @param holds whether routes of a family are held
    public List<RestartAction> sessionUp(SessionTerms terms, Predicate<AddressFamily> holds, long nowNanos) {
        stopTimers();
        var actions = new ArrayList<RestartAction>();
        GracefulRestart restart = terms.gracefulRestart();
        for (AddressFamily family : families) {
            boolean kept = restart != null && restart.forwarding().getOrDefault(family, false);
            if (longLived.remove(family)) {
                kept = lasting(family, terms.longLived()).forwarding();
            }
            if (!kept || !terms.wire().families().contains(family)) {
                actions.add(new RestartAction.Sweep(family));
            } else if (holds.test(family)) {
                awaited.add(family);
            }
        }
        if (!awaited.isEmpty()) {
            staleDeadline = nowNanos + STALE_NANOS;
        }
        return actions;
    }

    /// The session ended, and so do the routes, but for those that {@code terms} let stay for a while.
    ///
    /// A peer that restarts again before it has told everything keeps its routes (RFC 8538 §4.1), but not longer
    /// than twice its restart time since the first.
    ///
    /// @param terms of the session; null if nothing may stay
    /// @param holds whether routes of a family are held
    public List<RestartAction> sessionDown(
            @Nullable SessionTerms terms, Predicate<AddressFamily> holds, long nowNanos) {
        stopTimers();
        var actions = new ArrayList<RestartAction>();
        GracefulRestart restart = terms == null ? null : terms.gracefulRestart();
        promised = terms == null ? null : terms.longLived();
        boolean kept = false;
        for (AddressFamily family : families) {
            boolean stays = restart != null
                    && (restart.forwarding().containsKey(family)
                            || lasting(family, promised).staleSeconds() > 0);
            actions.add(stays ? new RestartAction.MarkStale(family) : new RestartAction.Drop(family));
            kept |= stays && holds.test(family);
        }
        if (restart != null && kept) {
            actions.add(keepFor(restart.restartSeconds() * SECOND, nowNanos));
        } else {
            staleSinceNanos = null;
        }
        return actions;
    }

    private RestartAction keepFor(long restartNanos, long nowNanos) {
        if (staleSinceNanos == null) {
            staleSinceNanos = nowNanos;
        }
        long left = Math.max(0, Math.min(restartNanos, 2 * restartNanos - (nowNanos - staleSinceNanos)));
        restartDeadline = nowNanos + left;
        return new RestartAction.Keeps(left / SECOND);
    }

    /// The peer has told all of {@code family}, and the rest was swept.
    public void swept(AddressFamily family) {
        awaited.remove(family);
    }

    /// The peer has told all of every family: the next restart has all its time.
    public void restartOver() {
        staleSinceNanos = null;
    }

    /// All that was held was dropped.
    public void dropped() {
        stopTimers();
        staleSinceNanos = null;
        longLived.clear();
    }

    /// What is held stays as it is from now on.
    public void stopTimers() {
        awaited.clear();
        longLivedDeadlines.clear();
        restartDeadline = NEVER;
        staleDeadline = NEVER;
    }

    /// When {@link #deadlineReached} is wanted; {@link Long#MAX_VALUE} for never.
    public long nextDeadlineNanos() {
        long next = Math.min(restartDeadline, staleDeadline);
        for (long each : longLivedDeadlines.values()) {
            next = Math.min(next, each);
        }
        return next;
    }

    /// Time has passed.
    ///
    /// @param longLivedSeconds what we grant a peer after its restart time; 0 for nothing
    public List<RestartAction> deadlineReached(int longLivedSeconds, long nowNanos) {
        var actions = new ArrayList<RestartAction>();
        if (nowNanos >= staleDeadline) {
            neverComplete(actions);
        }
        for (AddressFamily family : List.copyOf(longLivedDeadlines.keySet())) {
            if (nowNanos >= longLivedDeadlines.getOrDefault(family, NEVER)) {
                longLivedDeadlines.remove(family);
                neverBack(family, actions);
            }
        }
        if (nowNanos >= restartDeadline) {
            restartTimeIsOver(longLivedSeconds, nowNanos, actions);
        }
        return actions;
    }

    private void neverComplete(List<RestartAction> actions) {
        staleDeadline = NEVER;
        if (!awaited.isEmpty()) {
            actions.add(new RestartAction.NeverComplete(List.copyOf(awaited)));
            awaited.forEach(family -> actions.add(new RestartAction.Sweep(family)));
            awaited.clear();
        }
        restartOver();
    }

    private void restartTimeIsOver(int longLivedSeconds, long nowNanos, List<RestartAction> actions) {
        stopTimers();
        for (AddressFamily family : families) {
            int seconds = Math.min(lasting(family, promised).staleSeconds(), longLivedSeconds);
            if (seconds == 0) {
                neverBack(family, actions);
            } else {
                actions.add(new RestartAction.Relabel(family, seconds));
                longLived.add(family);
                longLivedDeadlines.put(family, nowNanos + seconds * SECOND);
            }
        }
    }

    private void neverBack(AddressFamily family, List<RestartAction> actions) {
        longLived.remove(family);
        actions.add(new RestartAction.NeverBack(family));
        if (longLived.isEmpty()) {
            restartOver();
        }
    }

    private static LongLived lasting(AddressFamily family, @Nullable LongLivedGracefulRestart capability) {
        return capability == null ? NOTHING : capability.families().getOrDefault(family, NOTHING);
    }
}
