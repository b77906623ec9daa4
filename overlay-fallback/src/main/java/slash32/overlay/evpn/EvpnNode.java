package slash32.overlay.evpn;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.EvpnChange;
import slash32.bgp.wire.EvpnInstance;
import slash32.bgp.wire.EvpnInstance.Mobility;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute;
import slash32.bgp.wire.EvpnRoute.InclusiveMulticastRoute;
import slash32.bgp.wire.EvpnRoute.MacIpRoute;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.PmsiTunnel;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.overlay.choice.SiteId;

/// All of a node's EVPN as one machine: segments, routes of others, nodes that can be reached and time come in;
/// {@link #actions} come out.
///
/// MACs are the platform's: a port is announced because somebody stated it and its interface is there, never
/// because a frame was seen. Of a MAC that two nodes say to have, the later one counts (RFC 7432 §15), and this
/// node says no more that it has it. Owned by one thread.
public final class EvpnNode {
    /// How many routes of one other node a segment takes by default: three for each of 1,365 guests.
    public static final int ROUTES_PER_NODE = 4_096;

    private static final int LOW_AS_BITS = 0xffff;

    private final Asn asn;
    private final Ipv4Address vtep;
    private final int routesPerNode;
    private final Distinguishers distinguishers;
    /// Sequence numbers of an earlier run, each until its port is stated.
    private final Map<MacKey, Long> remembered;

    private final Map<Vni, Domain> domains = new TreeMap<>();
    /// Which segments took a route.
    private final Map<EvpnRoute, Set<Vni>> takers = new HashMap<>();
    /// Which MACs a node says to have.
    private final Map<IpAddress, Set<MacKey>> byVtep = new HashMap<>();

    /// Nodes that may be sent to, with their sites.
    private final Map<IpAddress, SiteId> reachable = new HashMap<>();
    private final Map<Refusal, Long> refusals = new EnumMap<>(Refusal.class);
    private final List<EvpnAction> actions = new ArrayList<>();
    /// Segments that came after BGP had said all, whose routes it is yet to say.
    private final Set<Vni> unheard = new HashSet<>();

    private boolean complete;
    private boolean importsChanged;

    /// A node without segments.
    ///
    /// @param vtep where it takes encapsulated frames
    /// @param routesPerNode how many of type 2 a segment takes of one other node
    /// @param remembered what an earlier run had to {@link EvpnAction.Remember}
    public EvpnNode(Asn asn, Ipv4Address routerId, Ipv4Address vtep, int routesPerNode, Map<MacKey, Long> remembered) {
        this.asn = asn;
        this.vtep = vtep;
        this.routesPerNode = routesPerNode;
        this.remembered = new HashMap<>(remembered);
        distinguishers = new Distinguishers(routerId);
    }

    /// What is to be done, in order; empties it.
    public List<EvpnAction> actions() {
        if (importsChanged) {
            importsChanged = false;
            actions.add(new EvpnAction.Import(
                    domains.keySet().stream().map(this::target).collect(Collectors.toSet())));
        }
        List<EvpnAction> all = List.copyOf(actions);
        actions.clear();
        return all;
    }

