package slash32.agent.dataplane;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.dataplane.fib.FibWriter;
import slash32.agent.intent.Effect;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.MemberChange;
import slash32.agent.intent.Node;
import slash32.agent.intent.Progress;
import slash32.agent.status.ExplanationView;
import slash32.agent.status.KernelWay;
import slash32.agent.status.TableView;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.TableSize;
import slash32.net.Vni;
import slash32.netlink.route.Nexthop;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.socket.NetlinkSocket;
import slash32.overlay.choice.Path;
import slash32.reconcile.Backoff;
import slash32.reconcile.Pass;
import slash32.reconcile.Reconciler;
import slash32.reconcile.Table;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.HostRules;
import slash32.securitygroup.compile.Fragment;
import slash32.securitygroup.compile.Subject;
import slash32.securitygroup.nft.Firewall;
import slash32.tap.DeviceAddress;
import slash32.tap.GatewayAddressTable;
import slash32.tap.GatewayLoop;
import slash32.tap.HostRoute;
import slash32.tap.HostRouteTable;
import slash32.tap.HostSetting;
import slash32.tap.HostSettingTable;
import slash32.tap.NeighborTable;
import slash32.tap.TapObserver;
import slash32.tap.TapOrigin;
import slash32.tap.TapSpec;
import slash32.tap.TapTable;
import slash32.tap.gateway.GatewayTerms;

/// All that this node has in the kernel, and the order in which it comes: rules, interface, gateway and neighbour, host
/// route; then routes to other nodes. Each stage takes an endpoint up only once the stage before is in force, and an
/// interface whose rules are not is kept down.
///
/// Owned by thread {@code kernel}.
public final class Dataplane {
    private static final Logger LOG = LoggerFactory.getLogger(Dataplane.class);

    private static final String RULES = "rule";

    private final Node node;
    private final PassTimer timer;
    private final Firewall firewall;
    private final WayLookup ways;
    private final FibWriter fib;
    private final RemoteRoutes remoteRoutes;
    private final GatewayLoop gateway;
    private final TapTable tapTable;
    private final TapObserver observer;

    private final CountedTable<HostSetting, String> settings;
    private final CountedTable<InterfaceName, TapSpec> taps;
    private final CountedTable<DeviceAddress, Integer> gatewayAddresses;
    private final CountedTable<DeviceAddress, MacAddress> neighbors;
    private final CountedTable<Prefix, HostRoute> hostRoutes;
    private final Conditions conditions;

    private final Map<EndpointId, EndpointStage> endpoints = new HashMap<>();
    private final Map<InterfaceName, EndpointId> devices = new HashMap<>();
    private final Map<Prefix, EndpointId> addresses = new HashMap<>();
    private final Map<GroupId, Set<EndpointId>> users = new HashMap<>();
    private final Set<EndpointId> touched = new LinkedHashSet<>();
    private final Map<InterfaceName, InterfaceIndex> served = new HashMap<>();
    private final Arrivals arrivals;
    /// Addresses of guests that moved to other nodes.
    private final Set<Prefix> elsewhere = new HashSet<>();
    private final SegmentRules segmentRules;
    private final VacantInterfaces vacant;
    private final Set<AddressFamily> routesComplete = new HashSet<>();
    private boolean endpointsComplete;
    private boolean swept;
    private long rulesApplied;
    private long rulesRefused;

    /// A dataplane that has yet to look at the kernel.
    ///
    /// @param rtnl of NETLINK_ROUTE, for this thread alone
    /// @param firewall with a socket of its own
    /// @param fib may share {@code rtnl}
    public Dataplane(
            Node node, NetlinkSocket rtnl, Firewall firewall, FibWriter fib, GatewayLoop gateway, PassTimer timer) {
        this.node = node;
        this.timer = timer;
        this.firewall = firewall;
        segmentRules = new SegmentRules(firewall);
        ways = new WayLookup(rtnl);
        this.fib = fib;
        remoteRoutes = new RemoteRoutes(fib, timer);
        this.gateway = gateway;
        arrivals = new Arrivals(gateway);
        tapTable = new TapTable(rtnl);
        settings = counted(new HostSettingTable());
        taps = counted(tapTable);
        gatewayAddresses = counted(new GatewayAddressTable(rtnl));
        var neighborTable = new NeighborTable(rtnl);
        neighbors = counted(neighborTable);
        hostRoutes = counted(new HostRouteTable(rtnl, fib::readBack));
        vacant = new VacantInterfaces(taps, tapTable, firewall);
        conditions = new Conditions(taps, firewall, gatewayAddresses, neighbors, hostRoutes, elsewhere);
        for (HostSetting setting : HostSetting.values()) {
            settings.reconciler().put(setting, setting.wanted());
        }
        observer = new TapObserver(
                rtnl,
                tapTable,
                neighborTable,
                taps.reconciler(),
                gatewayAddresses.reconciler(),
                neighbors.reconciler(),
                hostRoutes.reconciler());
    }

