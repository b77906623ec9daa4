package slash32.bgp.speaker;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.session.SessionState;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.EvpnChange;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute;
import slash32.bgp.wire.PathAttributes;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// A listener that adds deltas up, and lets a test wait for a state.
final class Recorder implements LocRibListener {
    final Map<Prefix, PathAttributes> routes = new ConcurrentHashMap<>();
    final Map<Prefix, List<PathAttributes>> others = new ConcurrentHashMap<>();
    final Map<EvpnRoute, EvpnPath> evpn = new ConcurrentHashMap<>();
    final Set<Prefix> everLost = ConcurrentHashMap.newKeySet();
    final Set<AddressFamily> inSync = ConcurrentHashMap.newKeySet();
    final Set<Prefix> advertised = ConcurrentHashMap.newKeySet();
    final Map<IpAddress, PeerStatus> peers = new ConcurrentHashMap<>();

    @Override
    public synchronized void changed(RibDelta delta) {
        for (int i = 0; i < delta.size(); i++) {
            PathAttributes best = delta.attributes(i);
            if (best == null) {
                routes.remove(delta.prefix(i));
                others.remove(delta.prefix(i));
                everLost.add(delta.prefix(i));
            } else {
                routes.put(delta.prefix(i), best);
                others.put(delta.prefix(i), delta.others(i));
            }
        }
        notifyAll();
    }

    @Override
    public synchronized void evpn(List<EvpnChange> changes) {
        for (EvpnChange change : changes) {
            if (change.now() == null) {
                evpn.remove(change.key());
            } else {
                evpn.put(change.key(), change.now());
            }
        }
        notifyAll();
    }

    @Override
    public synchronized void inSync(AddressFamily family) {
        inSync.add(family);
        notifyAll();
    }

    @Override
    public synchronized void peerChanged(PeerStatus status) {
        peers.put(status.address(), status);
        notifyAll();
    }

    @Override
    public synchronized void advertised(List<Prefix> prefixes) {
        advertised.addAll(prefixes);
        notifyAll();
    }

    /// Of all paths that are used to {@code prefix}.
    Set<IpAddress> nextHops(Prefix prefix) {
        PathAttributes best = routes.get(prefix);
        return best == null
                ? Set.of()
                : Stream.concat(Stream.of(best), others.getOrDefault(prefix, List.of()).stream())
                        .map(PathAttributes::nextHop)
                        .filter(Objects::nonNull)
                        .collect(Collectors.toUnmodifiableSet());
    }

    SessionState state(String peer) {
        PeerStatus status = peers.get(IpAddress.parse(peer));
        return status == null ? SessionState.IDLE : status.state();
    }

    /// How often the session was lost.
    long flaps(String peer) {
        PeerStatus status = peers.get(IpAddress.parse(peer));
        return status == null ? 0 : status.counters().flaps();
    }

    /// Why the peer is in its state.
    String reason(String peer) {
        PeerStatus status = peers.get(IpAddress.parse(peer));
        return status == null ? "" : status.reason();
    }

    /// Waits for a change, or a tenth of a second.
    synchronized void pause() throws InterruptedException {
        TimeUnit.MILLISECONDS.timedWait(this, 100);
    }

    /// Waits until {@code condition} holds, which is looked at after every change; at most 30 s.
    synchronized void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError("waited in vain for " + what + "; peers " + peers + ", routes " + routes);
            }
            TimeUnit.NANOSECONDS.timedWait(this, Math.min(left, 100_000_000L));
        }
    }
}
