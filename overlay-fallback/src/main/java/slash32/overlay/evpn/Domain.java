package slash32.overlay.evpn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.EvpnInstance;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.overlay.choice.SiteId;
import slash32.overlay.evpn.EvpnAction.Destination;

/// One segment: its MACs, and what follows from who says to have them.
final class Domain {
    private final EvpnInstance instance;
    private final Function<IpAddress, @Nullable SiteId> reachable;
    private final Consumer<EvpnAction> actions;
    private final Map<MacAddress, MacState> macs = new TreeMap<>();
    private final Map<MacAddress, List<EvpnPath>> announced = new HashMap<>();
    /// By the MAC of a port that is here, its addresses that the gateway leads to.
    private final Map<MacAddress, Map<IpAddress, Port>> led = new HashMap<>();
    /// MACs that say to have an address, and what is answered for it now.
    private final Map<IpAddress, Set<MacAddress>> claimants = new HashMap<>();

    private final Map<IpAddress, MacAddress> answers = new HashMap<>();
    /// By address, what other nodes that have it announce it with; those with nothing are left out.
    private final Map<IpAddress, List<LargeCommunity>> labels = new HashMap<>();

    private final Map<EvpnRoute, IpAddress> floodRoutes = new HashMap<>();
    private final Set<IpAddress> flooded = new TreeSet<>();
    /// Guests' interfaces that are in the segment in the kernel.
    private final Set<InterfaceName> joined = new HashSet<>();

    private final RouteQuota quota;
    private Segment segment;
    private long moves;
    private long duplicates;

    /// A segment without ports.
    ///
    /// @param reachable the site of a node that may be sent to; null of any other
    /// @param routesPerNode how many of types 2 are taken of one other node
    Domain(
            Segment segment,
            EvpnInstance instance,
            Function<IpAddress, @Nullable SiteId> reachable,
            int routesPerNode,
            Consumer<EvpnAction> actions) {
        this.segment = segment;
        this.instance = instance;
        this.reachable = reachable;
        this.actions = actions;
        quota = new RouteQuota(
                routesPerNode, (vtep, waits) -> actions.accept(new EvpnAction.Exceed(instance.vni(), vtep, waits)));
    }

    /// What is taken of other nodes.
    RouteQuota quota() {
        return quota;
    }

    EvpnInstance instance() {
        return instance;
    }

    /// Whether frames of this segment may go to a node.
    boolean mayBeSentTo(IpAddress vtep) {
        SiteId site = reachable.apply(vtep);
        return site != null && segment.encapsulation().serves(site);
    }

    /// Gives the segment other ports, another way of flooding or other sites.
    ///
    /// @param complete BGP has said all that there is, so that a MAC nobody claims has moved from nowhere
    /// @param remembered sequence numbers of an earlier run
    void change(Segment to, boolean complete, Map<MacAddress, Long> remembered, long nowNanos) {
        boolean floodedBefore = segment.flooding().leavesTheNode();
        boolean floods = to.flooding().leavesTheNode();
        Map<MacAddress, Port> before = ports(segment);
        Map<MacAddress, Port> now = ports(to);
        boolean sameGateway = segment.gateway().equals(to.gateway());
        boolean otherSites =
                !to.encapsulation().sites().equals(segment.encapsulation().sites());
        segment = to;
        joined.retainAll(to.ports().stream().map(Port::device).toList());
        if (floods && !floodedBefore) {
            announceFlooding();
        } else if (!floods && floodedBefore) {
            actions.accept(new EvpnAction.Withdraw(
                    List.of(instance.inclusiveMulticast().route())));
        }
        Set.copyOf(floodRoutes.values()).forEach(this::decideFlooding);
        if (otherSites) {
            List.copyOf(macs.keySet()).forEach(mac -> decide(mac, complete, nowNanos));
        }
        var touched = new TreeSet<>(before.keySet());
        touched.addAll(now.keySet());
        var addresses = new HashSet<IpAddress>();
        for (MacAddress mac : touched) {
            Port was = macs.containsKey(mac) ? state(mac).port : null;
            Port port = now.get(mac);
            if (!sameGateway || !Objects.equals(was, port)) {
                attach(mac, port, remembered.getOrDefault(mac, -1L));
                decide(mac, complete, nowNanos);
                addresses.addAll(was == null ? List.of() : was.addresses());
                addresses.addAll(port == null ? List.of() : port.addresses());
            }
        }
        if (!sameGateway) {
            addresses.addAll(claimants.keySet());
        }
        addresses.forEach(this::decideAddress);
    }

    private static Map<MacAddress, Port> ports(Segment of) {
        var ports = new HashMap<MacAddress, Port>();
        of.ports().forEach(port -> ports.put(port.mac(), port));
        return ports;
    }

