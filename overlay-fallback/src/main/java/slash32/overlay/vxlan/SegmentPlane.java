package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.netlink.route.BridgeEvent;
import slash32.netlink.route.Link;
import slash32.netlink.route.Route;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.socket.NetlinkSocket;
import slash32.overlay.evpn.EvpnAction;
import slash32.overlay.evpn.EvpnAction.Destination;
import slash32.overlay.evpn.MacKey;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Segment;
import slash32.reconcile.Failure;
import slash32.reconcile.Pass;
import slash32.reconcile.Reconciler;

/// What the kernel has of all segments, table by table in the order in which one needs the other. Owned by one thread.
public final class SegmentPlane {
    private static final int FAILURES_TOLD = 16;

    private final Ipv4Address local;
    private final GuardTable guardTable;
    private final Tables tables;
    private final List<Reconciler<?, ?>> all;
    private final NetlinkSocket rtnl;
    private final Watch watch;
    private final Map<Vni, Set<InterfaceName>> members = new HashMap<>();
    /// Ports that are to be in a segment once their guard is in force.
    private final Map<InterfaceName, Vni> joining = new HashMap<>();
    /// Interfaces whose guard stays until they are in no segment any more.
    private final Set<InterfaceName> leaving = new HashSet<>();
    /// Nodes that packets leave to by a link of their own.
    private final Map<IpAddress, Way> ways = new HashMap<>();
    /// MACs at other nodes, and who gets copies.
    private final Map<MacKey, IpAddress> remote = new HashMap<>();

    private final Set<FloodTable.Key> copied = new HashSet<>();

    /// @param rtnl of NETLINK_ROUTE, for this plane alone
    /// @param nft of NETLINK_NETFILTER, for this plane alone
    /// @param local where this node takes encapsulated frames
    public SegmentPlane(NetlinkSocket rtnl, NetlinkSocket nft, Ipv4Address local) {
        this.local = local;
        guardTable = new GuardTable(nft);
        tables = Tables.of(rtnl, guardTable);
        all = tables.all();
        this.rtnl = rtnl;
        watch = new Watch(tables, joining::containsKey);
    }

    /// Takes an event of the kernel: what others did to a device or an entry of ours is put right at the next pass.
    ///
    /// @return true if the event was about one
    public boolean observed(RouteEvent event) {
        return watch.on(event);
    }

    /// True if an event may be about a route of this plane's, or one in its place: of others there may be very many.
    public static boolean isOfGuest(RouteEvent event) {
        return switch (event) {
            case RouteEvent.RouteAdded(Route route) -> GuestRouteTable.isInPlace(route);
            case RouteEvent.RouteRemoved(Route route) -> GuestRouteTable.isInPlace(route);
            default -> false;
        };
    }

    /// The same for a bridge's.
    public boolean observed(BridgeEvent event) {
        return watch.on(event);
    }

    /// Events were lost.
    public void eventsLost() {
        watch.lost();
    }

    /// How much of each table was found changed, gone or put there by others.
    public Map<String, Long> drifted() {
        return all.stream().collect(Collectors.toMap(Reconciler::name, Reconciler::drifted));
    }

    /// The name of a segment's bridge.
    public static InterfaceName bridge(Vni vni) {
        return SegmentDevices.bridge(vni);
    }

    /// Makes {@code wanted} the segments that there are, and their ports.
    public void segments(List<Segment> wanted) {
        Set<Vni> vnis = wanted.stream().map(Segment::vni).collect(Collectors.toSet());
        members.keySet().stream().filter(vni -> !vnis.contains(vni)).toList().forEach(this::remove);
        wanted.forEach(this::put);
    }

    /// Makes a segment as stated, with its ports.
    public void put(Segment segment) {
        Vni vni = segment.vni();
        Ipv4Address source = segment.encapsulation().local();
        tables.segments()
                .put(
                        vni,
                        new SegmentDevices(
                                source == null ? local : source,
                                segment.encapsulation().port(),
                                segment.mtuBytes()));
        tables.guards()
                .put(SegmentDevices.vxlan(vni), GuardRules.ofUplink(SegmentDevices.vxlan(vni), segment.flooding()));
        if (segment.gateway().isThere()) {
            tables.gateways().put(vni, GatewayTable.Served.of(segment.gateway()));
        } else {
            tables.gateways().remove(vni);
        }
        Set<InterfaceName> now = segment.ports().stream().map(Port::device).collect(Collectors.toSet());
        Set<InterfaceName> before = members.put(vni, now);
        if (before != null) {
            before.stream().filter(device -> !now.contains(device)).forEach(device -> leave(device, vni));
        }
        for (Port port : segment.ports()) {
            tables.guards().put(port.device(), GuardRules.ofPort(port, segment));
            leaving.remove(port.device());
            joining.put(port.device(), vni);
        }
    }

