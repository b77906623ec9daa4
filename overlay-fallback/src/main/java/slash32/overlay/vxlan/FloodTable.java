package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import slash32.net.IpAddress;
import slash32.net.Vni;
import slash32.netlink.route.FdbEntry;
import slash32.netlink.socket.ChangeRequests;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// The nodes that get a copy of what a segment floods: head-end replication, an entry without a MAC for each.
final class FloodTable implements Table<FloodTable.Key, Boolean> {
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
    public Map<Key, Boolean> owned() throws IOException {
        Links links = Links.read(rtnl);
        var found = new HashMap<Key, Boolean>();
        rtnl.dump(FdbEntry.dump(), found::clear, message -> {
            FdbEntry entry = FdbEntry.parse(message);
            Links.Seen seen = entry == null ? null : links.find(entry.link());
            Vni vni = seen == null ? null : links.segmentOfPort(seen);
            if (entry != null
                    && vni != null
                    && entry.vtep() != null
                    && entry.mac().equals(FdbEntry.FLOODED)) {
                found.put(new Key(vni, entry.vtep()), true);
            }
        });
        return found;
    }

    @Override
    public List<Failure<Key>> apply(List<Change<Key, Boolean>> batch) throws IOException {
        var requests = new ChangeRequests<Key>();
        Links links = Links.read(rtnl);
        for (Change<Key, Boolean> change : batch) {
            Key key = change.key();
            Links.Seen vxlan = links.vxlan(key.vni());
            switch (change) {
                case Change.Put<Key, Boolean> _
                when vxlan == null -> requests.fail(key, "no interface " + SegmentDevices.vxlan(key.vni()));
                case Change.Put<Key, Boolean> _ ->
                    requests.put(key, new FdbEntry(vxlan.link().index(), FdbEntry.FLOODED, key.vtep()).put());
                case Change.Remove<Key, Boolean> _ when vxlan == null -> {}
                case Change.Remove<Key, Boolean> _ ->
                    requests.delete(key, new FdbEntry(vxlan.link().index(), FdbEntry.FLOODED, key.vtep()).delete());
            }
        }
        return requests.execute(rtnl);
    }
}
