package slash32.tap;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.netlink.message.Request;
import slash32.netlink.socket.ChangeRequests;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Failure;

/// The requests of one batch of changes on our interfaces, each of which is looked up once.
final class RequestBatch<K> {
    private final NetlinkSocket rtnl;
    private final TapLinks links;
    private final Map<InterfaceName, Optional<TapLink>> found = new HashMap<>();
    private final ChangeRequests<K> requests = new ChangeRequests<>();

    RequestBatch(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
        links = new TapLinks(rtnl);
    }

    /// The index of our interface of this name; null, and a failure of {@code key}, if there is none.
    @Nullable
    InterfaceIndex require(K key, InterfaceName device) throws IOException {
        TapLink link = find(device);
        if (link == null || link.mark() == null) {
            requests.fail(key, key + ": no interface " + device + " of ours");
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
        requests.put(key, request);
    }

    /// Adds a deletion; that the object is gone already is no failure.
    void delete(K key, Request request) {
        requests.delete(key, request);
    }

    List<Failure<K>> execute() throws IOException {
        return requests.execute(rtnl);
    }
}
