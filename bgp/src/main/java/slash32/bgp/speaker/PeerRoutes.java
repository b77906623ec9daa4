package slash32.bgp.speaker;

import io.netty.util.concurrent.ScheduledFuture;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.rib.Contender;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.session.SessionTerms;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Capability.GracefulRestart;
import slash32.bgp.wire.NlriSlice;
import slash32.bgp.wire.PathAttributes;

/// What we hold of one peer, over its sessions: routes of a peer that restarts stay for a while (RFC 4724 §4.2). On
/// thread {@code bgp}.
///
/// Deltas collect until {@link #flush}. Families that are not in the RIB have nothing here.
final class PeerRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(PeerRoutes.class);

    private final Speaker speaker;
    private final PeerConfig config;
    private final int number;
    private final Map<AddressFamily, RibDelta.Builder> deltas = new LinkedHashMap<>();
    private @Nullable ScheduledFuture<?> staleTimer;
    private @Nullable Long staleSinceNanos;

    PeerRoutes(Speaker speaker, PeerConfig config, int number) {
        this.speaker = speaker;
        this.config = config;
        this.number = number;
        config.families().stream().sorted().forEach(family -> deltas.put(family, new RibDelta.Builder(family)));
    }

    void announce(NlriSlice slice, PathAttributes attributes) {
        LocRib rib = speaker.rib(slice.family());
        RibDelta.Builder delta = delta(slice.family());
        slice.forEach((_, high, low, length) -> rib.announce(number, high, low, length, attributes, delta));
    }

    void withdraw(NlriSlice slice) {
        LocRib rib = speaker.rib(slice.family());
        RibDelta.Builder delta = delta(slice.family());
        slice.forEach((_, high, low, length) -> rib.withdraw(number, high, low, length, delta));
    }

    /// A session came up: what it does not promise to have kept goes at once.
    void sessionUp(SessionTerms terms, Contender contender) {
        cancelTimer();
        GracefulRestart restart = terms.gracefulRestart();
        for (AddressFamily family : deltas.keySet()) {
            speaker.rib(family).peer(number, contender);
            boolean kept = restart != null
                    && restart.forwarding().getOrDefault(family, false)
                    && terms.wire().families().contains(family);
            if (!kept) {
                sweep(family);
            }
        }
    }

    /// All routes of {@code family} have been announced again: the others go.
    void sweep(AddressFamily family) {
        speaker.rib(family).sweep(number, delta(family));
    }

    /// Every family has been swept: the next restart has all its time.
    void restartOver() {
        staleSinceNanos = null;
    }

    /// The session ended, and so do the routes, but for those of families in {@code restart}, which stay for a while.
    ///
    /// A peer that restarts again before it has told everything keeps its routes (RFC 8538 §4.1), but not longer
    /// than twice its restart time since the first.
    ///
    /// @param restart the peer's capability; null if nothing may stay
    void sessionDown(@Nullable GracefulRestart restart) {
        cancelTimer();
        boolean kept = false;
        for (AddressFamily family : deltas.keySet()) {
            if (restart != null && restart.forwarding().containsKey(family)) {
                speaker.rib(family).markStale(number);
                kept |= speaker.rib(family).size(number) > 0;
            } else {
                speaker.rib(family).peerDown(number, delta(family));
            }
        }
        if (restart != null && kept) {
            keepFor(restart.restartSeconds());
        } else {
            staleSinceNanos = null;
        }
    }

    private void keepFor(int restartSeconds) {
        long now = System.nanoTime();
        if (staleSinceNanos == null) {
            staleSinceNanos = now;
        }
        long restartNanos = TimeUnit.SECONDS.toNanos(restartSeconds);
        long left = Math.max(0, Math.min(restartNanos, 2 * restartNanos - (now - staleSinceNanos)));
        LOG.info("peer={} event=routes-kept seconds={}", config.address(), TimeUnit.NANOSECONDS.toSeconds(left));
        staleTimer = speaker.loop().schedule(this::restartTimeIsOver, left, TimeUnit.NANOSECONDS);
    }

    private void restartTimeIsOver() {
        LOG.info("peer={} event=routes-dropped reason=\"not back within its restart time\"", config.address());
        drop();
    }

    /// Withdraws all that is left of the peer.
    void drop() {
        cancelTimer();
        staleSinceNanos = null;
        deltas.forEach((family, delta) -> speaker.rib(family).peerDown(number, delta));
        flush();
    }

    /// Stops what is timed; what is held stays.
    void cancelTimer() {
        if (staleTimer != null) {
            staleTimer.cancel(false);
            staleTimer = null;
        }
    }

    /// Hands the deltas over.
    void flush() {
        for (RibDelta.Builder delta : deltas.values()) {
            if (delta.size() > 0) {
                speaker.changed(delta.build());
            }
        }
    }

    Collection<AddressFamily> families() {
        return deltas.keySet();
    }

    private RibDelta.Builder delta(AddressFamily family) {
        RibDelta.Builder delta = deltas.get(family);
        if (delta == null) {
            throw new IllegalArgumentException("the session does not speak " + family);
        }
        return delta;
    }
}
