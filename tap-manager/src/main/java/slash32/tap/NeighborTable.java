package slash32.tap;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
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
    private final Map<InterfaceName, Set<IpAddress>> guests = new HashMap<>();

    /// @param rtnl of NETLINK_ROUTE
    public NeighborTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    @Override
    public String name() {
        return "neighbor";
    }

    /// The guest's addresses on an interface, as last read or written.
    Set<IpAddress> guestsOf(InterfaceName device) {
        return Set.copyOf(guests.getOrDefault(device, Set.of()));
    }

    private void know(DeviceAddress key) {
        guests.computeIfAbsent(key.device(), _ -> new HashSet<>()).add(key.address());
    }

    private void forget(DeviceAddress key) {
        guests.computeIfPresent(
                key.device(),
                (_, addresses) -> addresses.remove(key.address()) && addresses.isEmpty() ? null : addresses);
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
        guests.clear();
        found.keySet().forEach(this::know);
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
                        know(key);
                        requests.put(key, NeighborEntry.put(link, key.address(), mac));
                    }
                }
                case Change.Remove<DeviceAddress, MacAddress>(DeviceAddress key, var _) -> {
                    forget(key);
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
