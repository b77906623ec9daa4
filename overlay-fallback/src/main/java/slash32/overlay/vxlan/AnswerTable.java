package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.netlink.route.NeighborEntry;
import slash32.netlink.socket.ChangeRequests;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// What a segment's bridge answers guests that ask for an address by ARP or ND: its neighbour entries, all of which are
/// ours, for it has no address.
final class AnswerTable implements Table<AnswerTable.Key, MacAddress> {
    private final NetlinkSocket rtnl;

    /// An address in a segment.
    record Key(Vni vni, IpAddress address) {}

    AnswerTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    @Override
    public String name() {
        return "segment_answer";
    }

    @Override
    public Map<Key, MacAddress> owned() throws IOException {
        Links links = Links.read(rtnl);
        var found = new HashMap<Key, MacAddress>();
        rtnl.dump(NeighborEntry.dump(), found::clear, message -> {
            NeighborEntry entry = NeighborEntry.parse(message);
            Links.Seen seen = entry == null ? null : links.find(entry.link());
            Vni vni = seen == null ? null : seen.segment();
            if (entry != null && vni != null && entry.permanent() && entry.mac() != null) {
                found.put(new Key(vni, entry.address()), entry.mac());
            }
        });
        return found;
    }

    @Override
    public List<Failure<Key>> apply(List<Change<Key, MacAddress>> batch) throws IOException {
        var requests = new ChangeRequests<Key>();
        Links links = Links.read(rtnl);
        for (Change<Key, MacAddress> change : batch) {
            Key key = change.key();
            Links.Seen bridge = links.bridge(key.vni());
            InterfaceIndex index = bridge == null ? null : bridge.link().index();
            switch (change) {
                case Change.Put<Key, MacAddress> _
                when index == null -> requests.fail(key, "no interface " + SegmentDevices.bridge(key.vni()));
                case Change.Put<Key, MacAddress>(Key _, MacAddress mac, var _) ->
                    requests.put(key, NeighborEntry.put(index, key.address(), mac));
                case Change.Remove<Key, MacAddress> _ when index == null -> {}
                case Change.Remove<Key, MacAddress> _ ->
                    requests.delete(key, NeighborEntry.delete(index, key.address()));
            }
        }
        return requests.execute(rtnl);
    }
}
