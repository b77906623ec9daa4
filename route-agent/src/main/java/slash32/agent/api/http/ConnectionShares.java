package slash32.agent.api.http;

import java.util.HashMap;
import java.util.Map;

/// How many connections each client has, so that none takes all. Owned by the event loop.
final class ConnectionShares {
    private final int most;
    private final Map<Object, Integer> held = new HashMap<>();

    ConnectionShares(int most) {
        this.most = most;
    }

    /// Takes one for {@code client}; false if it has as many as it may.
    boolean take(Object client) {
        int now = held.getOrDefault(client, 0);
        if (now >= most) {
            return false;
        }
        held.put(client, now + 1);
        return true;
    }

    void give(Object client) {
        held.computeIfPresent(client, (_, now) -> now == 1 ? null : now - 1);
    }
}