    private <K, V> CountedTable<K, V> counted(Table<K, V> table) {
        return new CountedTable<>(new Reconciler<>(table, Backoff.KERNEL), timer);
    }

    /// Takes up what is desired; the next pass puts it in force.
    public void desire(Effect.Desire desire) {
        switch (desire) {
            case Effect.Desire.Endpoint(EndpointSpec spec) -> put(spec);
            case Effect.Desire.NoEndpoint(EndpointId id) -> remove(id);
            case Effect.Desire.Held(EndpointId id, InterfaceName device) -> vacant.hold(device, id);
            case Effect.Desire.Group(var group) -> {
                firewall.putGroup(group);
                segmentRules.groupChanged(group.id());
                users.getOrDefault(group.id(), Set.of()).forEach(this::reportAnew);
            }
            case Effect.Desire.NoGroup(var id) -> firewall.removeGroup(id);
            case Effect.Desire.Members(List<MemberChange> changes) -> changes.forEach(this::change);
            case Effect.Desire.Routes(RibDelta delta) -> remoteRoutes.change(delta);
            case Effect.Desire.NextHop(IpAddress address, Path path) -> nextHop(address, path);
            case Effect.Desire.Moved(List<Prefix> moved) -> {
                elsewhere.addAll(moved);
                moved.forEach(this::reportAddressAnew);
            }
            case Effect.Desire.Returned(List<Prefix> returned) -> returned.forEach(this::takeBack);
            case Effect.Desire.EndpointsComplete() -> {
                endpointsComplete = true;
                considerFirewallInSync();
            }
            case Effect.Desire.RoutesComplete(AddressFamily family) -> {
                routesComplete.add(family);
                fib.inSync(family.equals(AddressFamily.IPV6_UNICAST));
                considerFirewallInSync();
            }
        }
    }

    private void change(MemberChange change) {
        switch (change) {
            case MemberChange.Address(var group, IpAddress address, boolean joins)
            when joins -> firewall.putMember(group, address);
            case MemberChange.Address(var group, IpAddress address, boolean _) -> firewall.removeMember(group, address);
            case MemberChange.Pair(var group, Prefix prefix, boolean joins)
            when joins -> firewall.putPair(group, prefix);
            case MemberChange.Pair(var group, Prefix prefix, boolean _) -> firewall.removePair(group, prefix);
        }
    }

    /// States what may reach the host itself; null for everything.
    public void protectHost(@Nullable HostRules rules) {
        firewall.protectHost(rules);
    }

    /// Members come from routes, so what an earlier run left of them goes last.
    private void considerFirewallInSync() {
        if (endpointsComplete && routesComplete.size() == 2) {
            firewall.inSync();
        }
    }

    private void put(EndpointSpec spec) {
        EndpointStage before = endpoints.get(spec.id());
        if (before != null) {
            detach(before, spec);
        }
        var stage = new EndpointStage(spec);
        if (before != null
                && spec.device().equals(before.spec.device())
                && spec.mac().equals(before.spec.mac())) {
            stage.arrivedBy = before.arrivedBy;
        }
        endpoints.put(spec.id(), stage);
        devices.put(spec.device(), spec.id());
        spec.addresses().forEach(prefix -> addresses.put(prefix, spec.id()));
        spec.groups()
                .forEach(group ->
                        users.computeIfAbsent(group, _ -> new HashSet<>()).add(spec.id()));
        vacant.take(spec.device(), spec.id());
        firewall.putEndpoint(new EndpointPolicy(
                spec.device(),
                spec.mac(),
                Set.copyOf(spec.addresses()),
                Set.copyOf(spec.allowedAddressPairs()),
                spec.groups(),
                spec.portSecurity(),
                spec.rateLimits()));
        touched.add(spec.id());
    }