    /// A guest's interface is in the segment in the kernel, or no longer.
    void joined(InterfaceName device, boolean now, boolean complete, long nowNanos) {
        for (Port port : segment.ports()) {
            if (port.device().equals(device) && (now ? joined.add(device) : joined.remove(device))) {
                decide(port.mac(), complete, nowNanos);
                port.addresses().forEach(this::decideLabel);
            }
        }
    }

    /// True if the MAC's guest can be reached here: its port was stated, and has its interface.
    private boolean isJoined(MacState state) {
        return state.port != null && joined.contains(state.port.device());
    }

    /// Says that this node wants flooded frames, if it does.
    void announceFlooding() {
        if (segment.flooding().leavesTheNode()) {
            actions.accept(new EvpnAction.Announce(List.of(instance.inclusiveMulticast())));
        }
    }

    private void attach(MacAddress mac, @Nullable Port port, long remembered) {
        MacState state = state(mac);
        state.port = port;
        if (port == null) {
            state.sequence = -1;
            actions.accept(new EvpnAction.Remember(key(mac), null));
        } else if (state.sequence < 0) {
            state.sequence = remembered;
        }
    }

    private MacState state(MacAddress mac) {
        return macs.computeIfAbsent(mac, _ -> new MacState());
    }

    private MacKey key(MacAddress mac) {
        return new MacKey(segment.vni(), mac);
    }

    /// Somebody else's route for a MAC.
    ///
    /// @param claim null if it is gone
    /// @return what the route said before; null if it is new
    @Nullable
    Claim claim(EvpnRoute route, MacAddress mac, @Nullable Claim claim, boolean complete, long nowNanos) {
        Claim before = state(mac).claim(route, claim);
        decide(mac, complete, nowNanos);
        if (claim != null && claim.address() != null) {
            claimants.computeIfAbsent(claim.address(), _ -> new TreeSet<>()).add(mac);
        }
        for (Claim some : new Claim[] {before, claim}) {
            if (some != null && some.address() != null) {
                decideAddress(some.address());
            }
        }
        return before;
    }

    /// Decides where a MAC is, and whether this node says to have it.
    void decide(MacAddress mac, boolean complete, long nowNanos) {
        MacState state = state(mac);
        Port port = state.port;
        Claim best = state.best(this::mayBeSentTo);
        number(mac, state, best, complete);
        Destination before = state.destination;
        Destination wanted = wanted(state, port, best);
        if (state.isFrozen() && before != null && holds(state, before)) {
            wanted = before;
        }
        if (!Objects.equals(before, wanted)) {
            if (before != null && wanted != null) {
                moves++;
                if (state.moved(nowNanos)) {
                    duplicates++;
                    actions.accept(new EvpnAction.Freeze(key(mac), wanted));
                }
            }
            state.destination = wanted;
            actions.accept(new EvpnAction.Forward(key(mac), wanted));
            for (Claim claim : state.claims()) {
                if (claim.address() != null) {
                    decideAddress(claim.address());
                }
            }
            if (port != null) {
                port.addresses().forEach(this::decideAddress);
            }
        }
        announce(mac, state);
        if (state.isForgotten()) {
            macs.remove(mac);
        }
    }

    /// A port's MAC gets its sequence number when it is here and it is known whether it has moved here, and another
    /// when it comes back (RFC 7432 §15).
    private void number(MacAddress mac, MacState state, @Nullable Claim best, boolean complete) {
        if (!isJoined(state)) {
            return;
        }
        boolean isNew = state.sequence < 0 && complete;
        boolean isBack = best == null && state.destination instanceof Destination.Remote && state.sequence >= 0;
        if (isNew || isBack) {
            state.sequence = Math.max(state.sequence, state.highestSequence()) + 1;
            actions.accept(new EvpnAction.Remember(key(mac), state.sequence));
        }
    }

    private @Nullable Destination wanted(MacState state, @Nullable Port port, @Nullable Claim best) {
        if (best != null && !isJoined(state)) { // a port that waits for its guest has none while another node has it
            return new Destination.Remote(best.vtep());
        }
        if (port == null) {
            return null;
        }
        return best == null
                        || state.sequence < 0
                        || Claim.isBetter(state.mobility(port), instance.vtep(), best.mobility(), best.vtep())
                ? new Destination.Local(port.device())
                : new Destination.Remote(best.vtep());
    }

    private boolean holds(MacState state, Destination destination) {
        return switch (destination) {
            case Destination.Local(var device) ->
                state.port != null && state.port.device().equals(device) && isJoined(state);
            case Destination.Remote(IpAddress vtep) -> state.isClaimedBy(vtep) && mayBeSentTo(vtep);
        };
    }

