package slash32.overlay.vxlan;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.netlink.route.BridgeEvent;
import slash32.netlink.route.FdbEntry;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.route.Link;
import slash32.netlink.route.NeighborEntry;
import slash32.netlink.route.Route;
import slash32.netlink.route.RouteEvent;
import slash32.overlay.evpn.MacKey;
import slash32.reconcile.Reconciler;

/// Which tables are to be read again, by what the kernel reports. What we did ourselves is reported too, and is as
/// desired; anything else is put right at the next pass.
final class Watch {
    /// A table that somebody keeps changing is read no more often than this.
    private static final long BETWEEN_NANOS = 100_000_000L;

    private final Tables tables;
    private final Predicate<InterfaceName> awaited;
    /// When each may be read again; all that are here are to be.
    private final Map<Reconciler<?, ?>, Long> suspects = new HashMap<>();

    private final Map<Reconciler<?, ?>, Long> read = new HashMap<>();
    private @Nullable Links links;

    /// @param awaited interfaces that are to be ports as soon as they can
    Watch(Tables tables, Predicate<InterfaceName> awaited) {
        this.tables = tables;
        this.awaited = awaited;
    }

    boolean knowsLinks() {
        return links != null;
    }

    /// The links that there are.
    void know(Links all) {
        links = all;
    }

    /// Events were lost.
    void lost() {
        links = null;
        tables.reported().forEach(this::suspect);
    }

    private void suspect(Reconciler<?, ?> table) {
        Long before = read.get(table);
        suspects.putIfAbsent(table, before == null ? Long.MIN_VALUE : before + BETWEEN_NANOS);
    }

    /// When {@link #due} has something.
    long nextDeadlineNanos() {
        return suspects.values().stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
    }

    /// Whether a table is to be read now, which it is then.
    boolean due(Reconciler<?, ?> table, long nowNanos) {
        Long at = suspects.get(table);
        if (at == null || at > nowNanos) {
            return false;
        }
        suspects.remove(table);
        read.put(table, nowNanos);
        return true;
    }

    /// What an event says of our devices and entries is held against what is desired.
    ///
    /// @return true if it is about one of them
    boolean on(RouteEvent event) {
        return switch (event) {
            case RouteEvent.LinkChanged(Link link) -> link(link, true);
            case RouteEvent.LinkRemoved(Link link) -> link(link, false);
            case RouteEvent.NeighborChanged(NeighborEntry entry) -> answer(entry, true);
            case RouteEvent.NeighborRemoved(NeighborEntry entry) -> answer(entry, false);
            case RouteEvent.AddressAdded(InterfaceAddress address) -> gateway(address, true);
            case RouteEvent.AddressRemoved(InterfaceAddress address) -> gateway(address, false);
            case RouteEvent.RouteAdded(Route route) -> route(route, true);
            case RouteEvent.RouteRemoved(Route route) -> route(route, false);
            case RouteEvent.NexthopChanged _, RouteEvent.NexthopRemoved _ -> false;
        };
    }

    boolean on(BridgeEvent event) {
        return switch (event) {
            case BridgeEvent.PortChanged(var port) -> {
                Links.Seen seen = links == null ? null : links.find(port);
                if (links == null || seen == null || !concerns(links, seen)) {
                    yield false;
                }
                suspect(tables.segments());
                suspect(tables.ports());
                yield true;
            }
            case BridgeEvent.EntryChanged entry -> entry(entry);
        };
    }

    private boolean link(Link link, boolean there) {
        if (links == null) {
            return false;
        }
        Links.Seen before = links.find(link.index());
        boolean concerns = before != null && concerns(links, before);
        links.update(link, there);
        Links.Seen now = links.find(link.index());
        concerns |= now != null && concerns(links, now);
        if (!concerns) {
            return false;
        }
        suspect(tables.segments());
        suspect(tables.ports());
        boolean same = before != null
                && now != null
                && before.link().name().equals(link.name())
                && Objects.equals(before.link().master(), link.master());
        if (!same) {
            tables.ofBridge().forEach(this::suspect);
        } else if (before != null
                && !sameBridge(before.link(), link)) { // without telling, the kernel drops what it has of IPv4
            suspect(tables.gateways());
            suspect(tables.routes());
        }
        tables.reported().forEach(Reconciler::retryNow);
        return true;
    }

