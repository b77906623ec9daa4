package slash32.tap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.route.Link;
import slash32.netlink.route.NeighborEntry;
import slash32.netlink.route.Route;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Reconciler;

/// Turns what the kernel reports into observations of our tables, which the next pass repairs.
///
/// An event is a hint of what to look at, not the state: it may be older than our last write. So an interface is read
/// anew. What goes with an interface and is never reported, the IPv4 routes of one that goes down, is looked up. Owned
/// by the tables' thread.
public final class TapObserver {
    private final NetlinkSocket rtnl;
    private final TapTable table;
    private final NeighborTable neighborTable;
    private final Reconciler<InterfaceName, TapSpec> taps;
    private final Reconciler<DeviceAddress, Integer> gatewayAddresses;
    private final Reconciler<DeviceAddress, MacAddress> neighbors;
    private final Reconciler<Prefix, HostRoute> hostRoutes;

    /// @param table that {@code taps} reconciles
    /// @param neighborTable that {@code neighbors} reconciles
    public TapObserver(
            NetlinkSocket rtnl,
            TapTable table,
            NeighborTable neighborTable,
            Reconciler<InterfaceName, TapSpec> taps,
            Reconciler<DeviceAddress, Integer> gatewayAddresses,
            Reconciler<DeviceAddress, MacAddress> neighbors,
            Reconciler<Prefix, HostRoute> hostRoutes) {
        this.rtnl = rtnl;
        this.table = table;
        this.neighborTable = neighborTable;
        this.taps = taps;
        this.gatewayAddresses = gatewayAddresses;
        this.neighbors = neighbors;
        this.hostRoutes = hostRoutes;
    }

    /// Takes an event of the link, address, neighbour and route groups; others are ignored.
    public void on(RouteEvent event) {
        switch (event) {
            case RouteEvent.LinkChanged(Link link) -> linkChanged(link);
            case RouteEvent.LinkRemoved(Link link) -> linkRemoved(link);
            case RouteEvent.AddressAdded(InterfaceAddress address) -> address(address, address.prefixLength());
            case RouteEvent.AddressRemoved(InterfaceAddress address) -> address(address, null);
            case RouteEvent.NeighborChanged(NeighborEntry entry) ->
                neighbor(entry, entry.permanent() ? entry.mac() : null);
            case RouteEvent.NeighborRemoved(NeighborEntry entry) -> neighbor(entry, null);
            case RouteEvent.RouteAdded(Route route) -> routeAdded(route);
            case RouteEvent.RouteRemoved(Route route) -> routeRemoved(route);
            case RouteEvent.NexthopChanged _, RouteEvent.NexthopRemoved _ -> {}
        }
    }

    /// Events were lost: everything is read back at the next pass.
    public void overrun() {
        taps.resync();
        gatewayAddresses.resync();
        neighbors.resync();
        hostRoutes.resync();
    }

    private void linkChanged(Link link) {
        InterfaceName before = table.nameOf(link.index());
        if (before != null && !before.equals(link.name())) { // renamed
            reread(before);
        }
        if (before == null && taps.desired(link.name()) == null && TapMark.parse(link.alias()) == null) {
            return;
        }
        reread(link.name());
        if (!link.up()) {
            lookUpIpv4Routes(link);
        }
    }

    private void linkRemoved(Link link) {
        if (table.nameOf(link.index()) != null || taps.desired(link.name()) != null) {
            gone(link.name());
            reread(link.name());
        }
    }

    /// Reads the interface of this name as it is now, whatever the event said.
    private void reread(InterfaceName name) {
        TapSpec desired = taps.desired(name);
        InterfaceIndex before = table.indexOf(name);
        try {
            TapSpec actual = table.read(name, desired != null && taps.inForce(name) ? desired.settings() : null);
            taps.observed(name, actual);
            if (!Objects.equals(before, table.indexOf(name))) {
                gone(name);
            }
            String failure = taps.failure(name);
            if (actual == null && desired != null && failure != null && TapTable.isWaiting(failure)) {
                taps.remove(name); // without a pass in between: only the back-off goes
                taps.put(name, desired);
            }
        } catch (IOException e) {
            taps.resync();
        }
    }

    /// Everything on and behind an interface went with it.
    private void gone(InterfaceName name) {
        for (IpAddress address : GatewayAddressTable.ADDRESSES) {
            gatewayAddresses.observed(new DeviceAddress(name, address), null);
        }
        for (IpAddress address : GatewayAddressTable.METADATA) {
            gatewayAddresses.observed(new DeviceAddress(name, address), null);
        }
        for (IpAddress address : neighborTable.guestsOf(name)) {
            neighbors.observed(new DeviceAddress(name, address), null);
            routeGone(address.hostPrefix(), name);
        }
    }

    private void lookUpIpv4Routes(Link link) {
        for (IpAddress address : neighborTable.guestsOf(link.name())) {
            if (address.isIpv4() && !leadsTo(link.index(), address)) {
                routeGone(address.hostPrefix(), link.name());
            }
        }
    }

    private boolean leadsTo(InterfaceIndex link, IpAddress address) {
        List<Route> found = new ArrayList<>(1);
        try {
            rtnl.get(Route.lookup(address), message -> {
                Route route = Route.parse(message);
                if (route != null) {
                    found.add(route);
                }
            });
        } catch (IOException e) {
            return false; // no route at all
        }
        return !found.isEmpty() && link.equals(found.getFirst().link());
    }

    private void routeGone(Prefix prefix, InterfaceName device) {
        HostRoute present = hostRoutes.present(prefix);
        if (present != null && present.device().equals(device)) {
            hostRoutes.observed(prefix, null);
        }
    }

    private void address(InterfaceAddress address, @Nullable Integer prefixLength) {
        InterfaceName device = table.nameOf(address.link());
        if (device != null && GatewayAddressTable.isGateways(address.address())) {
            gatewayAddresses.observed(new DeviceAddress(device, address.address()), prefixLength);
        }
    }

    /// Entries that the kernel learned, such as that of the guest's link-local address, are nobody's. One that went is
    /// noted even while nobody desires it: it may be desired again before the next pass.
    private void neighbor(NeighborEntry entry, @Nullable MacAddress mac) {
        InterfaceName device = table.nameOf(entry.link());
        if (device == null) {
            return;
        }
        var key = new DeviceAddress(device, entry.address());
        if (mac == null || neighbors.desired(key) != null) {
            neighbors.observed(key, mac);
        }
    }

    private void routeAdded(Route route) {
        InterfaceName device = route.link() == null ? null : table.nameOf(route.link());
        if (device != null && HostRouteTable.isOurs(route)) {
            hostRoutes.observed(route.prefix(), new HostRoute(device, route.priority(), route.preferredSource()));
        }
    }

    private void routeRemoved(Route route) {
        HostRoute present = hostRoutes.present(route.prefix());
        if (present == null || !HostRouteTable.isOurs(route) || route.link() == null) {
            return;
        }
        if (route.priority() == present.priority() && present.device().equals(table.nameOf(route.link()))) {
            hostRoutes.observed(route.prefix(), null);
        }
    }
}