    private void announce(MacAddress mac, MacState state) {
        Port port = state.port;
        boolean isHere = state.sequence >= 0 && state.destination instanceof Destination.Local && isJoined(state);
        Port here = isHere ? port : null;
        lead(mac, here);
        List<EvpnPath> now = here == null ? List.of() : paths(here, state);
        List<EvpnPath> before = announced.getOrDefault(mac, List.of());
        if (now.equals(before)) {
            return;
        }
        List<EvpnRoute> kept = now.stream().map(EvpnPath::route).toList();
        List<EvpnRoute> gone = before.stream()
                .map(EvpnPath::route)
                .filter(route -> !kept.contains(route))
                .toList();
        if (!gone.isEmpty()) {
            actions.accept(new EvpnAction.Withdraw(gone));
        }
        if (now.isEmpty()) {
            announced.remove(mac);
        } else {
            announced.put(mac, now);
            actions.accept(new EvpnAction.Announce(now));
        }
    }

    /// @param port where the MAC is; null if it is not here
    private void lead(MacAddress mac, @Nullable Port port) {
        var now = new LinkedHashMap<IpAddress, Port>();
        if (port != null) {
            port.addresses().stream().filter(segment.gateway()::leadsTo).forEach(address -> now.put(address, port));
        }
        Map<IpAddress, Port> before = now.isEmpty() ? led.remove(mac) : led.put(mac, now);
        Map<IpAddress, Port> known = before == null ? Map.of() : before;
        known.keySet().stream()
                .filter(address -> !now.containsKey(address))
                .forEach(address -> actions.accept(new EvpnAction.Lead(segment.vni(), address, null)));
        now.forEach((address, its) -> {
            if (!its.equals(known.get(address))) {
                actions.accept(new EvpnAction.Lead(segment.vni(), address, its));
            }
        });
    }

    /// A route for the MAC alone and one for each address: others ask for both.
    private List<EvpnPath> paths(Port port, MacState state) {
        var paths = new ArrayList<EvpnPath>();
        paths.add(instance.macIp(port.mac(), null, state.mobility(port), port.communities()));
        for (IpAddress address : port.addresses()) {
            paths.add(instance.macIp(port.mac(), address, state.mobility(port), port.communities()));
        }
        return paths;
    }

    private void decideAddress(IpAddress address) {
        decideAnswer(address);
        decideLabel(address);
    }

    /// What a port that is here is in, its own endpoint says. Elsewhere the best claim counts, also of a node that
    /// can't be sent to now: what its guest may send does not depend on that.
    private void decideLabel(IpAddress address) {
        Claim best = null;
        boolean here =
                segment.ports().stream().anyMatch(port -> port.addresses().contains(address) && isHere(port.mac()));
        for (MacAddress mac : here ? Set.<MacAddress>of() : claimants.getOrDefault(address, Set.of())) {
            Claim claim = state(mac).bestOf(address);
            if (claim != null && (best == null || claim.isBetterThan(best))) {
                best = claim;
            }
        }
        List<LargeCommunity> now = best == null ? List.of() : best.communities();
        List<LargeCommunity> before = now.isEmpty() ? labels.remove(address) : labels.put(address, now);
        if (!now.equals(before == null ? List.of() : before)) {
            actions.accept(new EvpnAction.Label(segment.vni(), address, now));
        }
    }

    private boolean isHere(MacAddress mac) {
        MacState state = macs.get(mac);
        return state != null && state.destination instanceof Destination.Local && isJoined(state);
    }

    private void decideAnswer(IpAddress address) {
        MacAddress chosen = null;
        Claim best = null;
        Set<MacAddress> all = claimants.getOrDefault(address, Set.of());
        for (MacAddress mac : Set.copyOf(all)) {
            MacState state = macs.get(mac);
            Claim claim = state == null ? null : state.claimOf(address);
            if (state == null || !state.isSaidToHave(address)) {
                all.remove(mac);
            } else if (claim != null && (best == null || claim.isBetterThan(best))) {
                best = claim;
                chosen = mac;
            }
        }
        if (all.isEmpty()) {
            claimants.remove(address);
        }
        MacAddress now = chosen;
        if (segment.gateway().own().contains(address)) {
            now = null;
        }
        for (Port port : segment.ports()) {
            if (port.addresses().contains(address) && !isElsewhere(port.mac())) {
                // it answers for itself, and is found by what is routed to it
                now = segment.gateway().leadsTo(address) ? port.mac() : null;
            }
        }
        MacAddress before = now == null ? answers.remove(address) : answers.put(address, now);
        if (!Objects.equals(before, now)) {
            actions.accept(new EvpnAction.Answer(segment.vni(), address, now));
        }
    }

    private boolean isElsewhere(MacAddress mac) {
        MacState state = macs.get(mac);
        return state != null && state.destination instanceof Destination.Remote;
    }

