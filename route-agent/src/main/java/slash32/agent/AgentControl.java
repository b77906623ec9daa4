package slash32.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.Control;
import slash32.agent.api.EventLog;
import slash32.agent.api.Outcome;
import slash32.agent.api.Problem;
import slash32.agent.dataplane.Dataplane;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.Intent;
import slash32.agent.intent.SegmentId;
import slash32.agent.intent.SegmentSpec;
import slash32.agent.status.AdminView;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;
import slash32.agent.status.EndpointView;
import slash32.agent.status.EvpnView;
import slash32.agent.status.ExplanationView;
import slash32.agent.status.GroupView;
import slash32.agent.status.MemoryView;
import slash32.agent.status.PathsView;
import slash32.agent.status.RouteView;
import slash32.agent.status.SasView;
import slash32.agent.status.SegmentWay;
import slash32.agent.status.SegmentsView;
import slash32.agent.status.Snapshot;
import slash32.agent.store.StateStore;
import slash32.bgp.bfd.udp.BfdLoop;
import slash32.bgp.speaker.Speaker;
import slash32.bgp.speaker.SpeakerStatus;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.netlink.netfilter.Counts;
import slash32.overlay.choice.Path;
import slash32.overlay.probe.icmp.ProbeLoop;
import slash32.securitygroup.Direction;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.nft.RuleCounters;

/// The agent as its API sees it: asks the loops and puts their answers together. On the caller's thread.
final class AgentControl implements Control {
    private final Snapshot.Node node;
    private final IntentLoop intent;
    private final KernelLoop kernel;
    private final Speaker speaker;
    private final BfdLoop bfd;
    private final LinkPeers links;
    private final BgpMonitors monitors;
    private final StateStore store;
    private final EventLog events;
    private final EventLog drops;
    private final SegmentLoop segments;
    private final @Nullable MeshLoop mesh;
    private final ProbeLoop probes;

    AgentControl(
            Snapshot.Node node,
            IntentLoop intent,
            KernelLoop kernel,
            Speaker speaker,
            BfdLoop bfd,
            LinkPeers links,
            BgpMonitors monitors,
            StateStore store,
            EventLog events,
            EventLog drops,
            SegmentLoop segments,
            @Nullable MeshLoop mesh,
            ProbeLoop probes) {
        this.node = node;
        this.intent = intent;
        this.kernel = kernel;
        this.speaker = speaker;
        this.bfd = bfd;
        this.links = links;
        this.monitors = monitors;
        this.store = store;
        this.events = events;
        this.drops = drops;
        this.segments = segments;
        this.mesh = mesh;
        this.probes = probes;
    }

    /// An outcome, and the ticket of its note in the store; 0 if there was nothing to note.
    private record Noted<T>(T outcome, long ticket) {}

    @Override
    public Outcome putEndpoint(EndpointSpec spec) throws InterruptedException {
        return durable(intent.ask(current -> {
            Outcome outcome = current.put(spec, IntentLoop.now());
            return new Noted<>(outcome, isChange(outcome) ? store.put(spec) : 0);
        }));
    }

    @Override
    public Outcome.SetOutcome putEndpoints(List<EndpointSpec> specs) throws InterruptedException {
        Noted<Outcome.SetOutcome> noted = intent.ask(current -> {
            Outcome.SetOutcome outcome = current.putAll(specs, IntentLoop.now());
            boolean replaced = outcome instanceof Outcome.Replaced;
            return new Noted<>(outcome, replaced ? store.replaceEndpoints(specs) : 0);
        });
        Problem problem = awaitDurable(noted.ticket());
        return problem == null ? noted.outcome() : new Outcome.Refused(problem);
    }

    @Override
    public Outcome deleteEndpoint(EndpointId id) throws InterruptedException {
        return durable(intent.ask(current -> {
            Outcome outcome = current.delete(id, IntentLoop.now());
            return new Noted<>(outcome, isChange(outcome) ? store.remove(id) : 0);
        }));
    }

    @Override
    public Outcome putGroup(SecurityGroup group) throws InterruptedException {
        return durable(intent.ask(current -> {
            Outcome outcome = current.put(group, IntentLoop.now());
            return new Noted<>(outcome, isChange(outcome) ? store.put(group) : 0);
        }));
    }

    @Override
    public Outcome deleteGroup(GroupId id) throws InterruptedException {
        return durable(intent.ask(current -> {
            Outcome outcome = current.delete(id);
            return new Noted<>(outcome, isChange(outcome) ? store.remove(id) : 0);
        }));
    }

    @Override
    public Outcome putSegment(SegmentSpec spec) throws InterruptedException {
        return durable(intent.ask(current -> {
            Outcome outcome = current.put(spec);
            return new Noted<>(outcome, isChange(outcome) ? store.put(spec) : 0);
        }));
    }