    public void remove(Vni vni) {
        tables.segments().remove(vni);
        tables.gateways().remove(vni);
        members.getOrDefault(vni, Set.of()).forEach(device -> leave(device, vni));
        members.remove(vni);
        tables.guards().remove(SegmentDevices.vxlan(vni));
    }

    /// Unless it is another segment's by now.
    private void leave(InterfaceName device, Vni vni) {
        PortTable.Membership stated = tables.ports().desired(device);
        Vni joined = joining.getOrDefault(device, stated == null ? null : stated.vni());
        if (vni.equals(joined)) {
            joining.remove(device);
            tables.ports().remove(device);
            leaving.add(device);
        }
    }

    /// An interface comes into its segment when what it sends is looked at, and not before.
    private void join() {
        Map.copyOf(joining).forEach((device, vni) -> {
            if (tables.guards().inForce(device)) {
                joining.remove(device);
                tables.ports().put(device, new PortTable.Membership(vni));
            }
        });
    }

    private void unguard() {
        for (InterfaceName device : List.copyOf(leaving)) {
            if (tables.ports().isRead() && tables.ports().present(device) == null) {
                leaving.remove(device);
                tables.guards().remove(device);
            }
        }
    }

    /// What became of the frames that guests sent so far.
    ///
    /// @throws IOException if the kernel can't be asked
    public Map<FrameCount, Long> counts() throws IOException {
        return guardTable.counts();
    }

    /// Why a guest's interface is in no segment that should be; null if it is in its.
    public @Nullable String obstacle(InterfaceName device) {
        String guard = tables.guards().failure(device);
        String failure = guard == null ? tables.ports().failure(device) : guard;
        if (failure != null) {
            return failure;
        }
        return tables.guards().inForce(device) && tables.ports().inForce(device) ? null : "not yet in its segment";
    }

    /// True if a guest's interface is in the bridge of this segment, as far as the kernel last said: no frame of
    /// its gets there before its guard is in force.
    public boolean isIn(Vni vni, InterfaceName device) {
        return new PortTable.Membership(vni).equals(tables.ports().present(device));
    }

    /// True while some of the kernel's tables are to be read again, so that what is known of ports may be old.
    public boolean isInDoubt() {
        return watch.nextDeadlineNanos() != Long.MAX_VALUE;
    }

    /// True if packets to this guest of a segment are routed into it.
    public boolean leadsTo(IpAddress guest) {
        Prefix prefix = guest.hostPrefix();
        return tables.routes().desired(prefix) != null && tables.routes().inForce(prefix);
    }

    /// The bridge of a segment whose gateway is in force; null while it is not.
    public @Nullable InterfaceIndex gatewayLink(Vni vni) {
        if (!tables.gateways().inForce(vni)) {
            return null;
        }
        var found = new ArrayList<InterfaceIndex>();
        try {
            rtnl.get(Link.get(bridge(vni)), message -> {
                Link link = Link.parse(message);
                if (link != null) {
                    found.add(link.index());
                }
            });
        } catch (IOException e) {
            return null; // it has just gone, which its own event says
        }
        return found.isEmpty() ? null : found.getFirst();
    }

    /// How encapsulated frames to a node leave from now on, those of entries that are in force too.
    ///
    /// @param link the encrypted overlay's to this node; null for the underlay, as the routes have it
    public void way(IpAddress vtep, @Nullable InterfaceIndex link) {
        if (link == null) {
            ways.remove(vtep);
        } else {
            ways.put(vtep, new Way(link));
        }
        remote.forEach((mac, at) -> {
            if (at.equals(vtep)) {
                tables.fdb().put(mac, behind(vtep));
            }
        });
        copied.stream()
                .filter(key -> key.vtep().equals(vtep))
                .forEach(key -> tables.flooded().put(key, Set.of(wayTo(vtep))));
    }

