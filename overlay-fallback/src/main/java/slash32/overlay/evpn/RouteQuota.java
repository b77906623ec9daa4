package slash32.overlay.evpn;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.EvpnChange;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute;
import slash32.net.IpAddress;

/// How many routes of one node a segment takes, so that a guest that makes up MACs behind a node that learns them does
/// not fill everybody's tables. Those beyond wait in their order until others of the same node go.
final class RouteQuota {
    private final int most;
    private final Listener listener;
    private final Map<EvpnRoute, IpAddress> nodes = new HashMap<>();
    private final Map<IpAddress, Account> accounts = new HashMap<>();
    private final Deque<EvpnChange> admitted = new ArrayDeque<>();
    private int waiting;

    private static final class Account {
        final Set<EvpnRoute> used = new HashSet<>();
        final Map<EvpnRoute, EvpnPath> waiting = new LinkedHashMap<>();
    }

    /// Hears when a node's routes begin to wait, and when none does any more.
    @FunctionalInterface
    interface Listener {
        void waits(IpAddress node, boolean now);
    }

    /// @param most routes of one node
    RouteQuota(int most, Listener listener) {
        this.most = most;
        this.listener = listener;
    }

    /// A node says this.
    ///
    /// @return false if the route has to wait
    boolean put(EvpnRoute key, IpAddress node, EvpnPath path) {
        if (!node.equals(nodes.get(key))) {
            remove(key);
        }
        nodes.put(key, node);
        Account account = accounts.computeIfAbsent(node, _ -> new Account());
        if (account.used.contains(key) || (account.used.size() < most && account.used.add(key))) {
            return true;
        }
        if (account.waiting.put(key, path) == null) {
            waiting++;
            if (account.waiting.size() == 1) {
                listener.waits(node, true);
            }
        }
        return false;
    }

    /// Nobody says so any more: the first that waits takes its place, and is {@link #admitted}.
    void remove(EvpnRoute key) {
        IpAddress node = nodes.remove(key);
        Account account = node == null ? null : accounts.get(node);
        if (node == null || account == null) {
            return;
        }
        if (!account.used.remove(key)) {
            account.waiting.remove(key);
            leftWaiting(node, account);
        } else if (!account.waiting.isEmpty()) {
            EvpnRoute first = account.waiting.keySet().iterator().next();
            admitted.add(new EvpnChange(first, account.waiting.remove(first)));
            account.used.add(first);
            leftWaiting(node, account);
        } else if (account.used.isEmpty()) {
            accounts.remove(node);
        }
    }

    private void leftWaiting(IpAddress node, Account account) {
        waiting--;
        if (account.waiting.isEmpty()) {
            listener.waits(node, false);
        }
    }

    /// A route that need not wait any longer, once; null if there is none.
    @Nullable
    EvpnChange admitted() {
        return admitted.poll();
    }

    /// Routes that wait.
    int waiting() {
        return waiting;
    }
}
