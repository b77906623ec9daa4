package slash32.bgp.speaker;

import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.policy.ImportFilter;
import slash32.bgp.policy.LongLived;
import slash32.bgp.rib.Contender;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.session.SessionTerms;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Capability.GracefulRestart;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NlriParts;
import slash32.bgp.wire.NlriSlice;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Bytes;

/// What we hold of one peer, over its sessions: routes of a peer that restarts stay for a while (RFC 4724 §4.2). On
/// thread {@code bgp}.
///
/// Deltas collect until {@link #flush}. Families that are not in the RIB have nothing here.
final class PeerRoutes implements ImportFilter.Sink {
    private static final Logger LOG = LoggerFactory.getLogger(PeerRoutes.class);

    /// How long a peer that is back may leave open what became of its routes (RFC 4724 §4.2 leaves the number to us):
    /// longer than BIRD (240 s) and FRR and GoBGP (360 s) wait for their own peers.
    private static final int STALE_SECONDS = 420;

    private final Speaker speaker;
    private PeerConfig config;
    private final int number;
    private final Map<AddressFamily, RibDelta.Builder> deltas = new LinkedHashMap<>();
    private final List<ScheduledFuture<?>> timers = new ArrayList<>();
    private @Nullable Long staleSinceNanos;
    /// Families that hold routes from before this session, of which End-of-RIB has not come.
    private final Set<AddressFamily> awaited = new HashSet<>();
    /// Stale families whose restart time is over (RFC 9494 §4.2).
    private final Set<AddressFamily> longLived = new HashSet<>();

    private long rejected;

    PeerRoutes(Speaker speaker, PeerConfig config, int number) {
        this.speaker = speaker;
        this.config = config;
        this.number = number;
        config.families().stream().sorted().forEach(family -> deltas.put(family, new RibDelta.Builder(family)));
    }

    /// A peer of the same address goes by another configuration.
    void configure(PeerConfig other) {
        config = other;
    }

    /// Paths that were not taken since the start; a slice of prefixes counts as one.
    long rejected() {
        return rejected;
    }

    boolean isEmpty() {
        return deltas.keySet().stream().allMatch(family -> speaker.rib(family).size(number) == 0);
    }

    @Override
    public void reject(NlriSlice slice) {
        rejected++;
        withdraw(slice);
    }

    @Override
    public void one(NlriSlice slice, int pathId, long high, long low, int length, @Nullable PathAttributes attributes) {
        LocRib rib = speaker.rib(slice.family());
        if (attributes == null) {
            rejected++;
            rib.withdraw(number, pathId, high, low, length, delta(slice.family()));
        } else {
            rib.announce(number, pathId, high, low, length, attributes, delta(slice.family()));
        }
    }

    @Override
    public void announce(NlriSlice slice, PathAttributes attributes) {
        LocRib rib = speaker.rib(slice.family());
        RibDelta.Builder delta = delta(slice.family());
        if (slice.family().isPrefixes()) {
            slice.forEach(
                    (pathId, high, low, length) -> rib.announce(number, pathId, high, low, length, attributes, delta));
            return;
        }
        NlriNumbers numbers = speaker.numbers(slice.family());
        for (Nlri route : slice.routes()) {
            long high = numbers.add(NlriParts.key(route));
            rib.announce(number, route.pathId(), high, 0, 0, with(NlriParts.data(route), attributes), delta);
        }
    }

    private static PathAttributes with(Bytes data, PathAttributes attributes) {
        return data.length() == 0
                ? attributes
                : attributes.toBuilder().nlriData(data).build();
    }

    void withdraw(NlriSlice slice) {
        LocRib rib = speaker.rib(slice.family());
        RibDelta.Builder delta = delta(slice.family());
        if (slice.family().isPrefixes()) {
            slice.forEach((pathId, high, low, length) -> rib.withdraw(number, pathId, high, low, length, delta));
            return;
        }
        NlriNumbers numbers = speaker.numbers(slice.family());
        for (Nlri route : slice.routes()) {
            int known = numbers.find(NlriParts.key(route));
            if (known >= 0) {
                rib.withdraw(number, route.pathId(), known, 0, 0, delta);
            }
        }
    }

    /// A session came up: what it does not promise to have kept goes at once.
    void sessionUp(SessionTerms terms, Contender contender) {
        cancelTimer();
        GracefulRestart restart = terms.gracefulRestart();
        for (AddressFamily family : deltas.keySet()) {
            speaker.rib(family).peer(number, contender);
            boolean kept = restart != null && restart.forwarding().getOrDefault(family, false);
            if (longLived.remove(family)) {
                kept = lasting(family, terms.longLived()).forwarding();
            }
            if (!kept || !terms.wire().families().contains(family)) {
                sweep(family);
            } else if (speaker.rib(family).size(number) > 0) {
                awaited.add(family);
            }
        }
        if (!awaited.isEmpty()) {
            timers.add(speaker.loop().schedule(this::neverComplete, STALE_SECONDS, TimeUnit.SECONDS));
        }
    }

