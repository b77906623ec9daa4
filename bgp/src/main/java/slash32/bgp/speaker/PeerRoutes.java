package slash32.bgp.speaker;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.policy.ImportFilter;
import slash32.bgp.policy.LongLived;
import slash32.bgp.rib.Contender;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.session.RestartAction;
import slash32.bgp.session.RestartMachine;
import slash32.bgp.session.SessionTerms;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NlriParts;
import slash32.bgp.wire.NlriSlice;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Bytes;

/// What we hold of one peer, over its sessions; what stays while it restarts is said by its {@link RestartMachine}. On
/// thread {@code bgp}.
///
/// Deltas collect until {@link #flush}. Families that are not in the RIB have nothing here.
final class PeerRoutes implements ImportFilter.Sink {
    private static final Logger LOG = LoggerFactory.getLogger(PeerRoutes.class);

    private final Speaker speaker;
    private PeerConfig config;
    private final int number;
    private final Map<AddressFamily, RibDelta.Builder> deltas = new LinkedHashMap<>();
    private final RestartMachine restart;
    private final Alarm alarm;

    private long rejected;
    private long untargeted;
    private boolean toldOfUntargeted;

    PeerRoutes(Speaker speaker, PeerConfig config, int number) {
        this.speaker = speaker;
        this.config = config;
        this.number = number;
        restart = new RestartMachine(config.families());
        alarm = new Alarm(speaker.loop(), this::deadline);
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

    /// Routes of EVPN without a target that the peer announced since the start.
    long untargeted() {
        return untargeted;
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
        if (slice.family().equals(AddressFamily.L2VPN_EVPN) && !attributes.hasImportTarget()) {
            noteUntargeted(slice.routes().size());
        }
        NlriNumbers numbers = speaker.numbers(slice.family());
        for (Nlri route : slice.routes()) {
            long high = numbers.add(NlriParts.key(route));
            rib.announce(number, route.pathId(), high, 0, 0, with(NlriParts.data(route), attributes), delta);
        }
    }

    private void noteUntargeted(int routes) {
        untargeted += routes;
        if (!toldOfUntargeted) {
            toldOfUntargeted = true;
            LOG.warn(
                    "peer={} event=routes-without-target family={} reason=\"for no segment; extended communities are"
                            + " stripped on the way\"",
                    config.address(),
                    AddressFamily.L2VPN_EVPN);
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
        toldOfUntargeted = false;
        for (AddressFamily family : deltas.keySet()) {
            speaker.rib(family).peer(number, contender);
        }
        perform(restart.sessionUp(terms, this::holds, System.nanoTime()));
    }

    /// The session ended, and so do the routes, but for those that {@code terms} let stay for a while.
    ///
    /// @param terms of the session; null if nothing may stay
    void sessionDown(@Nullable SessionTerms terms) {
        perform(restart.sessionDown(terms, this::holds, System.nanoTime()));
    }

    private boolean holds(AddressFamily family) {
        return speaker.rib(family).size(number) > 0;
    }

    private void deadline() {
        perform(restart.deadlineReached(config.options().session().longLivedSeconds(), System.nanoTime()));
        flush();
        speaker.considerLeaving(config.address());
    }

    private void perform(List<RestartAction> actions) {
        for (RestartAction action : actions) {
            switch (action) {
                case RestartAction.MarkStale(AddressFamily family) -> markStale(family);
                case RestartAction.Sweep(AddressFamily family) -> sweep(family);
                case RestartAction.Relabel(AddressFamily family, int seconds) -> {
                    speaker.rib(family).relabelStale(number, LongLived::stale, delta(family));
                    LOG.info("peer={} event=routes-kept-long family={} seconds={}", config.address(), family, seconds);
                }
                case RestartAction.Drop(AddressFamily family) -> drop(family);
                case RestartAction.NeverBack(AddressFamily family) -> neverBack(family);
                case RestartAction.Keeps(long seconds) ->
                    LOG.info("peer={} event=routes-kept seconds={}", config.address(), seconds);
                case RestartAction.NeverComplete(List<AddressFamily> families) ->
                    LOG.warn(
                            "peer={} event=routes-swept families={} reason=\"no End-of-RIB\"",
                            config.address(),
                            families);
            }
        }
        alarm.set(restart.nextDeadlineNanos());
    }

    private void neverBack(AddressFamily family) {
        if (holds(family)) {
            LOG.info(
                    "peer={} event=routes-dropped family={} reason=\"not back within its restart time\"",
                    config.address(),
                    family);
        }
        drop(family);
    }

    /// The peer will announce all of {@code family} anew (RFC 7313 §4); what it doesn't goes with {@link #sweep}.
    void markStale(AddressFamily family) {
        speaker.rib(family).markStale(number);
    }

    /// All routes of {@code family} have been announced again: the others go.
    void sweep(AddressFamily family) {
        restart.swept(family);
        speaker.rib(family).sweep(number, delta(family));
    }

    /// Every family has been swept: the next restart has all its time.
    void restartOver() {
        restart.restartOver();
    }

    private void drop(AddressFamily family) {
        speaker.rib(family).peerDown(number, delta(family));
    }

    /// Withdraws all that is left of the peer.
    void drop() {
        restart.dropped();
        alarm.cancel();
        deltas.keySet().forEach(this::drop);
        flush();
    }

    /// What is held stays as it is from now on.
    void cancelTimer() {
        restart.stopTimers();
        alarm.cancel();
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