    /// When {@link #expire} has something to do; {@link Long#MAX_VALUE} for never.
    public long nextDeadlineNanos() {
        return domains.values().stream()
                .mapToLong(Domain::nextDeadlineNanos)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /// Makes {@code all} the segments of this node.
    ///
    /// @throws IllegalArgumentException if a VNI is there twice
    public void segments(List<Segment> all, long nowNanos) {
        Map<Vni, Segment> wanted = new TreeMap<>();
        for (Segment segment : all) {
            if (wanted.put(segment.vni(), segment) != null) {
                throw new IllegalArgumentException("VNI " + segment.vni() + " is of two segments");
            }
        }
        Set<Vni> before = Set.copyOf(domains.keySet());
        before.stream().filter(vni -> !wanted.containsKey(vni)).sorted().forEach(this::remove);
        wanted.values().forEach(segment -> put(segment, nowNanos));
    }

    /// Makes a segment as stated, whether it was there or not.
    public void put(Segment segment, long nowNanos) {
        Vni vni = segment.vni();
        Domain domain = domains.get(vni);
        if (domain != null && !domain.instance().vtep().equals(vtepOf(segment))) {
            remove(vni);
            domain = null;
        }
        if (domain == null) {
            domain = begin(segment);
            domains.put(vni, domain);
            domain.announceFlooding();
            importsChanged = true;
            if (complete) {
                unheard.add(vni);
            }
        }
        domain.change(segment, isComplete(vni), rememberedOf(segment), nowNanos);
    }

    /// A guest's interface is in its segment in the kernel, or no longer: its MAC is announced for as long as it is.
    public void joined(Vni vni, InterfaceName device, boolean now, long nowNanos) {
        Domain domain = domains.get(vni);
        if (domain != null) {
            domain.joined(device, now, isComplete(vni), nowNanos);
        }
    }

    /// BGP has said all that there is for these targets, which came after {@link #complete}.
    public void imported(Set<ExtendedCommunity> targets, long nowNanos) {
        List<Vni> heard = unheard.stream()
                .filter(vni -> targets.contains(target(vni)))
                .sorted()
                .toList();
        heard.forEach(vni -> {
            unheard.remove(vni);
            Objects.requireNonNull(domains.get(vni)).complete(nowNanos);
        });
    }

    /// True while there are segments of which BGP is yet to say what there is.
    public boolean awaitsRoutes() {
        return !unheard.isEmpty();
    }

    private boolean isComplete(Vni vni) {
        return complete && !unheard.contains(vni);
    }

    private Ipv4Address vtepOf(Segment segment) {
        Ipv4Address local = segment.encapsulation().local();
        return local == null ? vtep : local;
    }

    private Domain begin(Segment segment) {
        var instance = new EvpnInstance(
                distinguishers.take(segment.vni()), segment.vni(), List.of(target(segment.vni())), vtepOf(segment));
        return new Domain(segment.with(List.of()), instance, reachable::get, routesPerNode, actions::add);
    }

    /// The target that FRR makes of AS and VNI too: the lower half of the AS number.
    private ExtendedCommunity target(Vni vni) {
        return ExtendedCommunity.routeTarget(asn.value() & LOW_AS_BITS, vni.value());
    }

    /// Used once: a guest that left and comes back has moved.
    private Map<MacAddress, Long> rememberedOf(Segment segment) {
        var known = new HashMap<MacAddress, Long>();
        for (Port port : segment.ports()) {
            Long sequence = remembered.remove(new MacKey(segment.vni(), port.mac()));
            if (sequence != null) {
                known.put(port.mac(), sequence);
            }
        }
        return known;
    }

    /// Takes a segment back, with all that was announced of it.
    public void remove(Vni vni) {
        Domain domain = domains.remove(vni);
        if (domain != null) {
            importsChanged = true;
            unheard.remove(vni);
            domain.remove();
            distinguishers.release(domain.instance().distinguisher());
            takers.values().forEach(some -> some.remove(vni));
            takers.values().removeIf(Set::isEmpty);
            byVtep.values().forEach(some -> some.removeIf(mac -> mac.vni().equals(vni)));
            byVtep.values().removeIf(Set::isEmpty);
        }
    }

    /// Routes of other nodes changed.
    public void changed(List<EvpnChange> changes, long nowNanos) {
        changes.forEach(change -> changed(change, nowNanos));
    }

    private void changed(EvpnChange change, long nowNanos) {
        EvpnPath now = change.now();
        Set<Vni> before = takers.getOrDefault(change.key(), Set.of());
        Set<Vni> taking = now == null ? Set.of() : taking(now);
        if (taking.isEmpty()) {
            takers.remove(change.key());
        } else {
            takers.put(change.key(), taking);
        }
        var concerned = new TreeSet<>(before);
        concerned.addAll(taking);
        for (Vni vni : concerned) {
            Domain domain = domains.get(vni);
            if (domain != null) {
                EvpnPath imported = taking.contains(vni) ? now : null;
                apply(domain, change.key(), withinQuota(domain.quota(), change.key(), imported), nowNanos);
                for (EvpnChange next = domain.quota().admitted();
                        next != null;
                        next = domain.quota().admitted()) {
                    apply(domain, next.key(), next.now(), nowNanos);
                }
            }
        }
    }

    /// @return null if the route is gone, or has to wait
    private @Nullable EvpnPath withinQuota(RouteQuota quota, EvpnRoute key, @Nullable EvpnPath path) {
        if (!(key instanceof MacIpRoute)) {
            return path;
        }
        IpAddress from = path == null ? null : path.attributes().nextHop();
        if (path == null || from == null) {
            quota.remove(key);
            return null;
        }
        if (quota.put(key, from, path)) {
            return path;
        }
        refusals.merge(Refusal.LIMIT, 1L, Long::sum);
        return null;
    }

    /// The segments that import the route, if it can be used.
    private Set<Vni> taking(EvpnPath path) {
        var taking = new HashSet<Vni>();
        for (ExtendedCommunity community : path.attributes().extendedCommunities()) {
            if (community.isRouteTarget()) {
                for (Domain domain : domainsOf(community)) {
                    Refusal refusal = refusal(path, domain.instance());
                    if (refusal == null) {
                        taking.add(domain.instance().vni());
                    } else {
                        refusals.merge(refusal, 1L, Long::sum);
                    }
                }
            }
        }
        return taking;
    }

    private List<Domain> domainsOf(ExtendedCommunity target) {
        int number = (int) target.value() & 0xff_ffff;
        Domain domain = number == 0 ? null : domains.get(new Vni(number));
        return domain != null && domain.instance().targets().contains(target) ? List.of(domain) : List.of();
    }

    private @Nullable Refusal refusal(EvpnPath path, EvpnInstance instance) {
        Vni vni = instance.vni();
        PathAttributes attributes = path.attributes();
        if (!(attributes.nextHop() instanceof Ipv4Address from) || from.equals(instance.vtep())) {
            return Refusal.VTEP;
        }
        for (ExtendedCommunity community : attributes.extendedCommunities()) {
            if (community.encapsulation() >= 0 && community.encapsulation() != EvpnInstance.VXLAN) {
                return Refusal.ENCAPSULATION;
            }
        }
        return switch (path.route()) {
            case MacIpRoute mac -> {
                if (mac.tag() != 0) {
                    yield Refusal.ETHERNET_TAG;
                }
                if (mac.mac().isGroup() || mac.mac().value() == 0 || mac.mac().equals(MacAddress.GATEWAY)) {
                    yield Refusal.MAC;
                }
                yield mac.label() == vni.value() ? null : Refusal.VNI;
            }
            case InclusiveMulticastRoute all -> {
                PmsiTunnel tunnel = attributes.pmsiTunnel();
                if (all.tag() != 0) {
                    yield Refusal.ETHERNET_TAG;
                }
                if (tunnel == null || tunnel.endpoint() == null) {
                    yield Refusal.FLOODING;
                }
                yield tunnel.label() == vni.value() ? null : Refusal.VNI;
            }
            case EvpnRoute _ -> Refusal.TYPE;
        };
    }

    private void apply(Domain domain, EvpnRoute key, @Nullable EvpnPath now, long nowNanos) {
        IpAddress from = now == null ? null : now.attributes().nextHop();
        switch (key) {
            case MacIpRoute mac -> {
                Claim claim = now == null || from == null
                        ? null
                        : new Claim(from, Mobility.of(now.attributes()), mac.address(), communities(now.attributes()));
                Claim before = domain.claim(
                        key, mac.mac(), claim, isComplete(domain.instance().vni()), nowNanos);
                var of = new MacKey(domain.instance().vni(), mac.mac());
                if (from != null) {
                    byVtep.computeIfAbsent(from, _ -> new TreeSet<>()).add(of);
                }
                if (before != null && !domain.isClaimedBy(mac.mac(), before.vtep())) {
                    byVtep.computeIfPresent(
                            before.vtep(), (_, some) -> some.remove(of) && some.isEmpty() ? null : some);
                }
            }
            case InclusiveMulticastRoute _ -> domain.flood(key, from);
            case EvpnRoute _ -> {}
        }
    }

    private List<LargeCommunity> communities(PathAttributes attributes) {
        List<LargeCommunity> all = attributes.largeCommunities();
        List<LargeCommunity> ours = all.stream()
                .filter(community -> community.administrator() == asn.value())
                .toList();
        if (ours.size() > Port.MAX_COMMUNITIES) {
            refusals.merge(Refusal.COMMUNITIES, 1L, Long::sum);
            return List.of();
        }
        return ours.size() == all.size() ? all : ours; // one list for all routes of a port
    }

    /// A node may be sent to: it is in our site, or encryption with it is up. A segment uses it if its encapsulation
    /// is for the node's site.
    ///
    /// @param site null if it may be sent to no longer
    public void reachable(IpAddress node, @Nullable SiteId site, long nowNanos) {
        SiteId before = site == null ? reachable.remove(node) : reachable.put(node, site);
        if (Objects.equals(before, site)) {
            return;
        }
        Map<Vni, Set<MacAddress>> concerned = new TreeMap<>();
        byVtep.getOrDefault(node, Set.of())
                .forEach(key -> concerned
                        .computeIfAbsent(key.vni(), _ -> new TreeSet<>())
                        .add(key.mac()));
        domains.forEach((vni, domain) ->
                domain.reachabilityChanged(node, concerned.getOrDefault(vni, Set.of()), isComplete(vni), nowNanos));
    }

    /// BGP has said all that there is: a port's MAC that nobody claims is new.
    public void complete(long nowNanos) {
        if (!complete) {
            complete = true;
            domains.values().forEach(domain -> domain.complete(nowNanos));
        }
    }

    /// Does what time was due for.
    public void expire(long nowNanos) {
        domains.forEach((vni, domain) -> domain.expire(isComplete(vni), nowNanos));
    }

    /// The nodes that frames of each segment may go to: those that have a MAC in it, or get copies, and may be sent to.
    public Map<Segment, Set<IpAddress>> vteps() {
        Map<Vni, Set<IpAddress>> having = new HashMap<>();
        byVtep.forEach((vtep, macs) -> macs.forEach(mac -> {
            Domain domain = domains.get(mac.vni());
            if (domain != null && domain.mayBeSentTo(vtep)) {
                having.computeIfAbsent(mac.vni(), _ -> new TreeSet<>()).add(vtep);
            }
        }));
        var vteps = new HashMap<Segment, Set<IpAddress>>();
        for (SegmentStatus status : status()) {
            Set<IpAddress> its = having.getOrDefault(status.segment().vni(), new TreeSet<>());
            its.addAll(status.flooded());
            vteps.put(status.segment(), its);
        }
        return vteps;
    }

    /// Who has an address, in each segment that knows of it.
    public List<Sought> seek(IpAddress address) {
        return domains.values().stream()
                .flatMap(domain -> domain.seek(address).stream())
                .toList();
    }

    /// In order of VNIs.
    public List<SegmentStatus> status() {
        return domains.values().stream().map(Domain::status).toList();
    }

    /// How many routes with a target of ours were not used, or not all of them, by why.
    public Map<Refusal, Long> refusals() {
        return Map.copyOf(refusals);
    }
}
