package slash32.netlink.socket;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Request;
import slash32.reconcile.Failure;

/// The requests of one batch of a table's changes, and what became of each key.
public final class ChangeRequests<K> {
    /// What a deletion says of an object that is gone, or of one whose interface is.
    private static final Set<Errno> GONE =
            Set.of(Errno.ENOENT, Errno.ESRCH, Errno.ENODEV, Errno.EADDRNOTAVAIL, Errno.ENETDOWN);

    private final List<Entry<K>> entries = new ArrayList<>();
    private final List<Failure<K>> failures = new ArrayList<>();

    private record Entry<K>(K key, Request request, boolean deletion) {}

    public void put(K key, Request request) {
        entries.add(new Entry<>(key, request, false));
    }

    /// Adds a deletion; that the object is gone already is no failure.
    public void delete(K key, Request request) {
        entries.add(new Entry<>(key, request, true));
    }

    /// No request can be made for {@code key}.
    public void fail(K key, String reason) {
        failures.add(new Failure<>(key, reason));
    }

    /// Sends all; a change that is refused does not stop the others.
    ///
    /// @return the keys that failed, before or now
    public List<Failure<K>> execute(NetlinkSocket rtnl) throws IOException {
        List<@Nullable KernelException> outcomes =
                rtnl.executeAll(entries.stream().map(Entry::request).toList());
        for (int i = 0; i < outcomes.size(); i++) {
            KernelException refused = outcomes.get(i);
            if (refused != null && !(entries.get(i).deletion() && GONE.contains(refused.errno()))) {
                fail(entries.get(i).key(), String.valueOf(refused.getMessage()));
            }
        }
        return failures;
    }
}