    private void remove(EndpointId id) {
        vacant.release(id);
        EndpointStage stage = endpoints.remove(id);
        if (stage == null) {
            return;
        }
        detach(stage, null);
        touched.remove(id);
    }

    /// Unstates what {@code before} has and {@code now} has not, nor another endpoint that took it over. A new
    /// stage states again what stays, which then costs nothing.
    private void detach(EndpointStage before, @Nullable EndpointSpec now) {
        EndpointSpec spec = before.spec;
        boolean sameDevice = now != null && now.device().equals(spec.device());
        spec.groups()
                .forEach(group -> users.computeIfPresent(group, (_, ids) -> {
                    ids.remove(spec.id());
                    return ids.isEmpty() ? null : ids;
                }));
        boolean leavesDevice = !sameDevice && devices.remove(spec.device(), spec.id());
        for (Prefix prefix : spec.addresses()) {
            boolean stays = now != null && now.addresses().contains(prefix);
            boolean its = addresses.remove(prefix, spec.id());
            if (!stays && its) {
                elsewhere.remove(prefix);
                hostRoutes.reconciler().remove(prefix);
            }
            boolean othersNeighbor = !its && Objects.equals(devices.get(spec.device()), addresses.get(prefix));
            if ((!stays || !sameDevice) && !othersNeighbor) {
                neighbors.reconciler().remove(new DeviceAddress(spec.device(), prefix.address()));
            }
        }
        if (sameDevice || leavesDevice) {
            List<DeviceAddress> kept = now != null && sameDevice ? EndpointStage.gatewayAddresses(now) : List.of();
            before.gatewayAddresses().stream()
                    .filter(address -> !kept.contains(address))
                    .forEach(gatewayAddresses.reconciler()::remove);
        }
        if (leavesDevice) {
            vacant.leave(spec.device());
            stopServing(spec.device());
        }
    }

    private void nextHop(IpAddress address, Path path) {
        remoteRoutes.nextHop(address, path);
        switch (path) {
            case Path.Native() -> firewall.putNode(address);
            case Path.Refused _, Path.Encrypted _ -> firewall.removeNode(address);
        }
    }

    /// The guests that a next hop's routes are to.
    public List<IpAddress> guestsBehind(IpAddress nextHop) {
        return fib.hostsBehind(nextHop);
    }

    /// The overlay is ready for packets to a next hop, if it is still to be reached by {@code path}.
    ///
    /// @param mtuBytes of the path, if that is less than the device's; else 0
    public void lead(IpAddress nextHop, Path.Encrypted path, Nexthop.Target.Gateway device, int mtuBytes) {
        if (remoteRoutes.lead(nextHop, path, device, mtuBytes)) {
            firewall.putNode(nextHop); // in the clear the guard between sites takes nothing from there
        }
    }

    /// Takes an event of the kernel.
    public void observed(RouteEvent event) {
        observer.on(event);
        fib.observed(event);
        switch (event) {
            case RouteEvent.LinkChanged(var link) -> touchDevice(link.name());
            case RouteEvent.LinkRemoved(var link) -> {
                touchDevice(link.name());
                stopServing(link.name());
            }
            case RouteEvent.RouteRemoved(var route) -> touchAddress(route.prefix());
            default -> {}
        }
    }

    /// Events of links, addresses, neighbours and routes were lost.
    public void routeEventsLost() {
        observer.overrun();
        fib.resync();
        touched.addAll(endpoints.keySet());
    }

    /// A stranger changed rules, or events of rules were lost.
    public void rulesChanged() {
        firewall.resync();
        touched.addAll(endpoints.keySet());
    }