    private void neverComplete() {
        LOG.warn("peer={} event=routes-swept families={} reason=\"no End-of-RIB\"", config.address(), awaited);
        List.copyOf(awaited).forEach(this::sweep);
        restartOver();
        flush();
    }

    private static Capability.LongLived lasting(
            AddressFamily family, Capability.@Nullable LongLivedGracefulRestart capability) {
        var none = new Capability.LongLived(false, 0);
        return capability == null ? none : capability.families().getOrDefault(family, none);
    }

    /// The peer will announce all of {@code family} anew (RFC 7313 §4.2); what it doesn't goes with {@link #sweep}.
    void markStale(AddressFamily family) {
        speaker.rib(family).markStale(number);
    }

    /// All routes of {@code family} have been announced again: the others go.
    void sweep(AddressFamily family) {
        awaited.remove(family);
        speaker.rib(family).sweep(number, delta(family));
    }

    /// Every family has been swept: the next restart has all its time.
    void restartOver() {
        staleSinceNanos = null;
    }

    /// The session ended, and so do the routes, but for those that {@code terms} let stay for a while.
    ///
    /// A peer that restarts again before it has told everything keeps its routes (RFC 8538 §4.1), but not longer
    /// than twice its restart time since the first.
    ///
    /// @param terms of the session; null if nothing may stay
    void sessionDown(@Nullable SessionTerms terms) {
        cancelTimer();
        GracefulRestart restart = terms == null ? null : terms.gracefulRestart();
        Capability.LongLivedGracefulRestart lasting = terms == null ? null : terms.longLived();
        boolean kept = false;
        for (AddressFamily family : deltas.keySet()) {
            boolean stays = restart != null
                    && (restart.forwarding().containsKey(family)
                            || lasting(family, lasting).staleSeconds() > 0);
            if (stays) {
                speaker.rib(family).markStale(number);
                kept |= speaker.rib(family).size(number) > 0;
            } else {
                speaker.rib(family).peerDown(number, delta(family));
            }
        }
        if (restart != null && kept) {
            keepFor(restart.restartSeconds(), lasting);
        } else {
            staleSinceNanos = null;
        }
    }

    private void keepFor(int restartSeconds, Capability.@Nullable LongLivedGracefulRestart lasting) {
        long now = System.nanoTime();
        if (staleSinceNanos == null) {
            staleSinceNanos = now;
        }
        long restartNanos = TimeUnit.SECONDS.toNanos(restartSeconds);
        long left = Math.max(0, Math.min(restartNanos, 2 * restartNanos - (now - staleSinceNanos)));
        LOG.info("peer={} event=routes-kept seconds={}", config.address(), TimeUnit.NANOSECONDS.toSeconds(left));
        timers.add(speaker.loop().schedule(() -> restartTimeIsOver(lasting), left, TimeUnit.NANOSECONDS));
    }

    private void restartTimeIsOver(Capability.@Nullable LongLivedGracefulRestart lasting) {
        cancelTimer();
        for (AddressFamily family : deltas.keySet()) {
            int ours = config.options().session().longLivedSeconds();
            int seconds = Math.min(lasting(family, lasting).staleSeconds(), ours);
            if (seconds == 0) {
                neverBack(family);
                continue;
            }
            speaker.rib(family).relabelStale(number, LongLived::stale, delta(family));
            longLived.add(family);
            LOG.info("peer={} event=routes-kept-long family={} seconds={}", config.address(), family, seconds);
            timers.add(speaker.loop().schedule(() -> neverBack(family), seconds, TimeUnit.SECONDS));
        }
        flush();
    }

    private void neverBack(AddressFamily family) {
        if (speaker.rib(family).size(number) > 0) {
            LOG.info(
                    "peer={} event=routes-dropped family={} reason=\"not back within its restart time\"",
                    config.address(),
                    family);
        }
        longLived.remove(family);
        speaker.rib(family).peerDown(number, delta(family));
        flush();
        if (longLived.isEmpty()) {
            staleSinceNanos = null;
            speaker.considerLeaving(config.address());
        }
    }

    /// Withdraws all that is left of the peer.
    void drop() {
        cancelTimer();
        staleSinceNanos = null;
        longLived.clear();
        deltas.forEach((family, delta) -> speaker.rib(family).peerDown(number, delta));
        flush();
    }

    /// Stops what is timed; what is held stays.
    void cancelTimer() {
        awaited.clear();
        timers.forEach(timer -> timer.cancel(false));
        timers.clear();
    }

    /// Hands the deltas over.
    void flush() {
        for (RibDelta.Builder delta : deltas.values()) {
            if (delta.size() > 0) {
                speaker.changed(delta.build());
            }
        }
    }

    private RibDelta.Builder delta(AddressFamily family) {
        RibDelta.Builder delta = deltas.get(family);
        if (delta == null) {
            throw new IllegalArgumentException("the session does not speak " + family);
        }
        return delta;
    }
}