    /// The encrypted overlay's link that frames to a node leave by; null for the underlay.
    public @Nullable InterfaceIndex linkTo(IpAddress vtep) {
        return wayTo(vtep).link();
    }

    private Way wayTo(IpAddress vtep) {
        return ways.getOrDefault(vtep, Way.NATIVE);
    }

    private Place behind(IpAddress vtep) {
        return new Place.Behind(vtep, wayTo(vtep));
    }

    /// Takes what is for the kernel.
    public void desire(EvpnAction action) {
        switch (action) {
            case EvpnAction.Forward(MacKey mac, Destination to)
            when to == null -> {
                remote.remove(mac);
                tables.fdb().remove(mac);
            }
            case EvpnAction.Forward(MacKey mac, Destination.Local(InterfaceName device)) -> {
                remote.remove(mac);
                tables.fdb().put(mac, new Place.At(device));
            }
            case EvpnAction.Forward(MacKey mac, Destination.Remote(IpAddress vtep)) -> {
                remote.put(mac, vtep);
                tables.fdb().put(mac, behind(vtep));
            }
            case EvpnAction.Flood(Vni vni, IpAddress vtep, boolean wanted) -> {
                var key = new FloodTable.Key(vni, vtep);
                if (wanted) {
                    copied.add(key);
                    tables.flooded().put(key, Set.of(wayTo(vtep)));
                } else {
                    copied.remove(key);
                    tables.flooded().remove(key);
                }
            }
            case EvpnAction.Answer(Vni vni, var address, MacAddress mac) -> {
                var key = new AnswerTable.Key(vni, address);
                if (mac == null) {
                    tables.answers().remove(key);
                } else {
                    tables.answers().put(key, mac);
                }
            }
            case EvpnAction.Lead(Vni vni, IpAddress address, Port port)
            when port != null -> tables.routes().put(address.hostPrefix(), vni);
            case EvpnAction.Lead(Vni vni, IpAddress address, Port _) -> {
                if (vni.equals(tables.routes().desired(address.hostPrefix()))) { // not another segment's by now
                    tables.routes().remove(address.hostPrefix());
                }
            }
            case EvpnAction.Import _,
                    EvpnAction.Announce _,
                    EvpnAction.Withdraw _,
                    EvpnAction.Remember _,
                    EvpnAction.Label _,
                    EvpnAction.Freeze _,
                    EvpnAction.Exceed _ -> {}
        }
    }

    /// Everything that is desired has been stated once: what an earlier run left besides may go.
    public void inSync() {
        all.forEach(Reconciler::inSync);
    }

    /// When {@link #pass} has something to do.
    public long nextDeadlineNanos(long nowNanos) {
        long next = watch.nextDeadlineNanos();
        for (Reconciler<?, ?> table : all) {
            next = Math.min(next, table.nextDeadlineNanos(nowNanos));
        }
        return next;
    }

    /// Applies what is due.
    ///
    /// @return why something is not in force that should be, for people
    public List<String> pass(long nowNanos) {
        var failures = new ArrayList<String>();
        if (!watch.knowsLinks()) {
            try {
                watch.know(Links.read(rtnl));
            } catch (IOException e) {
                failures.add("links: " + e.getMessage()); // asked again at the next pass
            }
        }
        for (Reconciler<?, ?> table : all) {
            if (table == tables.ports()) {
                join();
            }
            if (watch.due(table, nowNanos)) {
                table.resync();
            }
            Pass<?, ?> pass = table.pass(nowNanos);
            if (table == tables.gateways() && !pass.changedNothing()) {
                tables.answers().resync(); // a bridge that gets another MAC forgets its neighbours
                tables.routes().resync(); // and one that loses its address its routes
            }
            if (pass.broken() != null) {
                failures.add(pass.broken());
            }
            pass.failed().stream()
                    .limit(FAILURES_TOLD)
                    .map(Failure::reason)
                    .map(reason -> table.name() + ": " + reason)
                    .forEach(failures::add);
        }
        unguard();
        return failures;
    }

    /// True if all that is desired is in force.
    public boolean isInForce() {
        return joining.isEmpty() && all.stream().allMatch(table -> table.failures() == 0);
    }
}