    @Override
    public Outcome deleteSegment(SegmentId id) throws InterruptedException {
        return durable(intent.ask(current -> {
            Outcome outcome = current.delete(id);
            return new Noted<>(outcome, isChange(outcome) ? store.remove(id) : 0);
        }));
    }

    @Override
    public @Nullable SegmentSpec segment(SegmentId id) {
        return asking(() -> intent.ask(current -> new Answer<>(current.segment(id))))
                .value();
    }

    private static boolean isChange(Outcome outcome) {
        return outcome instanceof Outcome.Created || outcome instanceof Outcome.Changed;
    }

    private Outcome durable(Noted<Outcome> noted) throws InterruptedException {
        Problem problem = awaitDurable(noted.ticket());
        return problem == null ? noted.outcome() : new Outcome.Refused(problem);
    }

    private @Nullable Problem awaitDurable(long ticket) throws InterruptedException {
        if (ticket == 0) {
            return null;
        }
        try {
            store.awaitDurable(ticket);
            return null;
        } catch (IOException e) {
            return Problem.unavailable("in force, but not on disk and so lost with a restart: " + e.getMessage());
        }
    }

    @Override
    public @Nullable EndpointView awaitEndpoint(EndpointId id, ConditionKind kind, Duration timeout)
            throws InterruptedException {
        var decided = new CountDownLatch(1);
        Runnable forget = intent.watch(id, kind, decided::countDown);
        try {
            boolean _ = decided.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } finally {
            forget.run();
        }
        return endpoint(id);
    }

    @Override
    public @Nullable EndpointView endpoint(EndpointId id) {
        return asking(() -> intent.ask(current -> new Answer<>(current.endpoint(id))))
                .value();
    }

    @Override
    public @Nullable GroupView group(GroupId id) {
        return asking(() -> intent.ask(current -> new Answer<>(current.group(id))))
                .value();
    }

    @Override
    public Map<String, Counts> counters(SecurityGroup group) throws IOException {
        try (RuleCounters counters = RuleCounters.open()) {
            return counters.read(group, this::listed);
        }
    }

    /// The prefixes of an address group; those of endpoints' pairs are not counted by rule.
    private List<Prefix> listed(GroupId id) {
        GroupView view = group(id);
        return view == null
                ? List.of()
                : view.group().addresses().stream()
                        .filter(prefix -> !prefix.isHost())
                        .toList();
    }

    private record Answer<T>(@Nullable T value) {}

    private interface Question<T> {
        T ask() throws InterruptedException;
    }

    /// Asks a loop though the caller can't be interrupted.
    private static <T> T asking(Question<T> question) {
        try {
            return question.ask();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while asking a loop", e);
        }
    }

    @Override
    public Snapshot snapshot() {
        SpeakerStatus bgp = speaker.status();
        record Kernel(List<slash32.agent.status.TableView> tables, int routes) {}
        Kernel inForce =
                asking(() -> kernel.ask(dataplane -> new Kernel(dataplane.tables(), dataplane.remoteRoutes())));
        return asking(() -> intent.ask(current -> new Snapshot(
                events.revision(),
                node,
                current.inSync(),
                current.endpoints(),
                current.groups(),
                current.files(),
                BgpViews.peers(bgp, bfd.status(), links),
                BgpViews.ribs(bgp),
                inForce.routes(),
                inForce.tables(),
                admin(current))));
    }

    private @Nullable AdminView admin(Intent current) {
        AdminView view = current.admin();
        String obstacle = mesh == null ? null : mesh.adminObstacle();
        return view == null || obstacle == null ? view : view.with(view.address() + " is not there: " + obstacle);
    }

    @Override
    public Collection<RouteView> routes(@Nullable Prefix within) {
        List<Speaker.BestPath> remote = speaker.bestPaths(within);
        List<RouteView> all = new ArrayList<>(asking(() -> intent.ask(current -> local(current, within))));
        List<RouteView> others = asking(() -> intent.ask(
                current -> remote.stream().map(path -> remote(current, path)).toList()));
        all.addAll(asking(() -> kernel.ask(dataplane ->
                others.stream().map(route -> withFib(route, dataplane)).toList())));
        all.sort(Comparator.comparing(RouteView::prefix));
        return all;
    }

    private static List<RouteView> local(Intent current, @Nullable Prefix within) {
        var routes = new ArrayList<RouteView>();
        for (EndpointView endpoint : current.taken()) {
            ConditionState installed =
                    endpoint.condition(ConditionKind.ROUTE_INSTALLED).state();
            for (Prefix prefix : endpoint.spec().addresses()) {
                if (within == null || within.covers(prefix)) {
                    routes.add(new RouteView(
                            prefix,
                            new RouteView.Path.Local(endpoint.spec().device()),
                            endpoint.spec().role().localPref(),
                            endpoint.spec().groups(),
                            new RouteView.Fib(installed, installed == ConditionState.TRUE ? null : "not installed")));
                }
            }
        }
        return routes;
    }