    /// Puts in force what is desired and not yet, as far as the kernel lets us.
    ///
    /// @return what changed for endpoints
    public List<Progress> pass(long nowNanos) {
        settings.pass(nowNanos, _ -> {});
        passFirewall(nowNanos);
        touched.forEach(this::stateInterface);
        vacant.keep();
        taps.pass(nowNanos, this::touchDevice);
        touched.forEach(this::attach);
        gatewayAddresses.pass(nowNanos, key -> touchDevice(key.device()));
        neighbors.pass(nowNanos, key -> touchDevice(key.device()));
        touched.forEach(this::route);
        hostRoutes.pass(nowNanos, this::touchAddress);
        recoverArrivals();
        remoteRoutes.pass(nowNanos);
        leaveMoved(nowNanos);
        sweepOnce();
        List<Progress> progress = touched.stream()
                .map(endpoints::get)
                .filter(stage -> stage != null)
                .map(this::report)
                .filter(report -> report != null)
                .toList();
        touched.clear();
        return progress;
    }

    /// The segment is on this node, and exactly these of its ports have groups.
    public void putSegment(Vni segment, List<EndpointPolicy> grouped) {
        segmentRules.put(segment, grouped);
    }

    /// The segment is on this node no more.
    public void removeSegment(Vni segment) {
        segmentRules.remove(segment);
    }

    /// What the last pass changed of the groups of ports in segments: why they are not in force, nothing if they are.
    public Map<InterfaceName, Optional<String>> portRules() {
        return segmentRules.take();
    }

    private void passFirewall(long nowNanos) {
        if (nowNanos < firewall.nextDeadlineNanos(nowNanos)) {
            return;
        }
        long start = System.nanoTime();
        Pass<Subject, Fragment> pass = firewall.apply(nowNanos);
        if (!pass.applied().isEmpty() || !pass.failed().isEmpty()) {
            timer.applied(RULES, System.nanoTime() - start);
        }
        rulesApplied += pass.applied().size();
        rulesRefused += pass.failed().size();
        pass.applied().forEach(change -> touchSubject(change.key()));
        pass.failed().forEach(failure -> touchSubject(failure.key()));
    }

    private void touchSubject(Subject subject) {
        segmentRules.touch(subject);
        switch (subject) {
            case Subject.Endpoint(InterfaceName device) -> touchDevice(device);
            case Subject.Group(GroupId group) ->
                users.getOrDefault(group, Set.of()).forEach(this::reportAnew);
            case Subject.Lookups() ->
                users.values().forEach(endpoints -> endpoints.forEach(this::reportAnew)); // a new shape of rule: seldom
            case Subject.Skeleton _,
                    Subject.Member _,
                    Subject.MemberSets _,
                    Subject.Host _,
                    Subject.Limits _,
                    Subject.Zone _ -> {}
        }
    }

    /// Gives interfaces back that are no endpoint's any more: apart from the pass, because the kernel takes its time
    /// over it and what the pass did is to be known before.
    public void giveBack(long nowNanos) {
        vacant.giveBack(nowNanos, this::touchDevice);
    }

    /// When the next pass has something to do.
    public long nextDeadlineNanos(long nowNanos) {
        if (!touched.isEmpty()) {
            return nowNanos;
        }
        long next = Math.min(firewall.nextDeadlineNanos(nowNanos), fib.nextDeadlineNanos(nowNanos));
        next = Math.min(next, vacant.nextDeadlineNanos());
        next = Math.min(next, settings.reconciler().nextDeadlineNanos(nowNanos));
        next = Math.min(next, taps.reconciler().nextDeadlineNanos(nowNanos));
        next = Math.min(next, gatewayAddresses.reconciler().nextDeadlineNanos(nowNanos));
        next = Math.min(next, neighbors.reconciler().nextDeadlineNanos(nowNanos));
        return Math.min(next, hostRoutes.reconciler().nextDeadlineNanos(nowNanos));
    }

    /// The stage of an endpoint; null while another has taken its interface over and its own change is yet to come.
    private @Nullable EndpointStage holder(EndpointId id) {
        EndpointStage stage = endpoints.get(id);
        return stage != null && id.equals(devices.get(stage.spec.device())) ? stage : null;
    }

