package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Vni;
import slash32.netlink.message.Request;
import slash32.netlink.route.FdbEntry;
import slash32.netlink.socket.ChangeRequests;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// The nodes that get a copy of what a segment floods: head-end replication, an entry without a MAC for each. One that
/// the kernel has by two ways would get two copies; that is never desired.
final class FloodTable implements Table<FloodTable.Key, Set<Way>> {
    private static final IpAddress ANY_VTEP = new Ipv4Address(0);

    private final NetlinkSocket rtnl;

    /// A node of a segment.
    record Key(Vni vni, IpAddress vtep) {}

    FloodTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    @Override
    public String name() {
        return "segment_flood";
    }

    @Override
    public Map<Key, Set<Way>> owned() throws IOException {
        Links links = Links.read(rtnl);
        var found = new HashMap<Key, Set<Way>>();
        rtnl.dump(FdbEntry.dump(), found::clear, message -> {
            FdbEntry entry = FdbEntry.parse(message);
            Links.Seen seen = entry == null ? null : links.find(entry.link());
            Vni vni = seen == null ? null : links.segmentOfPort(seen);
            if (entry != null
                    && vni != null
                    && entry.vtep() != null
                    && entry.mac().equals(FdbEntry.FLOODED)) {
                found.computeIfAbsent(new Key(vni, entry.vtep()), _ -> new HashSet<>())
                        .add(new Way(entry.through()));
            }
        });
        return found;
    }

    @Override
    public List<Failure<Key>> apply(List<Change<Key, Set<Way>>> batch) throws IOException {
        var requests = new ChangeRequests<Key>();
        var stale = new HashSet<InterfaceIndex>();
        Links links = Links.read(rtnl);
        for (Change<Key, Set<Way>> change : batch) {
            Key key = change.key();
            Links.Seen vxlan = links.vxlan(key.vni());
            InterfaceIndex device = vxlan == null ? null : vxlan.link().index();
            switch (change) {
                case Change.Put<Key, Set<Way>> _
                when device == null -> requests.fail(key, "no interface " + SegmentDevices.vxlan(key.vni()));
                case Change.Put<Key, Set<Way>>(Key _, Set<Way> wanted, Set<Way> present) -> {
                    Set<Way> before = present == null ? Set.of() : present;
                    for (Way way : wanted) {
                        if (!before.contains(way)) {
                            requests.put(key, entry(device, key.vtep(), way).put());
                        }
                    }
                    before.stream()
                            .filter(way -> !wanted.contains(way))
                            .forEach(way -> forget(key, device, way, links, requests, stale));
                }
                case Change.Remove<Key, Set<Way>> _ when device == null -> {}
                case Change.Remove<Key, Set<Way>>(Key _, Set<Way> present) ->
                    present.forEach(way -> forget(key, device, way, links, requests, stale));
            }
        }
        List<Failure<Key>> failures = new ArrayList<>(requests.execute(rtnl));
        for (InterfaceIndex device : stale) {
            writeAnew(device, links);
        }
        return failures;
    }

    private static FdbEntry entry(InterfaceIndex device, IpAddress vtep, Way way) {
        return new FdbEntry(device, FdbEntry.FLOODED, vtep, way.link());
    }

    /// The kernel does not take a link that is gone as part of an entry's name.
    private static void forget(
            Key key,
            InterfaceIndex device,
            Way way,
            Links links,
            ChangeRequests<Key> requests,
            Set<InterfaceIndex> stale) {
        if (links.has(way)) {
            requests.delete(key, entry(device, key.vtep(), way).delete());
        } else {
            stale.add(device);
        }
    }

    /// Forgets all of a device's copies and states those again whose link is there, in one batch.
    private void writeAnew(InterfaceIndex device, Links links) throws IOException {
        var kept = new ArrayList<Request>();
        rtnl.dump(FdbEntry.dump(), kept::clear, message -> {
            FdbEntry found = FdbEntry.parse(message);
            if (found != null
                    && found.link().equals(device)
                    && found.vtep() != null
                    && found.mac().equals(FdbEntry.FLOODED)
                    && links.has(new Way(found.through()))) {
                kept.add(found.put());
            }
        });
        var requests = new ArrayList<Request>();
        requests.add(entry(device, ANY_VTEP, Way.NATIVE).delete());
        requests.addAll(kept);
        for (@Nullable KernelException refused : rtnl.executeAll(requests)) {
            if (refused != null) {
                throw refused; // what is there then is read again
            }
        }
    }
}
