package slash32.tap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.netlink.message.Request;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Failure;

/// The requests of one batch of changes on our interfaces, and what became of each key.
final class RequestBatch<K> {
    /// What a deletion says of an object that is gone, or of one whose interface is.
    private static final Set<Errno> GONE =
            Set.of(Errno.ENOENT, Errno.ESRCH, Errno.ENODEV, Errno.EADDRNOTAVAIL, Errno.ENETDOWN);

    private final NetlinkSocket rtnl;
    private final TapLinks links;
    private final Map<InterfaceName, Optional<TapLink>> found = new HashMap<>();
    private final List<Entry<K>> entries = new ArrayList<>();
    private final List<Failure<K>> failures = new ArrayList<>();

    private record Entry<K>(K key, Request request, boolean deletion) {}

    RequestBatch(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
        links = new TapLinks(rtnl);
    }

    /// The index of our interface of this name; null, and a failure of {@code key}, if there is none.
    @Nullable
    InterfaceIndex require(K key, InterfaceName device) throws IOException {
        TapLink link = find(device);
        if (link == null || link.mark() == null) {
            failures.add(new Failure<>(key, key + ": no interface " + device + " of ours"));
            return null;
        }
        return link.link().index();
    }

    /// The interface of this name, ours or not; null if there is none.
    @Nullable
    TapLink find(InterfaceName device) throws IOException {
        Optional<TapLink> known = found.get(device);
        if (known == null) {
            known = Optional.ofNullable(links.find(device));
            found.put(device, known);
        }
        return known.orElse(null);
    }

    void put(K key, Request request) {
        entries.add(new Entry<>(key, request, false));
    }

    /// Adds a deletion; that the object is gone already is no failure.
    void delete(K key, Request request) {
        entries.add(new Entry<>(key, request, true));
    }

    List<Failure<K>> execute() throws IOException {
        List<@Nullable KernelException> outcomes =
                rtnl.executeAll(entries.stream().map(Entry::request).toList());
        for (int i = 0; i < outcomes.size(); i++) {
            KernelException refused = outcomes.get(i);
            if (refused != null && !(entries.get(i).deletion() && GONE.contains(refused.errno()))) {
                failures.add(new Failure<>(entries.get(i).key(), String.valueOf(refused.getMessage())));
            }
        }
        return failures;
    }
}
