package slash32.agent.dataplane;

import java.util.ArrayList;
import java.util.HashSet;
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
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.HostRules;
import slash32.securitygroup.Judgement;
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
    private final TapTable tapTable;
    private final TapObserver observer;

    private final CountedTable<HostSetting, String> settings;
    private final CountedTable<InterfaceName, TapSpec> taps;
    private final CountedTable<DeviceAddress, Integer> gatewayAddresses;
    private final CountedTable<DeviceAddress, MacAddress> neighbors;
    private final CountedTable<Prefix, HostRoute> hostRoutes;
    private final Conditions conditions;

    private final Endpoints endpoints = new Endpoints();
    private final Arrivals arrivals;
    private final ServedLinks served;
    /// Addresses of guests that moved to other nodes.
    private final Set<Prefix> elsewhere = new HashSet<>();
    private final SegmentRules segmentRules;
    private final VacantInterfaces vacant;
    private final Set<AddressFamily> routesComplete = new HashSet<>();
    private boolean endpointsComplete;
    private boolean membersComplete;
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
        arrivals = new Arrivals(gateway);
        served = new ServedLinks(gateway, arrivals);
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
                endpoints.reportUsersAnew(group.id());
            }
            case Effect.Desire.NoGroup(var id) -> firewall.removeGroup(id);
            case Effect.Desire.Routes(RibDelta delta, List<MemberChange> members) -> {
                members.forEach(this::change);
                remoteRoutes.change(delta);
            }
            case Effect.Desire.Members(List<MemberChange> changes) -> changes.forEach(this::change);
            case Effect.Desire.NextHop(IpAddress address, Path path) -> nextHop(address, path);
            case Effect.Desire.Moved(List<Prefix> moved) -> {
                elsewhere.addAll(moved);
                moved.forEach(endpoints::reportAddressAnew);
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
            case Effect.Desire.MembersComplete() -> {
                membersComplete = true;
                considerFirewallInSync();
            }
        }
    }

    private void change(MemberChange change) {
        if (change instanceof MemberChange.Address(var group, IpAddress address, boolean joins)) {
            change(group, address, joins); // of a million routes: a switch by type is a call through method handles
            return;
        }
        switch (change) {
            case MemberChange.Address(var group, IpAddress address, boolean joins) -> change(group, address, joins);
            case MemberChange.InSegment(var group, Vni segment, IpAddress address, boolean joins) -> {
                if (joins) {
                    firewall.putMember(group, segment, address);
                } else {
                    firewall.removeMember(group, segment, address);
                }
            }
            case MemberChange.Pair(var group, Prefix prefix, boolean joins)
            when joins -> firewall.putPair(group, prefix);
            case MemberChange.Pair(var group, Prefix prefix, boolean _) -> firewall.removePair(group, prefix);
        }
    }

    private void change(GroupId group, IpAddress address, boolean joins) {
        if (joins) {
            firewall.putMember(group, address);
        } else {
            firewall.removeMember(group, address);
        }
    }

    /// States what may reach the host itself; null for everything.
    public void protectHost(@Nullable HostRules rules) {
        firewall.protectHost(rules);
    }

    /// Members come from routes, of EVPN too, so what an earlier run left of them goes last.
    private void considerFirewallInSync() {
        if (endpointsComplete && membersComplete && routesComplete.size() == 2) {
            firewall.inSync();
        }
    }

    private void put(EndpointSpec spec) {
        EndpointStage before = endpoints.stage(spec.id());
        if (before != null) {
            detach(before, spec);
        }
        var stage = new EndpointStage(spec);
        if (before != null
                && spec.device().equals(before.spec.device())
                && spec.mac().equals(before.spec.mac())) {
            stage.arrivedBy = before.arrivedBy;
        }
        endpoints.put(stage);
        vacant.take(spec.device(), spec.id());
        firewall.putEndpoint(new EndpointPolicy(
                spec.device(),
                spec.mac(),
                Set.copyOf(spec.addresses()),
                Set.copyOf(spec.allowedAddressPairs()),
                spec.groups(),
                spec.portSecurity(),
                spec.rateLimits()));
    }

    private void remove(EndpointId id) {
        vacant.release(id);
        EndpointStage stage = endpoints.remove(id);
        if (stage != null) {
            detach(stage, null);
        }
    }

    /// Unstates what {@code before} has and {@code now} has not, nor another endpoint that took it over. A new
    /// stage states again what stays, which then costs nothing.
    private void detach(EndpointStage before, @Nullable EndpointSpec now) {
        EndpointSpec spec = before.spec;
        boolean sameDevice = now != null && now.device().equals(spec.device());
        endpoints.leaveGroups(spec);
        boolean leavesDevice = !sameDevice && endpoints.leave(spec.device(), spec.id());
        for (Prefix prefix : spec.addresses()) {
            boolean stays = now != null && now.addresses().contains(prefix);
            boolean its = endpoints.leave(prefix, spec.id());
            if (!stays && its) {
                elsewhere.remove(prefix);
                hostRoutes.reconciler().remove(prefix);
            }
            boolean othersNeighbor = !its && endpoints.haveOneOwner(spec.device(), prefix);
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
            served.stop(spec.device());
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
            case RouteEvent.LinkChanged(var link) -> endpoints.touchDevice(link.name());
            case RouteEvent.LinkRemoved(var link) -> {
                endpoints.touchDevice(link.name());
                served.stop(link.name());
            }
            case RouteEvent.RouteRemoved(var route) -> endpoints.touchAddress(route.prefix());
            default -> {}
        }
    }

    /// Events of links, addresses, neighbours and routes were lost.
    public void routeEventsLost() {
        observer.overrun();
        fib.resync();
        endpoints.touchAll();
    }

    /// A stranger changed rules, or events of rules were lost.
    public void rulesChanged() {
        firewall.resync();
        endpoints.touchAll();
    }

    /// Puts in force what is desired and not yet, as far as the kernel lets us.
    ///
    /// @return what changed for endpoints
    public List<Progress> pass(long nowNanos) {
        settings.pass(nowNanos, _ -> {});
        passFirewall(nowNanos);
        endpoints.touchedHolders().forEach(this::stateInterface);
        vacant.keep();
        taps.pass(nowNanos, endpoints::touchDevice);
        endpoints.touchedHolders().forEach(this::attach);
        gatewayAddresses.pass(nowNanos, key -> endpoints.touchDevice(key.device()));
        neighbors.pass(nowNanos, key -> endpoints.touchDevice(key.device()));
        endpoints.touchedHolders().forEach(this::route);
        hostRoutes.pass(nowNanos, endpoints::touchAddress);
        recoverArrivals();
        remoteRoutes.pass(nowNanos);
        leaveMoved(nowNanos);
        sweepOnce();
        return endpoints.takeTouched().stream()
                .flatMap(stage -> Stream.ofNullable(report(stage)))
                .toList();
    }

    /// The segment is on this node, and exactly these of its ports have groups.
    ///
    /// @param gateway what its gateway answers for; empty if it has none
    public void putSegment(Vni segment, Set<IpAddress> gateway, List<EndpointPolicy> grouped) {
        segmentRules.put(segment, gateway, grouped);
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
            case Subject.Endpoint(InterfaceName device) -> endpoints.touchDevice(device);
            case Subject.Group(GroupId group) -> endpoints.reportUsersAnew(group);
            case Subject.Lookups() -> endpoints.reportUsersAnew(); // a new shape of rule: seldom
            case Subject.Skeleton _,
                    Subject.Member _,
                    Subject.MemberSets _,
                    Subject.Host _,
                    Subject.Limits _,
                    Subject.Zone _,
                    Subject.Gateway _ -> {}
        }
    }

    /// Gives interfaces back that are no endpoint's any more: apart from the pass, because the kernel takes its time
    /// over it and what the pass did is to be known before.
    public void giveBack(long nowNanos) {
        vacant.giveBack(nowNanos, endpoints::touchDevice);
    }

    /// When the next pass has something to do.
    public long nextDeadlineNanos(long nowNanos) {
        if (endpoints.isAnyTouched()) {
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

    private void stateInterface(EndpointStage stage) {
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

    private void attach(EndpointStage stage) {
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
        InterfaceIndex link = tapTable.indexOf(stage.spec.device());
        if (!ready) {
            served.stop(stage.spec.device());
        } else if (link != null) {
            served.serve(link, stage.spec);
        }
    }

    private void route(EndpointStage stage) {
        if (!stage.attached || stage.routed || !conditions.attachmentInForce(stage)) {
            return;
        }
        if (stage.isAwaited(served.of(stage.spec.device()))) {
            await(stage);
            return;
        }
        stage.routed = true;
        for (Prefix prefix : stage.routes()) {
            if (!elsewhere.contains(prefix) && stage.spec.id().equals(endpoints.owner(prefix))) {
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
        InterfaceIndex link = served.of(stage.spec.device());
        if (link != null) {
            arrivals.await(link, stage.spec.id(), stage.spec.mac());
        }
    }

    /// The awaited guest behind {@code link} sent its first frame.
    public void guestSeen(InterfaceIndex link) {
        EndpointId id = arrivals.at(link);
        EndpointStage stage = id == null ? null : endpoints.stage(id);
        if (stage != null) {
            LOG.info("endpoint={} event=arrived", id);
            stage.arrivedBy = link;
            endpoints.touch(stage.spec.id());
        }
        arrivals.stop(link);
    }

    /// Guests that had arrived before a restart are known by the host routes that it left.
    private void recoverArrivals() {
        if (swept || !hostRoutes.reconciler().isRead()) {
            return;
        }
        arrivals.all().forEach((link, id) -> {
            EndpointStage stage = endpoints.stage(id);
            if (stage != null && stage.routes().stream().anyMatch(prefix -> leadsTo(stage.spec.device(), prefix))) {
                guestSeen(link);
                if (endpoints.holder(id) != null) {
                    route(stage);
                }
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
            hostRoutes.pass(nowNanos, endpoints::touchAddress);
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

    private void takeBack(Prefix prefix) {
        elsewhere.remove(prefix);
        EndpointId id = endpoints.owner(prefix);
        EndpointStage stage = id == null ? null : endpoints.stage(id);
        if (stage != null) {
            stage.routed = false;
            endpoints.reportAnew(stage.spec.id());
        }
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
                .flatMap(judgement -> Stream.ofNullable(endpoints.owner(judgement.device()))
                        .map(id -> new ExplanationView.End(id, judgement, firewall.counted(judgement))))
                .toList();
    }

    /// What the groups of an endpoint's port in a segment make of it; null for a port without groups.
    public ExplanationView.@Nullable End explainPort(
            EndpointId owner, InterfaceName port, Direction direction, FirstPacket packet) {
        Judgement judgement = firewall.explainPort(port, direction, packet);
        return judgement == null ? null : new ExplanationView.End(owner, judgement, firewall.counted(judgement));
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