    private void stateInterface(EndpointId id) {
        EndpointStage stage = holder(id);
        if (stage == null) {
            return;
        }
        EndpointSpec spec = stage.spec;
        TapOrigin origin = EndpointStage.origin(spec);
        TapSpec ready = TapSpec.of(spec.id().value(), origin, spec.mtuBytes());
        boolean up = firewall.inForce(spec.device());
        taps.reconciler()
                .put(
                        spec.device(),
                        new TapSpec(
                                ready.endpoint(), ready.origin(), ready.mac(), ready.mtuBytes(), up, ready.settings()));
    }

    private void attach(EndpointId id) {
        EndpointStage stage = holder(id);
        if (stage == null) {
            return;
        }
        boolean ready = taps.reconciler().inForce(stage.spec.device()) && firewall.inForce(stage.spec.device());
        if (ready && !stage.attached) {
            stage.gatewayAddresses()
                    .forEach(key ->
                            gatewayAddresses.reconciler().put(key, GatewayAddressTable.prefixLength(key.address())));
            stage.neighbors().forEach(key -> neighbors.reconciler().put(key, stage.spec.mac()));
            stage.attached = true;
        } else if (!ready && stage.attached) {
            stage.routes().forEach(hostRoutes.reconciler()::remove);
            stage.neighbors().forEach(neighbors.reconciler()::remove);
            stage.gatewayAddresses().forEach(gatewayAddresses.reconciler()::remove);
            stage.attached = false;
            stage.routed = false;
        }
        if (ready) {
            serve(stage.spec);
        } else {
            stopServing(stage.spec.device());
        }
    }

    private void serve(EndpointSpec spec) {
        InterfaceIndex link = tapTable.indexOf(spec.device());
        if (link != null) {
            InterfaceIndex before = served.put(spec.device(), link);
            if (before != null && !before.equals(link)) {
                gateway.stop(before);
                arrivals.stop(before);
            }
            gateway.serve(
                    link,
                    GatewayTerms.of(spec.mac(), inOrder(spec), spec.mtuBytes(), spec.guest())
                            .with(
                                    spec.metadata() != null,
                                    spec.allowedAddressPairs().stream()
                                            .map(pair -> new GatewayTerms.Alias(pair.mac(), pair.prefix()))
                                            .toList()));
        }
    }

    private void stopServing(InterfaceName device) {
        InterfaceIndex link = served.remove(device);
        if (link != null) {
            gateway.stop(link);
            arrivals.stop(link);
        }
    }

    private void route(EndpointId id) {
        EndpointStage stage = holder(id);
        if (stage == null || !stage.attached || stage.routed || !conditions.attachmentInForce(stage)) {
            return;
        }
        if (stage.isAwaited(served.get(stage.spec.device()))) {
            await(stage);
            return;
        }
        stage.routed = true;
        for (Prefix prefix : stage.routes()) {
            if (!elsewhere.contains(prefix) && id.equals(addresses.get(prefix))) {
                hostRoutes
                        .reconciler()
                        .put(prefix, HostRoute.of(stage.spec.device(), node.underlayFor(prefix.address())));
            }
        }
    }

    /// A guest is awaited where its interface is; nothing leads there before.
    private void await(EndpointStage stage) {
        stage.routes().stream()
                .filter(prefix -> hostRoutes.reconciler().desired(prefix) != null)
                .forEach(hostRoutes.reconciler()::remove);
        InterfaceIndex link = served.get(stage.spec.device());
        if (link != null) {
            arrivals.await(link, stage.spec.id(), stage.spec.mac());
        }
    }

    /// The awaited guest behind {@code link} sent its first frame.
    public void guestSeen(InterfaceIndex link) {
        EndpointId id = arrivals.at(link);
        EndpointStage stage = id == null ? null : endpoints.get(id);
        if (stage != null) {
            LOG.info("endpoint={} event=arrived", id);
            stage.arrivedBy = link;
            touched.add(stage.spec.id());
        }
        arrivals.stop(link);
    }

    /// Guests that had arrived before a restart are known by the host routes that it left.
    private void recoverArrivals() {
        if (swept || !hostRoutes.reconciler().isRead()) {
            return;
        }
        arrivals.all().forEach((link, id) -> {
            EndpointStage stage = endpoints.get(id);
            if (stage != null && stage.routes().stream().anyMatch(prefix -> leadsTo(stage.spec.device(), prefix))) {
                guestSeen(link);
                route(id);
            }
        });
    }