    private static boolean sameBridge(Link before, Link now) {
        return before.up() == now.up() && Objects.equals(before.mac(), now.mac());
    }

    private boolean concerns(Links all, Links.Seen seen) {
        InterfaceName name = seen.link().name();
        return seen.segment() != null
                || all.segmentOfPort(seen) != null
                || tables.ports().desired(name) != null
                || awaited.test(name);
    }

    private boolean answer(NeighborEntry entry, boolean there) {
        Links.Seen bridge = links == null ? null : links.find(entry.link());
        Vni vni = bridge == null ? null : bridge.segment();
        if (bridge == null || vni == null || !bridge.link().name().equals(SegmentDevices.bridge(vni))) {
            return false;
        }
        MacAddress wanted = tables.answers().desired(new AnswerTable.Key(vni, entry.address()));
        MacAddress found = there && entry.permanent() ? entry.mac() : null;
        if (!Objects.equals(wanted, found)) {
            suspect(tables.answers());
        }
        return true;
    }

    private boolean gateway(InterfaceAddress address, boolean there) {
        Vni vni = links == null ? null : links.segmentOfBridge(address.link());
        if (vni == null) {
            return false;
        }
        GatewayTable.Served wanted = tables.gateways().desired(vni);
        if (there != (wanted != null && wanted.addresses().contains(address.address()))) {
            suspect(tables.gateways());
            suspect(tables.routes()); // with its last address a link loses its routes
        }
        return true;
    }

    private boolean route(Route route, boolean there) {
        Vni wanted = tables.routes().desired(route.prefix());
        Vni vni = links == null || route.link() == null ? null : links.segmentOfBridge(route.link());
        if (wanted == null && vni == null) {
            return false;
        }
        boolean asWanted = vni != null && vni.equals(wanted) && GuestRouteTable.isOurs(route);
        if (there != asWanted) { // a stranger's takes the place of ours without another word
            suspect(tables.routes());
        }
        return true;
    }

    private boolean entry(BridgeEvent.EntryChanged event) {
        Links.Seen seen = links == null ? null : links.find(event.link());
        Vni vni = seen == null || links == null ? null : links.segmentOfPort(seen);
        if (seen == null || vni == null) {
            return false;
        }
        if (event.mac().equals(FdbEntry.FLOODED)) {
            copy(event, vni);
        } else {
            Place wanted = tables.fdb().desired(new MacKey(vni, event.mac()));
            if (wanted == null && event.entry() == null) {
                return false; // a device's own address, or what somebody learned
            }
            boolean asWanted = event.ofBridge() ? port(event, wanted, seen, vni) : behind(event, wanted);
            if (!asWanted) {
                suspect(tables.fdb());
            }
        }
        return true;
    }

    private static boolean port(BridgeEvent.EntryChanged event, @Nullable Place wanted, Links.Seen seen, Vni vni) {
        InterfaceName device = switch (wanted) {
            case null -> null;
            case Place.At(InterfaceName at) -> at;
            case Place.Behind _ -> SegmentDevices.vxlan(vni);
        };
        boolean itsDevice = seen.link().name().equals(device);
        return event.there() ? itsDevice && event.entry() != null : !itsDevice;
    }

    private static boolean behind(BridgeEvent.EntryChanged event, @Nullable Place wanted) {
        FdbEntry entry = event.entry();
        Place found =
                entry == null || entry.vtep() == null ? null : new Place.Behind(entry.vtep(), new Way(entry.through()));
        boolean itsPlace = wanted instanceof Place.Behind && wanted.equals(found);
        return event.there() == itsPlace;
    }

    private void copy(BridgeEvent.EntryChanged event, Vni vni) {
        FdbEntry entry = event.entry();
        if (entry == null || entry.vtep() == null) {
            suspect(tables.flooded());
            return;
        }
        Set<Way> wanted = tables.flooded().desired(new FloodTable.Key(vni, entry.vtep()));
        boolean itsWay = wanted != null && wanted.contains(new Way(entry.through()));
        if (event.there() != itsWay) {
            suspect(tables.flooded());
        }
    }
}
