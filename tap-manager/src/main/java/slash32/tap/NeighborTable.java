package slash32.tap;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import slash32.net.InterfaceIndex;
import slash32.net.MacAddress;
import slash32.netlink.route.NeighborEntry;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// The guest's MAC for each of its addresses: permanent, so that nothing a guest answers or claims changes it, and no
/// first packet waits. Ours are the permanent entries on an interface that carries our mark. Owned by one thread.
public final class NeighborTable implements Table<DeviceAddress, MacAddress> {
    private final NetlinkSocket rtnl;

    /// @param rtnl of NETLINK_ROUTE
    public NeighborTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    @Override
    public String name() {
        return "neighbor";
    }

    @Override
    public Map<DeviceAddress, MacAddress> owned() throws IOException {
        var found = new HashMap<DeviceAddress, MacAddress>();
        Map<InterfaceIndex, TapLink> links = new TapLinks(rtnl).byIndex();
        rtnl.dump(NeighborEntry.dump(), found::clear, message -> {
            NeighborEntry entry = NeighborEntry.parse(message);
            if (entry == null || !entry.permanent() || entry.mac() == null) {
                return;
            }
            TapLink link = links.get(entry.link());
            if (link != null && link.mark() != null) {
                found.put(new DeviceAddress(link.link().name(), entry.address()), entry.mac());
            }
        });
        return found;
    }

    @Override
    public List<Failure<DeviceAddress>> apply(List<Change<DeviceAddress, MacAddress>> batch) throws IOException {
        var requests = new RequestBatch<DeviceAddress>(rtnl);
        for (Change<DeviceAddress, MacAddress> change : batch) {
            switch (change) {
                case Change.Put<DeviceAddress, MacAddress>(DeviceAddress key, MacAddress mac, var _) -> {
                    InterfaceIndex link = requests.require(key, key.device());
                    if (link != null) {
                        requests.put(key, NeighborEntry.put(link, key.address(), mac));
                    }
                }
                case Change.Remove<DeviceAddress, MacAddress>(DeviceAddress key, var _) -> {
                    TapLink link = requests.find(key.device());
                    if (link != null && link.mark() != null) {
                        requests.delete(key, NeighborEntry.delete(link.link().index(), key.address()));
                    }
                }
            }
        }
        return requests.execute();
    }
}
