package slash32.agent;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.speaker.LocRibListener;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Prefix;

/// The routes that an agent's peer has. For any thread.
final class HeardRoutes implements LocRibListener {
    private final Map<Prefix, PathAttributes> routes = new HashMap<>();
    private final Map<AddressFamily, Set<Prefix>> beforeEndOfRib = new HashMap<>();

    /// Begins anew, for another peer.
    synchronized void forget() {
        routes.clear();
        beforeEndOfRib.clear();
    }

    @Override
    public synchronized void changed(RibDelta delta) {
        for (int i = 0; i < delta.size(); i++) {
            PathAttributes best = delta.attributes(i);
            if (best == null) {
                routes.remove(delta.prefix(i));
            } else {
                routes.put(delta.prefix(i), best);
            }
        }
        notifyAll();
    }

    @Override
    public synchronized void inSync(AddressFamily family) {
        beforeEndOfRib.put(family, Set.copyOf(routes.keySet()));
        notifyAll();
    }

    synchronized boolean has(String prefix) {
        return routes.containsKey(Prefix.parse(prefix));
    }

    /// None if there is no such route.
    synchronized List<LargeCommunity> communities(String prefix) {
        PathAttributes attributes = routes.get(Prefix.parse(prefix));
        return attributes == null ? List.of() : attributes.largeCommunities();
    }

    /// LOCAL_PREF of what the agent announces; -1 if it does not.
    synchronized long preference(String prefix) {
        PathAttributes attributes = routes.get(Prefix.parse(prefix));
        return attributes == null ? -1 : attributes.localPref();
    }

    /// The families of which all routes came.
    synchronized Set<AddressFamily> ended() {
        return Set.copyOf(beforeEndOfRib.keySet());
    }

    synchronized Set<Prefix> beforeEndOfRib(AddressFamily family) {
        return beforeEndOfRib.getOrDefault(family, Set.of());
    }

    /// Waits until {@code condition} holds, which is looked at when routes come and often.
    synchronized void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain for " + what);
            }
            wait(20);
        }
    }
}
