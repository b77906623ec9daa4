package slash32.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.config.AgentConfig;
import slash32.agent.intent.Effect;
import slash32.agent.status.EvpnView;
import slash32.agent.status.SegmentWay;
import slash32.agent.status.SegmentsView;
import slash32.bgp.speaker.Speaker;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.EvpnChange;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Vni;
import slash32.netlink.route.BridgeEvent;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.overlay.choice.Path;
import slash32.overlay.choice.SiteId;
import slash32.overlay.evpn.Encapsulation;
import slash32.overlay.evpn.EvpnAction;
import slash32.overlay.evpn.EvpnAction.Destination;
import slash32.overlay.evpn.EvpnNode;
import slash32.overlay.evpn.MacKey;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Segment;
import slash32.overlay.probe.ProbedPath;
import slash32.overlay.probe.icmp.ProbeLoop;
import slash32.overlay.vxlan.FrameCount;
import slash32.overlay.vxlan.OffloadCheck;
import slash32.overlay.vxlan.OffloadFault;
import slash32.overlay.vxlan.SegmentPlane;
import slash32.tap.GatewayLoop;

/// Thread {@code overlay}: what this node's segments are, in BGP and in the kernel. Others tell it, without waiting.
final class SegmentLoop implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentLoop.class);
    private static final int FULL_AT = 1_024;
    private static final long LONGEST_WAIT_NANOS = 3_600_000_000_000L;
    private static final long WATCH_EVERY_NANOS = 5_000_000_000L;

    private final Mailbox mailbox = new Mailbox(FULL_AT);
    private final NetlinkSocket rtnl;
    private final NetlinkSocket nft;
    private final OffloadCheck offloads;
    private final EvpnNode node;
    private final SegmentPlane plane;
    private final Speaker speaker;
    private final SequenceFile sequences;
    private final ProbeLoop probes;
    private final Ipv4Address vtep;
    private final int routesPerNode;
    private final GuestRoutes guests;
    private final SegmentRouters routers;
    private final SiteId site;
    private final Runnable drained;
    private final Reports reports;
    private TreeSet<String> failing = new TreeSet<>();
    private List<OffloadFault> spoiling = List.of();
    private final Map<Vni, Set<InterfaceName>> members = new HashMap<>();
    private final Map<IpAddress, Path> paths = new HashMap<>();
    /// Of the kernel, not looked at yet.
    private final Queue<BooleanSupplier> events = new ConcurrentLinkedQueue<>();

    private final AtomicBoolean eventsWait = new AtomicBoolean();
    /// Ports whose state is to be told, and what was told of each last.
    private final Set<InterfaceName> unsettled = new TreeSet<>();

    private final Map<InterfaceName, Optional<String>> told = new HashMap<>();
    private boolean routesComplete;
    private boolean segmentsComplete;
    private boolean labelsComplete;
    /// Imports whose routes BGP has yet to tell.
    private int importing;
    /// Frames may go to other nodes than those whose paths are watched.
    private boolean pathsChanged;

    private long watchNanos = System.nanoTime();

    /// Hears what follows for others, and does not wait.
    interface Reports {
        /// A port came into its segment (null), or why it is in none.
        void port(InterfaceName device, @Nullable String obstacle);

        /// What other nodes announce addresses at their ports with changed.
        void labels(List<EvpnAction.Label> labels);

        /// All of them were told that there are.
        void labelsComplete();
    }

    private SegmentLoop(
            NetlinkSocket rtnl,
            NetlinkSocket nft,
            OffloadCheck offloads,
            EvpnNode node,
            AgentConfig config,
            Speaker speaker,
            Consumer<Effect> effects,
            SequenceFile sequences,
            ProbeLoop probes,
            GatewayLoop gateway,
            Reports reports,
            Runnable drained) {
        this.rtnl = rtnl;
        this.nft = nft;
        this.offloads = offloads;
        this.node = node;
        vtep = config.underlay().address();
        site = config.site().id();
        routesPerNode = config.segmentRoutesPerNode();
        plane = new SegmentPlane(rtnl, nft, vtep);
        guests = new GuestRoutes(config.underlay(), plane, effects);
        routers = new SegmentRouters(plane, gateway);
        this.probes = probes;
        this.speaker = speaker;
        this.sequences = sequences;
        this.reports = reports;
        this.drained = drained;
    }

    /// A loop that has yet to run, in the calling thread's network namespace.
    ///
    /// @param effects takes what is to be announced of guests besides EVPN, without waiting
    /// @param probes watches the paths to the other nodes of segments
    /// @param gateway tells guests of their segment's gateway
    /// @param drained run after each turn, for a producer that stopped because the mailbox was full
    static SegmentLoop open(
            AgentConfig config,
            Speaker speaker,
            Consumer<Effect> effects,
            ProbeLoop probes,
            GatewayLoop gateway,
            Reports reports,
            Runnable drained)
            throws IOException {
        var sequences = new SequenceFile(config.stateDirectory());
        var node = new EvpnNode(
                config.asn(),
                config.routerId(),
                config.underlay().address(),
                config.segmentRoutesPerNode(),
                sequences.all());
        NetlinkSocket rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
        var loop = new SegmentLoop(
                rtnl,
                NetlinkSocket.open(NetlinkProtocol.NETFILTER),
                OffloadCheck.open(rtnl),
                node,
                config,
                speaker,
                effects,
                sequences,
                probes,
                gateway,
                reports,
                drained);
        if (config.peers().stream().noneMatch(peer -> peer.families().contains(AddressFamily.L2VPN_EVPN))) {
            loop.complete(); // nobody will say more
        }
        return loop;
    }

    /// Makes a segment as stated.
    void put(Segment segment) {
        mailbox.put(() -> {
            node.put(segment, System.nanoTime());
            plane.put(segment);
            routers.put(segment);
            pathsChanged = true;
            Set<InterfaceName> now = segment.ports().stream().map(Port::device).collect(Collectors.toSet());
            Set<InterfaceName> before = members.put(segment.vni(), now);
            forget(before == null ? Set.of() : before);
            unsettled.addAll(now);
            if (members.size() == 1) {
                checkOffloads();
            }
        });
    }

    void remove(Vni vni) {
        mailbox.put(() -> {
            node.remove(vni);
            plane.remove(vni);
            routers.remove(vni);
            pathsChanged = true;
            Set<InterfaceName> before = members.remove(vni);
            forget(before == null ? Set.of() : before);
        });
    }

    private void forget(Set<InterfaceName> devices) {
        unsettled.removeAll(devices);
        told.keySet().removeAll(devices);
    }

    /// All segments that there are have been put.
    void segmentsComplete() {
        mailbox.put(() -> {
            segmentsComplete = true;
            sweep();
        });
    }

    /// What an earlier run left goes once both are known: what there is here, and what others say. Their routes are
    /// with the plane a turn later, and their labels told.
    private void sweep() {
        if (segmentsComplete && routesComplete && importing == 0 && !node.awaitsRoutes()) {
            mailbox.put(() -> {
                plane.inSync();
                if (!labelsComplete) {
                    labelsComplete = true;
                    reports.labelsComplete();
                }
            });
        }
    }

    void changed(List<EvpnChange> changes) {
        mailbox.put(() -> node.changed(changes, System.nanoTime()));
    }

    /// How a node is reached from now on. One of another site gets nothing before {@link #lead}.
    void path(IpAddress vtep, Path path) {
        mailbox.put(() -> {
            paths.put(vtep, path);
            boolean plain = path instanceof Path.Native;
            if (plain) {
                plane.way(vtep, null);
            }
            node.reachable(vtep, plain ? site : null, System.nanoTime());
        });
    }

    /// The encrypted overlay is ready for packets to a node, if it is still to be reached by {@code path}.
    ///
    /// @param link that leads to it alone: frames never leave by another, whatever the routes say
    void lead(IpAddress vtep, Path.Encrypted path, InterfaceIndex link) {
        mailbox.put(() -> {
            if (path.equals(paths.get(vtep))) {
                plane.way(vtep, link);
                node.reachable(vtep, path.site(), System.nanoTime());
            }
        });
    }

    /// The kernel reports something.
    void observed(RouteEvent event) {
        later(() -> plane.observed(event));
    }

    void observed(BridgeEvent event) {
        later(() -> plane.observed(event));
    }

    /// Events are taken many at once: a burst of them must not keep BGP from going on.
    private void later(BooleanSupplier event) {
        events.add(event);
        if (!eventsWait.getAndSet(true)) {
            mailbox.put(this::takeEvents);
        }
    }

    private void takeEvents() {
        eventsWait.set(false);
        boolean ours = false;
        for (BooleanSupplier event = events.poll(); event != null; event = events.poll()) {
            ours |= event.getAsBoolean();
        }
        if (ours) {
            members.values().forEach(unsettled::addAll);
            guests.reconsider();
            routers.reconsider();
        }
    }

    /// Events of the kernel were lost.
    void eventsLost() {
        mailbox.put(() -> {
            plane.eventsLost();
            members.values().forEach(unsettled::addAll);
            guests.reconsider();
            routers.reconsider();
        });
    }

    /// BGP has said all that there is.
    void complete() {
        mailbox.put(() -> {
            node.complete(System.nanoTime());
            routesComplete = true;
            sweep();
        });
    }

    private void imported(Set<ExtendedCommunity> targets) {
        mailbox.put(() -> {
            importing--;
            node.imported(targets, System.nanoTime());
            sweep();
        });
    }

    /// Runs {@code task} once what was said before is with BGP.
    void afterwards(Runnable task) {
        mailbox.put(() -> mailbox.put(task));
    }

    SegmentsView view() throws InterruptedException {
        return mailbox.ask(() -> new SegmentsView(
                node.status(), waiting(), node.refusals(), frames(), plane.drifted(), checkOffloads()));
    }

    /// Devices that spoil what segments carry; none while there are no segments. One line in the log for each.
    private List<OffloadFault> checkOffloads() {
        List<OffloadFault> now = members.isEmpty() ? List.of() : offloads.faults();
        now.stream()
                .filter(fault -> !spoiling.contains(fault))
                .forEach(fault -> LOG.warn(
                        "event=offload-spoils-segments device={} driver={} remedy=\"{}\"",
                        fault.device(),
                        fault.driver(),
                        fault.remedy()));
        spoiling = now;
        return now;
    }

    /// Empty while the kernel can't be asked.
    private Map<FrameCount, Long> frames() {
        try {
            return plane.counts();
        } catch (IOException e) {
            LOG.warn("event=frames-not-counted reason=\"{}\"", e.getMessage());
            return Map.of();
        }
    }

    /// How each segment that knows of one of the two addresses carries frames between them.
    ///
    /// @param routes of EVPN that there are
    List<SegmentWay> ways(IpAddress source, IpAddress destination, List<EvpnView> routes) throws InterruptedException {
        return mailbox.ask(() -> new SegmentWays(node, plane, paths, routes).between(source, destination));
    }

    private Map<InterfaceName, String> waiting() {
        var waiting = new HashMap<InterfaceName, String>();
        for (Set<InterfaceName> devices : members.values()) {
            for (InterfaceName device : devices) {
                String obstacle = plane.obstacle(device);
                if (obstacle != null) {
                    waiting.put(device, obstacle);
                }
            }
        }
        return waiting;
    }

    boolean isFull() {
        return mailbox.isFull();
    }

    @Override
    public void run() {
        try {
            while (!mailbox.isClosed()) {
                long now = System.nanoTime();
                long next = Math.min(plane.nextDeadlineNanos(now), node.nextDeadlineNanos());
                next = Math.min(next, pathsChanged ? watchNanos : Long.MAX_VALUE);
                mailbox.take(Math.min(LONGEST_WAIT_NANOS, next - now)).forEach(Runnable::run);
                if (node.nextDeadlineNanos() - System.nanoTime() <= 0) {
                    node.expire(System.nanoTime());
                }
                carryOut(node.actions());
                tell(plane.pass(System.nanoTime()));
                tellPorts();
                carryOut(node.actions()); // of ports that came into their segments, or left
                guests.settle();
                routers.settle();
                watchPaths(System.nanoTime());
                drained.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            offloads.close();
            rtnl.close();
            nft.close();
        }
    }

    /// Those of other sites are watched where packets to them are sealed.
    private void watchPaths(long now) {
        if (!pathsChanged || watchNanos - now > 0) {
            return;
        }
        pathsChanged = false;
        watchNanos = now + WATCH_EVERY_NANOS;
        var watched = new HashMap<ProbedPath, Integer>();
        node.vteps().forEach((segment, vteps) -> {
            Ipv4Address stated = segment.encapsulation().local();
            Ipv4Address local = stated == null ? vtep : stated;
            int bytes = segment.mtuBytes() + Encapsulation.AROUND_BYTES;
            for (IpAddress other : vteps) {
                if (other instanceof Ipv4Address far && paths.get(far) instanceof Path.Native) {
                    watched.merge(new ProbedPath(ProbedPath.Kind.VXLAN, local, far), bytes, Math::max);
                }
            }
        });
        probes.watchPlain(watched);
    }

    /// A number is on disk before anybody hears of it; where the disk fails, others hear of it nevertheless.
    private void carryOut(List<EvpnAction> actions) {
        boolean changed = false;
        for (EvpnAction action : actions) {
            if (action instanceof EvpnAction.Remember(var mac, var sequence)) {
                changed |= sequences.note(mac, sequence);
            }
        }
        if (changed) {
            try {
                sequences.write();
            } catch (IOException e) {
                LOG.error("event=sequences-not-written reason=\"{}\"", e.getMessage());
            }
        }
        pathsChanged |= !actions.isEmpty();
        var labels = new ArrayList<EvpnAction.Label>();
        for (EvpnAction action : actions) {
            switch (action) {
                case EvpnAction.Import(var targets) -> {
                    importing++;
                    speaker.importTargets(targets, () -> imported(targets));
                }
                case EvpnAction.Announce(var paths) -> speaker.originateEvpn(paths);
                case EvpnAction.Withdraw(var routes) -> speaker.withdrawEvpn(routes);
                case EvpnAction.Remember _ -> {}
                case EvpnAction.Lead(var vni, var address, var port) -> {
                    guests.lead(vni, address, port);
                    plane.desire(action);
                }
                case EvpnAction.Label label -> labels.add(label);
                case EvpnAction.Forward _, EvpnAction.Answer _, EvpnAction.Flood _ -> plane.desire(action);
                case EvpnAction.Freeze(var mac, var at) -> tellOfFreeze(mac, at);
                case EvpnAction.Exceed(var vni, var from, var now) ->
                    LOG.warn(
                            "event={} vni={} node={} most={}",
                            now ? "segment-routes-over-limit" : "segment-routes-within-limit",
                            vni,
                            from,
                            routesPerNode);
            }
        }
        if (!labels.isEmpty()) {
            reports.labels(labels);
        }
    }

    private static void tellOfFreeze(MacKey mac, @Nullable Destination at) {
        switch (at) {
            case null -> LOG.info("event=mac-thawed vni={} mac={}", mac.vni(), mac.mac());
            case Destination.Local(InterfaceName device) -> tellOfFreeze(mac, device);
            case Destination.Remote(IpAddress from) -> tellOfFreeze(mac, from);
        }
    }

    private static void tellOfFreeze(MacKey mac, Object at) {
        LOG.warn(
                "event=mac-frozen vni={} mac={} at={} reason=\"moved 5 times in 3 minutes: two guests have it\"",
                mac.vni(),
                mac.mac(),
                at);
    }

    /// One line for each reason that is new.
    private void tell(List<String> failures) {
        var now = new TreeSet<>(failures);
        for (String reason : now) {
            if (!failing.contains(reason)) {
                LOG.warn("event=segment-not-in-force reason=\"{}\"", reason);
            }
        }
        failing = now;
    }

    private void tellPorts() {
        if (unsettled.isEmpty()) {
            return;
        }
        members.forEach((vni, devices) -> devices.stream()
                .filter(unsettled::contains)
                .forEach(device -> node.joined(vni, device, plane.isIn(vni, device), System.nanoTime())));
        for (InterfaceName device : List.copyOf(unsettled)) {
            String obstacle = plane.obstacle(device);
            Optional<String> now = Optional.ofNullable(obstacle);
            if (!now.equals(told.put(device, now))) {
                reports.port(device, obstacle);
            }
            if (obstacle == null && !plane.isInDoubt()) {
                unsettled.remove(device);
            }
        }
    }

    void close() {
        mailbox.close();
    }
}
