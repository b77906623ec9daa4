package slash32.overlay.vxlan;

import java.util.HashMap;
import java.util.List;
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
import slash32.netlink.route.Link;
import slash32.netlink.route.NeighborEntry;
import slash32.netlink.route.RouteEvent;
import slash32.overlay.evpn.MacKey;
import slash32.reconcile.Reconciler;

/// Which tables are to be read again, by what the kernel reports. What we did ourselves is reported too, and is as
/// desired;
/// anything else is put right at the next pass.
final class Watch {
    /// A table that somebody keeps changing is read no more often than this.
    private static final long BETWEEN_NANOS = 100_000_000L;

    private final Reconciler<Vni, SegmentDevices> segments;
    private final Reconciler<InterfaceName, PortTable.Membership> ports;
    private final Reconciler<MacKey, Place> fdb;
    private final Reconciler<FloodTable.Key, Set<Way>> flooded;
    private final Reconciler<AnswerTable.Key, MacAddress> answers;
    private final Predicate<InterfaceName> awaited;
    /// When each may be read again; all that are here are to be.
    private final Map<Reconciler<?, ?>, Long> suspects = new HashMap<>();

    private final Map<Reconciler<?, ?>, Long> read = new HashMap<>();
    private @Nullable Links links;

    /// @param awaited interfaces that are to be ports as soon as they can
    Watch(
            Reconciler<Vni, SegmentDevices> segments,
            Reconciler<InterfaceName, PortTable.Membership> ports,
            Reconciler<MacKey, Place> fdb,
            Reconciler<FloodTable.Key, Set<Way>> flooded,
            Reconciler<AnswerTable.Key, MacAddress> answers,
            Predicate<InterfaceName> awaited) {
        this.segments = segments;
        this.ports = ports;
        this.fdb = fdb;
        this.flooded = flooded;
        this.answers = answers;
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
        List.of(segments, ports, fdb, flooded, answers).forEach(this::suspect);
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
            case RouteEvent.AddressAdded _,
                    RouteEvent.AddressRemoved _,
                    RouteEvent.RouteAdded _,
                    RouteEvent.RouteRemoved _,
                    RouteEvent.NexthopChanged _,
                    RouteEvent.NexthopRemoved _ -> false;
        };
    }

    boolean on(BridgeEvent event) {
        return switch (event) {
            case BridgeEvent.PortChanged(var port) -> {
                Links.Seen seen = links == null ? null : links.find(port);
                if (links == null || seen == null || !concerns(links, seen)) {
                    yield false;
                }
                suspect(segments);
                suspect(ports);
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
        suspect(segments);
        suspect(ports);
        boolean same = before != null
                && now != null
                && before.link().name().equals(link.name())
                && Objects.equals(before.link().master(), link.master());
        if (!same) {
            List.of(fdb, flooded, answers).forEach(this::suspect);
        }
        List.of(segments, ports, fdb, flooded, answers).forEach(Reconciler::retryNow);
        return true;
    }

    private boolean concerns(Links all, Links.Seen seen) {
        InterfaceName name = seen.link().name();
        return seen.segment() != null
                || all.segmentOfPort(seen) != null
                || ports.desired(name) != null
                || awaited.test(name);
    }

    private boolean answer(NeighborEntry entry, boolean there) {
        Links.Seen bridge = links == null ? null : links.find(entry.link());
        Vni vni = bridge == null ? null : bridge.segment();
        if (bridge == null || vni == null || !bridge.link().name().equals(SegmentDevices.bridge(vni))) {
            return false;
        }
        MacAddress wanted = answers.desired(new AnswerTable.Key(vni, entry.address()));
        MacAddress found = there && entry.permanent() ? entry.mac() : null;
        if (!Objects.equals(wanted, found)) {
            suspect(answers);
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
            Place wanted = fdb.desired(new MacKey(vni, event.mac()));
            if (wanted == null && event.entry() == null) {
                return false; // a device's own address, or what somebody learned
            }
            boolean asWanted = event.ofBridge() ? port(event, wanted, seen, vni) : behind(event, wanted);
            if (!asWanted) {
                suspect(fdb);
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
            suspect(flooded);
            return;
        }
        Set<Way> wanted = flooded.desired(new FloodTable.Key(vni, entry.vtep()));
        boolean itsWay = wanted != null && wanted.contains(new Way(entry.through()));
        if (event.there() != itsWay) {
            suspect(flooded);
        }
    }
}