    private static RouteView remote(Intent current, Speaker.BestPath path) {
        IpAddress nextHop = path.attributes().nextHop();
        if (nextHop == null) {
            throw new IllegalStateException("a path in the RIB has no next hop: " + path);
        }
        return new RouteView(
                path.prefix(),
                new RouteView.Path.Remote(nextHop, path.from()),
                path.attributes().localPref(),
                current.groupsOf(path.attributes()),
                current.refusal(nextHop));
    }

    private static RouteView withFib(RouteView route, Dataplane dataplane) {
        RouteView.Fib resolved = Objects.requireNonNull(route.fib(), "a host's routes are meant for the kernel");
        boolean nodeRoute = route.path() instanceof RouteView.Path.Remote(IpAddress nextHop, IpAddress _)
                && route.prefix().equals(nextHop.hostPrefix());
        String reason = resolved.reason() != null || nodeRoute
                ? resolved.reason()
                : dataplane.remoteRouteFailure(route.prefix());
        RouteView.Fib fib = nodeRoute
                ? new RouteView.Fib(ConditionState.FALSE, "a node route: it resolves the others")
                : reason == null
                        ? RouteView.Fib.INSTALLED
                        : resolved.reason() != null ? resolved : new RouteView.Fib(ConditionState.FAILED, reason);
        return new RouteView(route.prefix(), route.path(), route.localPref(), route.groups(), fib);
    }

    @Override
    public SegmentsView segments() {
        return asking(segments::view);
    }

    @Override
    public SasView sas() {
        MeshLoop other = mesh;
        return other == null ? SasView.NONE : asking(other::view);
    }

    @Override
    public PathsView paths() {
        return new PathsView(asking(probes::status), probes.echoes());
    }

    @Override
    public List<EvpnView> evpn() {
        return BgpViews.evpn(speaker.bestEvpn());
    }

    @Override
    public MemoryView memory() {
        var tables = new ArrayList<>(speaker.sizes());
        tables.addAll(asking(() -> kernel.ask(Dataplane::sizes)));
        tables.addAll(asking(() -> intent.ask(Intent::sizes)));
        return ProcessMemory.view(tables);
    }

    @Override
    public void dumpRoutes(OutputStream out) throws IOException {
        monitors.dump(out);
    }

    @Override
    public ExplanationView explain(FirstPacket packet) {
        ExplanationView.Side source = side(packet.source());
        ExplanationView.Side destination = side(packet.destination());
        return new ExplanationView(
                packet,
                asking(() -> kernel.ask(dataplane -> dataplane.explain(packet))),
                source,
                destination,
                source.crosses() || destination.crosses() ? sas() : SasView.NONE,
                asking(() -> segments.ways(packet.source(), packet.destination(), evpn())).stream()
                        .map(way -> judged(way, packet))
                        .toList(),
                asking(() -> intent.ask(current -> new Answer<>(current.judgeAdmin(packet))))
                        .value());
    }

    private SegmentWay judged(SegmentWay way, FirstPacket packet) {
        var ends = new ArrayList<ExplanationView.End>();
        way.source().forEach(holder -> judge(holder, Direction.EGRESS, packet, ends));
        way.destination().forEach(holder -> judge(holder, Direction.INGRESS, packet, ends));
        return way.with(ends);
    }

    private void judge(
            SegmentWay.Holder holder, Direction direction, FirstPacket packet, List<ExplanationView.End> ends) {
        if (!(holder.place() instanceof SegmentWay.Place.Here(InterfaceName port, String _))) {
            return;
        }
        EndpointId owner = asking(() -> intent.ask(current -> new Answer<>(current.ownerOf(port))))
                .value();
        ExplanationView.End end = owner == null
                ? null
                : asking(() -> kernel.ask(
                                dataplane -> new Answer<>(dataplane.explainPort(owner, port, direction, packet))))
                        .value();
        if (end != null) {
            ends.add(end);
        }
    }

    private ExplanationView.Side side(IpAddress address) {
        var found = List.copyOf(routes(address.hostPrefix()));
        Map<IpAddress, Path> paths = asking(() -> intent.ask(current -> {
            var reached = new LinkedHashMap<IpAddress, Path>();
            for (RouteView route : found) {
                if (route.path() instanceof RouteView.Path.Remote(IpAddress nextHop, IpAddress _)) {
                    reached.put(nextHop, current.path(nextHop));
                }
            }
            return reached;
        }));
        return new ExplanationView.Side(found, paths, asking(() -> kernel.ask(dataplane -> dataplane.wayTo(address))));
    }

    @Override
    public EventLog drops() {
        return drops;
    }

    @Override
    public EventLog events() {
        return events;
    }
}
