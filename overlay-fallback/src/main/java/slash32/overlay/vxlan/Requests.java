package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Request;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Failure;

/// The requests of one batch of changes, and what became of each key.
final class Requests<K> {
    private static final Set<Errno> GONE = Set.of(Errno.ENOENT, Errno.ESRCH, Errno.ENODEV);

    private final List<K> keys = new ArrayList<>();
    private final List<Request> requests = new ArrayList<>();
    private final List<Boolean> deletions = new ArrayList<>();
    private final List<Failure<K>> failures = new ArrayList<>();

    void put(K key, Request request) {
        add(key, request, false);
    }

    /// Adds a deletion; that the object is gone already is no failure.
    void delete(K key, Request request) {
        add(key, request, true);
    }

    private void add(K key, Request request, boolean deletion) {
        keys.add(key);
        requests.add(request);
        deletions.add(deletion);
    }

    void fail(K key, String reason) {
        failures.add(new Failure<>(key, reason));
    }

    List<Failure<K>> execute(NetlinkSocket rtnl) throws IOException {
        List<@Nullable KernelException> outcomes = rtnl.executeAll(requests);
        for (int i = 0; i < outcomes.size(); i++) {
            KernelException refused = outcomes.get(i);
            if (refused != null && !(deletions.get(i) && GONE.contains(refused.errno()))) {
                failures.add(new Failure<>(keys.get(i), String.valueOf(refused.getMessage())));
            }
        }
        return failures;
    }
}
