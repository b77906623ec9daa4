package slash32.agent.api;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import slash32.agent.Samples;
import slash32.agent.StatusSamples;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.SegmentId;
import slash32.agent.intent.SegmentSpec;
import slash32.agent.status.Condition;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;
import slash32.agent.status.EndpointView;
import slash32.agent.status.Event;
import slash32.agent.status.EvpnView;
import slash32.agent.status.ExplanationView;
import slash32.agent.status.GroupView;
import slash32.agent.status.KernelWay;
import slash32.agent.status.MemoryView;
import slash32.agent.status.PathsView;
import slash32.agent.status.RouteView;
import slash32.agent.status.SasView;
import slash32.agent.status.SegmentsView;
import slash32.agent.status.Snapshot;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.netlink.netfilter.Counts;
import slash32.overlay.choice.Carriage;
import slash32.overlay.choice.Path;
import slash32.overlay.choice.SiteId;
import slash32.securitygroup.Direction;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Judgement;
import slash32.securitygroup.SecurityGroup;

/// An agent without a kernel and without peers: it keeps what it is told, and conditions hold when a test says so.
public final class MemoryControl implements Control {
    public static final Instant START = Instant.parse("2026-11-21T08:00:00Z");

    private final Map<EndpointId, EndpointSpec> endpoints = new TreeMap<>();
    private final Map<EndpointId, Map<ConditionKind, Condition>> reached = new HashMap<>();
    private final Map<GroupId, SecurityGroup> groups = new TreeMap<>();
    private final Map<SegmentId, SegmentSpec> segments = new TreeMap<>();
    private final EventLog events = new EventLog(4, 1000);
    private final EventLog drops = new EventLog(4, 1000);
    private List<RouteView> routes = List.of();
    private boolean inSync = true;

    @Override
    public synchronized Outcome putEndpoint(EndpointSpec spec) {
        Problem problem = conflict(spec, endpoints);
        if (problem != null) {
            return new Outcome.Refused(problem);
        }
        EndpointSpec before = endpoints.put(spec.id(), spec);
        return before == null
                ? new Outcome.Created()
                : before.equals(spec) ? new Outcome.Unchanged() : new Outcome.Changed();
    }

    private static @Nullable Problem conflict(EndpointSpec spec, Map<EndpointId, EndpointSpec> among) {
        EndpointSpec before = among.get(spec.id());
        if (before != null && before.generation() > spec.generation()) {
            return Problem.olderGeneration("generation", spec.generation(), before.generation());
        }
        for (EndpointSpec other : among.values()) {
            for (int i = 0; i < spec.addresses().size() && !other.id().equals(spec.id()); i++) {
                IpAddress address = spec.addresses().get(i).address();
                if (other.addresses().contains(address.hostPrefix())) {
                    return Problem.taken("addresses[" + i + "]", address + " belongs to endpoint " + other.id());
                }
            }
        }
        return null;
    }

    @Override
    public synchronized Outcome.SetOutcome putEndpoints(List<EndpointSpec> specs) {
        var next = new TreeMap<EndpointId, EndpointSpec>();
        int created = 0;
        int changed = 0;
        for (EndpointSpec spec : specs) {
            Problem problem = conflict(spec, next);
            if (problem != null) {
                String field = "endpoints[" + next.size() + "]." + problem.field();
                return new Outcome.Refused(Problem.taken(field, problem.detail()));
            }
            next.put(spec.id(), spec);
            EndpointSpec before = endpoints.get(spec.id());
            created += before == null ? 1 : 0;
            changed += before != null && !before.equals(spec) ? 1 : 0;
        }
        int removed = (int)
                endpoints.keySet().stream().filter(id -> !next.containsKey(id)).count();
        endpoints.clear();
        endpoints.putAll(next);
        return new Outcome.Replaced(created, changed, next.size() - created - changed, removed);
    }

    @Override
    public synchronized Outcome deleteEndpoint(EndpointId id) {
        reached.remove(id);
        notifyAll();
        return endpoints.remove(id) == null ? new Outcome.Unchanged() : new Outcome.Changed();
    }

    @Override
    public synchronized Outcome putGroup(SecurityGroup group) {
        SecurityGroup before = groups.put(group.id(), group);
        return before == null
                ? new Outcome.Created()
                : before.equals(group) ? new Outcome.Unchanged() : new Outcome.Changed();
    }

    @Override
    public synchronized Outcome deleteGroup(GroupId id) {
        return groups.remove(id) == null ? new Outcome.Unchanged() : new Outcome.Changed();
    }

    @Override
    public synchronized Outcome putSegment(SegmentSpec spec) {
        SegmentSpec before = segments.put(spec.id(), spec);
        return before == null
                ? new Outcome.Created()
                : before.equals(spec) ? new Outcome.Unchanged() : new Outcome.Changed();
    }

    @Override
    public synchronized Outcome deleteSegment(SegmentId id) {
        return segments.remove(id) == null ? new Outcome.Unchanged() : new Outcome.Changed();
    }

    @Override
    public synchronized @Nullable SegmentSpec segment(SegmentId id) {
        return segments.get(id);
    }

    @Override
    public synchronized @Nullable EndpointView awaitEndpoint(EndpointId id, ConditionKind kind, Duration timeout)
            throws InterruptedException {
        long end = System.nanoTime() + timeout.toNanos();
        while (true) {
            EndpointView view = endpoint(id);
            long left = end - System.nanoTime();
            if (view == null || view.condition(kind).state() != ConditionState.WAITING || left <= 0) {
                return view;
            }
            wait(left / 1_000_000, (int) (left % 1_000_000));
        }
    }

