package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.netlink.message.Request;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.route.Link;
import slash32.netlink.socket.ChangeRequests;
import slash32.netlink.socket.NetlinkSocket;
import slash32.overlay.evpn.Gateway;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// The routers of segments: their bridges have the gateway's addresses and MAC, and are set to route. Every address of
/// a bridge of ours is ours. Each is there without the prefix that guests take to be on their link: a guest is reached
/// by a route of its own or not at all ({@link GuestRouteTable}).
final class GatewayTable implements Table<Vni, GatewayTable.Served> {
    /// The prefix length of a link-local address: an answer to a guest's own needs the route that comes with it.
    private static final int LINK_LENGTH = 64;

    private final NetlinkSocket rtnl;

    /// What a bridge answers for.
    ///
    /// @param whole with the gateway's MAC and settings, as is always desired
    record Served(Set<IpAddress> addresses, boolean whole) {
        Served {
            addresses = Set.copyOf(addresses);
        }

        static Served of(Gateway gateway) {
            return new Served(gateway.own(), true);
        }
    }

    GatewayTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    @Override
    public String name() {
        return "segment_gateway";
    }

    private static int length(IpAddress address) {
        return address.isLinkLocal() ? LINK_LENGTH : address.bits();
    }

    @Override
    public Map<Vni, Served> owned() throws IOException {
        Links links = Links.read(rtnl);
        var addresses = new HashMap<Vni, List<InterfaceAddress>>();
        rtnl.dump(InterfaceAddress.dump(), addresses::clear, message -> {
            InterfaceAddress address = InterfaceAddress.parse(message);
            Vni vni = address == null ? null : links.segmentOfBridge(address.link());
            if (address != null && vni != null) {
                addresses.computeIfAbsent(vni, _ -> new ArrayList<>()).add(address);
            }
        });
        var found = new HashMap<Vni, Served>();
        for (Map.Entry<Vni, List<InterfaceAddress>> each : addresses.entrySet()) {
            Links.Seen bridge = links.bridge(each.getKey());
            boolean whole = bridge != null
                    && MacAddress.GATEWAY.equals(bridge.link().mac())
                    && GatewaySettings.hold(bridge.link().name());
            var own = new HashSet<IpAddress>();
            for (InterfaceAddress address : each.getValue()) {
                own.add(address.address());
                whole &= address.prefixLength() == length(address.address());
            }
            found.put(each.getKey(), new Served(own, whole));
        }
        return found;
    }

    @Override
    public List<Failure<Vni>> apply(List<Change<Vni, Served>> batch) throws IOException {
        var requests = new ChangeRequests<Vni>();
        Links links = Links.read(rtnl);
        for (Change<Vni, Served> change : batch) {
            Vni vni = change.key();
            Links.Seen bridge = links.bridge(vni);
            switch (change) {
                case Change.Put<Vni, Served> _
                when bridge == null -> requests.fail(vni, "no interface " + SegmentDevices.bridge(vni));
                case Change.Put<Vni, Served>(Vni _, Served wanted, var _) ->
                    put(vni, bridge.link(), wanted.addresses(), requests);
                case Change.Remove<Vni, Served> _ when bridge == null -> {}
                case Change.Remove<Vni, Served> _ ->
                    stale(bridge.link().index(), Set.of()).forEach(request -> requests.delete(vni, request));
            }
        }
        return requests.execute(rtnl);
    }

    /// The MAC and the settings are there before the first address.
    private void put(Vni vni, Link bridge, Set<IpAddress> wanted, ChangeRequests<Vni> requests) throws IOException {
        InterfaceName name = bridge.name();
        InterfaceIndex index = bridge.index();
        try {
            GatewaySettings.write(name);
        } catch (IOException e) {
            requests.fail(vni, String.valueOf(e.getMessage()));
            return;
        }
        if (!MacAddress.GATEWAY.equals(bridge.mac())) { // stating it anew empties the neighbour table
            requests.put(vni, Link.setMac(index, MacAddress.GATEWAY));
        }
        stale(index, wanted).forEach(request -> requests.delete(vni, request));
        wanted.forEach(address -> requests.put(vni, new InterfaceAddress(index, address, length(address)).put()));
    }

    /// What takes all addresses from a bridge but these.
    private List<Request> stale(InterfaceIndex bridge, Set<IpAddress> kept) throws IOException {
        var stale = new ArrayList<InterfaceAddress>();
        rtnl.dump(InterfaceAddress.dump(bridge), stale::clear, message -> {
            InterfaceAddress address = InterfaceAddress.parse(message);
            boolean stays = address != null
                    && kept.contains(address.address())
                    && address.prefixLength() == length(address.address());
            if (address != null && address.link().equals(bridge) && !stays) {
                stale.add(address);
            }
        });
        return stale.stream().map(InterfaceAddress::delete).toList();
    }
}