    private boolean leadsTo(InterfaceName device, Prefix prefix) {
        HostRoute route = hostRoutes.reconciler().present(prefix);
        return route != null && route.device().equals(device);
    }

    /// The local route of a guest that moved goes when there is another to follow it by, never before.
    private void leaveMoved(long nowNanos) {
        List<Prefix> leaving = elsewhere.stream()
                .filter(prefix -> hostRoutes.reconciler().desired(prefix) != null && fib.inForce(prefix))
                .toList();
        if (!leaving.isEmpty()) {
            leaving.forEach(hostRoutes.reconciler()::remove);
            hostRoutes.pass(nowNanos, this::touchAddress);
        }
    }

    /// What an earlier run left goes once every endpoint was stated, in the first pass after that in which each was
    /// taken as far as it comes.
    private void sweepOnce() {
        if (endpointsComplete
                && !swept
                && taps.reconciler().isRead()
                && hostRoutes.reconciler().isRead()) {
            swept = true;
            vacant.keep();
            taps.reconciler().inSync();
            gatewayAddresses.reconciler().inSync();
            neighbors.reconciler().inSync();
            hostRoutes.reconciler().inSync();
        }
    }

    private @Nullable Progress report(EndpointStage stage) {
        Progress progress = conditions.of(stage);
        if (progress.equals(stage.reported)) {
            return null;
        }
        stage.reported = progress;
        return progress;
    }

    private void reportAnew(EndpointId id) {
        EndpointStage stage = endpoints.get(id);
        if (stage != null) {
            stage.reported = null;
            touched.add(id);
        }
    }

    private void reportAddressAnew(Prefix prefix) {
        EndpointId id = addresses.get(prefix);
        if (id != null) {
            reportAnew(id);
        }
    }

    private void takeBack(Prefix prefix) {
        elsewhere.remove(prefix);
        EndpointId id = addresses.get(prefix);
        EndpointStage stage = id == null ? null : endpoints.get(id);
        if (stage != null) {
            stage.routed = false;
            reportAnew(stage.spec.id());
        }
    }

    private void touchDevice(InterfaceName device) {
        EndpointId id = devices.get(device);
        if (id != null) {
            touched.add(id);
        }
    }

    private void touchAddress(Prefix prefix) {
        EndpointId id = addresses.get(prefix);
        if (id != null) {
            touched.add(id);
        }
    }

    private static List<IpAddress> inOrder(EndpointSpec spec) {
        return spec.addresses().stream().map(Prefix::address).toList();
    }

    /// The tables in the order in which they are applied.
    public List<TableView> tables() {
        return List.of(
                settings.view(),
                new TableView(RULES, firewall.size(), firewall.owned(), rulesApplied, rulesRefused, List.of()),
                taps.view(),
                gatewayAddresses.view(),
                neighbors.view(),
                hostRoutes.view(),
                remoteRoutes.view());
    }

    /// What is held of routes, members of groups and endpoints, and the room that it takes.
    public List<TableSize> sizes() {
        var sizes = new ArrayList<>(fib.sizes());
        sizes.add(firewall.membersSize());
        sizes.add(new TableSize("endpoints in force", endpoints.size(), TableSize.OBJECTS));
        return sizes;
    }

    /// Routes to other nodes stated, written or removed since the start.
    public long routesWorked() {
        return remoteRoutes.worked();
    }

    /// Routes to other nodes that the kernel has.
    public int remoteRoutes() {
        return fib.owned();
    }

    /// What the rules make of the first packet of a flow, at each end that is an endpoint of this host.
    public List<ExplanationView.End> explain(FirstPacket packet) {
        return firewall.explain(packet, null, null).stream()
                .flatMap(judgement -> Stream.ofNullable(devices.get(judgement.device()))
                        .map(id -> new ExplanationView.End(id, judgement, firewall.counted(judgement))))
                .toList();
    }

    /// Where the kernel sends a packet to an address next.
    public KernelWay wayTo(IpAddress address) {
        return ways.to(address);
    }

    /// Why a route to another node is not in force; null if it is.
    public @Nullable String remoteRouteFailure(Prefix prefix) {
        return fib.inForce(prefix) ? null : Objects.requireNonNullElse(fib.failure(prefix), "pending");
    }
}