    /// Makes a condition what it is.
    public synchronized void reach(EndpointId id, Condition condition) {
        reached.computeIfAbsent(id, _ -> new HashMap<>()).put(condition.kind(), condition);
        events.append(revision -> new Event.ConditionChanged(revision, condition.since(), id, condition));
        notifyAll();
    }

    public static Condition holds(ConditionKind kind) {
        return new Condition(kind, ConditionState.TRUE, START, "Done", "", Duration.ofMillis(3));
    }

    public synchronized void routes(List<RouteView> all) {
        routes = List.copyOf(all);
    }

    public synchronized void inSync(boolean now) {
        inSync = now;
    }

    @Override
    public synchronized @Nullable EndpointView endpoint(EndpointId id) {
        EndpointSpec spec = endpoints.get(id);
        if (spec == null) {
            return null;
        }
        var conditions = new ArrayList<Condition>();
        for (ConditionKind kind : ConditionKind.values()) {
            var waiting = new Condition(kind, ConditionState.WAITING, START, "Asked", "not yet", null);
            conditions.add(reached.getOrDefault(id, Map.of()).getOrDefault(kind, waiting));
        }
        return new EndpointView(spec, null, conditions);
    }

    @Override
    public Map<String, Counts> counters(SecurityGroup group) {
        var counters = new LinkedHashMap<String, Counts>();
        group.rules().forEach(rule -> counters.put(rule.id(), new Counts(2, 120)));
        return counters;
    }

    @Override
    public synchronized @Nullable GroupView group(GroupId id) {
        SecurityGroup group = groups.get(id);
        return group == null ? null : new GroupView(group, 2, 1);
    }

    @Override
    public synchronized Snapshot snapshot() {
        var views = new ArrayList<EndpointView>();
        for (EndpointId id : endpoints.keySet()) {
            EndpointView view = endpoint(id);
            if (view != null) {
                views.add(view);
            }
        }
        return new Snapshot(
                events.revision(),
                new Snapshot.Node("hv1", "0.1.0", START),
                inSync,
                views,
                groups.values().stream()
                        .map(group -> new GroupView(group, 2, 1))
                        .toList(),
                List.of(),
                List.of(),
                List.of(),
                0,
                List.of(),
                null);
    }

    @Override
    public synchronized Collection<RouteView> routes(@Nullable Prefix within) {
        return routes.stream()
                .filter(route -> within == null || within.covers(route.prefix()))
                .toList();
    }

    /// Everything passes that goes to an endpoint, by its first rule.
    @Override
    public synchronized ExplanationView explain(FirstPacket packet) {
        List<ExplanationView.End> ends = snapshot().endpoints().stream()
                .map(EndpointView::spec)
                .filter(spec -> spec.addresses().contains(packet.destination().hostPrefix()))
                .map(spec -> new ExplanationView.End(
                        spec.id(),
                        new Judgement(
                                spec.device(),
                                Direction.INGRESS,
                                Judgement.Cause.RULE,
                                new GroupId(100),
                                Samples.group(100).rules().getFirst(),
                                true),
                        new Counts(12, 3_456)))
                .toList();
        return new ExplanationView(
                packet,
                ends,
                side(packet.source()),
                side(packet.destination()),
                sas(),
                StatusSamples.segmentWays(packet.destination()),
                StatusSamples.admin(packet.destination()));
    }

    /// Every next hop is reached natively, but for those in 10.0.9.0/24, which is not reached, and 10.0.2.0/24.
    private ExplanationView.Side side(IpAddress address) {
        List<RouteView> found = List.copyOf(routes(address.hostPrefix()));
        var paths = new TreeMap<IpAddress, Path>();
        KernelWay way = KernelWay.none("no route");
        for (RouteView route : found) {
            switch (route.path()) {
                case RouteView.Path.Remote(IpAddress nextHop, IpAddress _) -> {
                    boolean far = Prefix.parse("10.0.9.0/24").contains(nextHop);
                    paths.put(nextHop, far ? new Path.Refused(Path.Reason.OTHER_SITE) : Path.NATIVE);
                    SasView.PeerKeys peer = nextHop instanceof Ipv4Address node ? sas().peer(node) : null;
                    if (peer != null) {
                        paths.put(
                                nextHop,
                                new Path.Encrypted(peer.node(), peer.external(), new SiteId(2), Carriage.ESP_TUNNEL));
                    }
                    way = new KernelWay(new InterfaceName("up0"), nextHop, null, "incomplete", null);
                }
                case RouteView.Path.Local(InterfaceName device) ->
                    way = new KernelWay(device, null, MacAddress.parse("02:16:3e:00:00:01"), "permanent", null);
            }
        }
        return new ExplanationView.Side(found, paths, way);
    }

    @Override
    public SasView sas() {
        return StatusSamples.sas();
    }

    @Override
    public PathsView paths() {
        return StatusSamples.paths();
    }

    @Override
    public SegmentsView segments() {
        return StatusSamples.segments();
    }

    @Override
    public MemoryView memory() {
        return StatusSamples.memory();
    }

    @Override
    public List<EvpnView> evpn() {
        return StatusSamples.evpn();
    }

    @Override
    public void dumpRoutes(OutputStream out) throws IOException {
        out.write(new byte[] {0, (byte) 0xff});
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