    /// Somebody wants flooded frames.
    ///
    /// @param vtep null if the route is gone
    void flood(EvpnRoute route, @Nullable IpAddress vtep) {
        IpAddress before = vtep == null ? floodRoutes.remove(route) : floodRoutes.put(route, vtep);
        if (before != null) {
            decideFlooding(before);
        }
        if (vtep != null) {
            decideFlooding(vtep);
        }
    }

    private void decideFlooding(IpAddress vtep) {
        boolean wanted = segment.flooding().leavesTheNode() && mayBeSentTo(vtep) && floodRoutes.containsValue(vtep);
        if (wanted ? flooded.add(vtep) : flooded.remove(vtep)) {
            actions.accept(new EvpnAction.Flood(segment.vni(), vtep, wanted));
        }
    }

    /// A node can be reached now, or no longer.
    void reachabilityChanged(IpAddress vtep, Set<MacAddress> concerned, boolean complete, long nowNanos) {
        decideFlooding(vtep);
        concerned.forEach(mac -> decide(mac, complete, nowNanos));
    }

    /// BGP has said all that there is.
    void complete(long nowNanos) {
        segment.ports().forEach(port -> decide(port.mac(), true, nowNanos));
    }

    /// Time is over for MACs that moved too often.
    void expire(boolean complete, long nowNanos) {
        for (MacAddress mac : List.copyOf(macs.keySet())) {
            MacState state = state(mac);
            if (nowNanos - state.frozenUntilNanos() >= 0 && state.isFrozen()) {
                state.thaw();
                actions.accept(new EvpnAction.Freeze(key(mac), null));
                decide(mac, complete, nowNanos);
            }
        }
    }

    long nextDeadlineNanos() {
        return macs.values().stream()
                .mapToLong(MacState::frozenUntilNanos)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /// Takes back all that it announced and stated.
    void remove() {
        var routes = new ArrayList<EvpnRoute>();
        announced.values().forEach(paths -> paths.forEach(path -> routes.add(path.route())));
        if (segment.flooding().leavesTheNode()) {
            routes.add(instance.inclusiveMulticast().route());
        }
        if (!routes.isEmpty()) {
            actions.accept(new EvpnAction.Withdraw(routes));
        }
        segment.ports().forEach(port -> actions.accept(new EvpnAction.Remember(key(port.mac()), null)));
        led.values()
                .forEach(addresses -> addresses
                        .keySet()
                        .forEach(address -> actions.accept(new EvpnAction.Lead(segment.vni(), address, null))));
        macs.forEach((mac, state) -> {
            if (state.destination != null) {
                actions.accept(new EvpnAction.Forward(key(mac), null));
            }
        });
        answers.keySet().forEach(address -> actions.accept(new EvpnAction.Answer(segment.vni(), address, null)));
        labels.keySet().forEach(address -> actions.accept(new EvpnAction.Label(segment.vni(), address, List.of())));
        flooded.forEach(vtep -> actions.accept(new EvpnAction.Flood(segment.vni(), vtep, false)));
    }

    boolean isClaimedBy(MacAddress mac, IpAddress vtep) {
        MacState state = macs.get(mac);
        return state != null && state.isClaimedBy(vtep);
    }

    /// The MACs that are said to have an address, here or by others, in their order.
    List<Sought> seek(IpAddress address) {
        var found = new TreeSet<>(claimants.getOrDefault(address, Set.of()));
        for (Port port : segment.ports()) {
            if (port.addresses().contains(address)) {
                found.add(port.mac());
            }
        }
        return found.stream()
                .filter(macs::containsKey)
                .map(mac -> {
                    MacState state = state(mac);
                    return new Sought(
                            segment,
                            address,
                            mac,
                            state.destination,
                            state.vteps(address),
                            state.sequenceInUse(),
                            state.isFrozen(),
                            communities(state, address));
                })
                .toList();
    }

    private static List<LargeCommunity> communities(MacState state, IpAddress address) {
        Port port = state.port;
        if (port != null && state.destination instanceof Destination.Local) {
            return port.communities();
        }
        Claim best = state.bestOf(address);
        return best == null ? List.of() : best.communities();
    }

    SegmentStatus status() {
        int here = 0;
        int elsewhere = 0;
        int remote = 0;
        int frozen = 0;
        int unreachable = 0;
        for (MacState state : macs.values()) {
            boolean away = state.destination instanceof Destination.Remote;
            if (state.port != null) {
                here += away ? 0 : 1;
                elsewhere += away ? 1 : 0;
            } else {
                remote += away ? 1 : 0;
                unreachable += away ? 0 : 1;
            }
            frozen += state.isFrozen() ? 1 : 0;
        }
        return new SegmentStatus(
                segment,
                here,
                elsewhere,
                remote,
                unreachable,
                frozen,
                quota.waiting(),
                moves,
                duplicates,
                labels.size(),
                List.copyOf(flooded));
    }
}
