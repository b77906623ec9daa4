package slash32.agent;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.api.Api;
import slash32.agent.api.EventLog;
import slash32.agent.api.http.HttpServer;
import slash32.agent.api.http.Limits;
import slash32.agent.cli.RunningAgent;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.SocketEndpoint;
import slash32.agent.dataplane.Dataplane;
import slash32.agent.dataplane.fib.FibWriter;
import slash32.agent.dataplane.fib.PreferredSource;
import slash32.agent.dataplane.fib.RouteCourier;
import slash32.agent.files.EndpointFiles;
import slash32.agent.helper.Helpers;
import slash32.agent.helper.Surroundings;
import slash32.agent.intent.AdminNetwork;
import slash32.agent.intent.Effect;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.Intent;
import slash32.agent.intent.Node;
import slash32.agent.intent.OverlayRule;
import slash32.agent.intent.Progress;
import slash32.agent.intent.StaticFile;
import slash32.agent.metrics.AgentMetrics;
import slash32.agent.metrics.MetricsPages;
import slash32.agent.status.Condition;
import slash32.agent.status.ConditionState;
import slash32.agent.status.Event;
import slash32.agent.status.Snapshot;
import slash32.agent.store.StateStore;
import slash32.bgp.bfd.udp.BfdLoop;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.session.SessionState;
import slash32.bgp.speaker.LocRibListener;
import slash32.bgp.speaker.PeerStatus;
import slash32.bgp.speaker.Speaker;
import slash32.bgp.speaker.monitor.BmpLoop;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.EvpnChange;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.netlink.route.Nexthop.Target;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.overlay.admin.AdminDevice;
import slash32.overlay.choice.Path.Encrypted;
import slash32.overlay.evpn.EvpnAction;
import slash32.overlay.evpn.Segment;
import slash32.overlay.probe.PathProbes;
import slash32.overlay.probe.PathStatus;
import slash32.overlay.probe.ProbedPath;
import slash32.overlay.probe.icmp.ProbeLoop;
import slash32.overlay.vxlan.SegmentPlane;
import slash32.reconcile.Backoff;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.HostRules;
import slash32.securitygroup.compile.Layout;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.securitygroup.nft.Firewall;
import slash32.tap.GatewayAddressTable;
import slash32.tap.GatewayLoop;

/// The agent: everything is made, joined and started here, and nowhere else.
///
/// API, BGP and kernel events come in; `intent` decides; `kernel` and `bgp` carry out; conditions come back to
/// `intent`.
public final class RouteAgent implements RunningAgent<AgentConfig> {
    private static final Logger LOG = LoggerFactory.getLogger(RouteAgent.class);
    private static final int EVENTS_KEPT = 65_536;
    private static final int DROPS_KEPT = 4_096;
    /// Interfaces of these names are guests'; one that is no endpoint's carries nothing.
    private static final List<String> GUEST_PREFIXES = List.of("s32");

    private static final Duration LOOK_AT_FILES_EVERY = Duration.ofSeconds(5);
    private static final List<String> NODE_KEYS = List.of("site", "asn", "routerId", "underlay", "listen");
    /// RFC 4861 §6.2.1, MaxRtrAdvInterval.
    private static final Duration ADVERTISE_EVERY = Duration.ofMinutes(10);

    private final AgentConfig started;
    private AgentConfig configured; // by links
    private final LinkPeers links;
    private final String version;
    private final Node node;
    private final OwnRoutes ownRoutes;
    private final RoleThreads threads = new RoleThreads();
    private final StateStore store;
    private final EventLog events;
    private final IntentLoop intent;
    private final NetlinkSocket rtnl;
    private final RouteCourier courier;
    private final Firewall firewall;
    private final EndpointFiles files;
    private @Nullable Thread filesThread;
    private final GatewayLoop gateway;
    private final KernelLoop kernel;
    private final KernelEvents kernelEvents;
    private final @Nullable RuleEvents ruleEvents;
    private final DroppedPackets drops;
    private @Nullable Thread dropsThread;
    private @Nullable Thread courierThread;
    private final SegmentLoop segments;
    private final ProbeLoop probes;
    private final SegmentEvents segmentEvents;
    private final @Nullable MeshLoop mesh;
    private final Speaker speaker;
    private final BgpMonitors monitors;
    private final Helpers helpers;
    private final BfdLoop bfd;
    private final BfdPeers bfdPeers;
    private final AgentMetrics metrics;
    private final HttpServer http;
    private final GuestMetadata metadata;

    /// Joins the parts; nothing runs before {@link #start}.
    public RouteAgent(AgentConfig config, String version) throws IOException {
        this(config, version, true);
    }

    /// The same, on a kernel that can't keep our rules from others if {@code exclusiveRules} is false.
    RouteAgent(AgentConfig config, String version, boolean exclusiveRules) throws IOException {
        started = config;
        configured = config;
        links = new LinkPeers(this::linksChanged);
        links.configure(config.peers());
        node = new Node(
                config.asn(),
                config.site().id(),
                config.underlay().address(),
                config.underlay().address6(),
                config.underlay().device(),
                config.overlay() == null ? null : config.external(),
                HostSettings.adminNetwork(config),
                config.endpointPrefixes(),
                config.segments().overlays());
        ownRoutes = new OwnRoutes(
                node,
                config.segments().overlays().stream()
                        .filter(rule -> rule.holdsIn(config.site().id()))
                        .map(OverlayRule::address)
                        .filter(Objects::nonNull)
                        .toList());

        // what is wanted
        store = StateStore.open(config.stateDirectory());
        events = new EventLog(EVENTS_KEPT, Instant.now().toEpochMilli() * 1_000);
        gateway = GatewayLoop.open(this::guestSeen);
        metrics = new AgentMetrics();
        intent = new IntentLoop(node, events, this::carryOut, this::measure);
        files = new EndpointFiles(
                config.endpointsDirectory(),
                store.recoveredFiles().stream().map(StaticFile::name).toList(),
                LOOK_AT_FILES_EVERY,
                new FilesToIntent(intent, store));

        // what is in force
        rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
        courier = new RouteCourier(NetlinkSocket.open(NetlinkProtocol.ROUTE));
        firewall = Firewall.open(
                new RulesetCompiler(GUEST_PREFIXES, List.copyOf(GatewayAddressTable.ADDRESSES))
                        .withUplink(config.underlay().device()),
                exclusiveRules);
        firewall.protectHost(HostSettings.of(config));
        var fib = fibWriter(rtnl, courier, node.admin());
        var dataplane = new Dataplane(node, rtnl, firewall, fib, gateway, metrics::applied);
        kernel = new KernelLoop(dataplane, this::report, this::reportPortRules, this::resumeBgp);
        probes = ProbeLoop.open(PathProbes.Terms.every(config.pathProbeInterval()), new SecureRandom(), this::probed);
        if (node.admin() == null) {
            AdminDevice.clear();
        }
        mesh = config.overlay() == null
                ? null
                : MeshLoop.open(
                        config,
                        exclusiveRules,
                        kernel,
                        this::lead,
                        (name, loop) -> RoleThreads.started(name, loop::run),
                        probes,
                        this::resumeBgp,
                        this::announceAdmin);
        kernelEvents = new KernelEvents(
                List.of(rtnl.port(), courier.port()), this::observed, () -> kernel.tell(Dataplane::routeEventsLost));
        ruleEvents = ruleEvents(firewall, kernel, mesh);
        var dropLog = new EventLog(DROPS_KEPT, events.revision());
        drops = DroppedPackets.open(dropLog, this::ownerOf);

        // BGP, and what it carries beside host routes
        speaker = new Speaker(BgpSettings.of(config, links), new FromBgp());
        speaker.drain(config.gracefulShutdown());
        segments =
                SegmentLoop.open(config, speaker, this::carryOut, probes, gateway, new FromSegments(), this::resumeBgp);
        segmentEvents = new SegmentEvents(segments);
        var speaking = new BmpLoop.Speaking(
                config.node(),
                "slash32 " + version,
                config.asn(),
                new BgpIdentifier(config.routerId().value()));
        monitors = new BgpMonitors(config.monitoring(), speaking, speaker.monitoring());
        this.version = version;
        helpers = new Helpers(
                surroundings(config),
                Files.readString(Path.of("/proc/sys/kernel/hostname")).strip(),
                new HelpersToIntent(intent),
                speaker.monitoring(),
                (name, loop) -> RoleThreads.started(name, loop::run));
        bfd = BfdLoop.open(speaker::linkDown);
        bfdPeers = new BfdPeers(bfd);
        bfdPeers.configure(BgpSettings.bfd(config), BgpSettings.bfdRanges(config));

        // who looks on, and who calls
        var about = new Snapshot.Node(config.node(), version, Instant.now());
        var control = new AgentControl(
                about, intent, kernel, speaker, bfd, links, monitors, store, events, dropLog, segments, mesh, probes);
        metrics.watch(control::snapshot);
        metrics.watchSegments(control::segments);
        metrics.watchPaths(control::paths);
        metrics.watchBfdDiscards(bfd::discarded);
        metrics.watchGateway(gateway::counts);
        metrics.watchDrops(drops::counts, drops::overruns);
        if (mesh != null) {
            metrics.watchSas(control::sas);
        }
        metrics.configAccepted(about.started());
        http = new HttpServer(Limits.DEFAULT);
        ApiSocket.listen(http, config.api(), new Api(control, InstantSource.system()), metrics);
        metadata = new GuestMetadata(config.metadata(), intent, metrics);
        if (config.metrics().endpoints()) {
            metrics.watchEndpointDrops(control::snapshot, drops::byDevice);
        }
        SocketEndpoint scrape = config.metrics().listen();
        http.listen(
                scrape.address(),
                scrape.port(),
                new MetricsPages(metrics, () -> control.snapshot().inSync()));
    }

    private static FibWriter fibWriter(NetlinkSocket rtnl, RouteCourier courier, @Nullable AdminNetwork admin) {
        var fib = new FibWriter(rtnl, courier, Backoff.KERNEL);
        if (admin != null) {
            fib.prefer(new PreferredSource(admin.network(), admin.address()));
        }
        return fib;
    }

    /// Null where nobody else can change our rules.
    private static @Nullable RuleEvents ruleEvents(Firewall firewall, KernelLoop kernel, @Nullable MeshLoop mesh)
            throws IOException {
        var watched = new ArrayList<RuleEvents.Watched>();
        if (!firewall.exclusive()) {
            Runnable changed = () -> kernel.tell(Dataplane::rulesChanged);
            watched.add(new RuleEvents.Watched(Layout.TABLES, firewall.port(), changed));
        }
        if (mesh != null) {
            mesh.watched().ifPresent(watched::add);
        }
        if (watched.isEmpty()) {
            return null;
        }
        var events = new RuleEvents(watched);
        if (mesh != null) {
            mesh.guardMayBeChanged(); // it has been in force for a while, and nobody listened
        }
        return events;
    }

    private void announceAdmin() {
        speaker.originate(List.of(ownRoutes.adminRoute(Objects.requireNonNull(node.admin()))));
    }

    private @Nullable EndpointId ownerOf(InterfaceName device) {
        try {
            return intent.<Optional<EndpointId>>ask(current -> Optional.ofNullable(current.ownerOf(device)))
                    .orElse(null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    /// States what the earlier run left, then starts every thread.
    @Override
    public void start() throws IOException {
        speaker.originate(ownRoutes.nodeRoutes()); // before anybody can say that all is announced
        if (mesh != null) {
            mesh.begin();
        }
        intent.tell(this::recover);
        threads.start("store", store::run);
        threads.start("kernel", kernel::run);
        courierThread = RoleThreads.started("kernel-routes", courier::run);
        threads.start("intent", intent::run);
        threads.start("overlay", segments::run);
        threads.start("overlay-events", segmentEvents::run);
        if (mesh != null) {
            threads.start("mesh", mesh::run);
        }
        threads.start("path-probe", probes::run);
        threads.start("kernel-events", kernelEvents::run);
        if (ruleEvents != null) {
            threads.start("rule-events", ruleEvents::run);
        }
        dropsThread = RoleThreads.started("drops", drops::run);
        threads.start("gateway-arp", gateway::runArp);
        threads.start("gateway-ipv6", gateway::runIpv6);
        threads.start("gateway-dhcp", gateway::runDhcpv4);
        threads.start("gateway-rarp", gateway::runRarp);
        threads.start("gateway-ra", () -> gateway.runAdvertisements(ADVERTISE_EVERY));
        threads.start("bfd", bfd::run);
        monitors.start();
        filesThread = RoleThreads.started("endpoint-files", files::run);
        helpers.configure(started.processes(), surroundings(started)); // they hear of every session
        speaker.start();
        threads.start("link-peers", links::run);
        threads.start("link-listen", links::listen);
        LOG.info("event=started node={} as={} site={}", node.underlay(), node.asn(), node.site());
    }

    private Surroundings surroundings(AgentConfig config) {
        var peers = new HashMap<IpAddress, Asn>();
        config.peers().stream()
                .filter(peer -> peer.link() == null) // ExaBGP has no name for the others
                .forEach(peer -> peers.put(peer.address(), peer.asn()));
        return new Surroundings(
                config.asn(),
                config.routerId(),
                config.underlay().address(),
                config.underlay().address6(),
                peers,
                version);
    }

    private void recover(Intent current) {
        current.peers(BgpSettings.peerAddresses(started, links));
        current.segmentGroups(
                firewall.judgesSegments() ? null : "this kernel tracks no flows in bridges (nf_conntrack_bridge)");
        current.segments(started.segments());
        EarlierRun.recover(store, current);
    }

    /// Takes a new configuration: peers that changed are reset, all others are left alone. Where the node itself would
    /// change, nothing of it is taken.
    ///
    /// @return the keys that need a restart and so stay as they were
    @Override
    public List<String> reload(AgentConfig config) throws IOException {
        List<String> needRestart = started.fixedKeysUnlike(config);
        if (Collections.disjoint(needRestart, NODE_KEYS)) {
            checkSegments(config);
            statePeers(config);
            speaker.drain(config.gracefulShutdown());
            intent.tell(current -> current.segments(config.segments()));
            bfdPeers.configure(BgpSettings.bfd(config), BgpSettings.bfdRanges(config));
            HostRules rules = HostSettings.of(config);
            kernel.tell(dataplane -> dataplane.protectHost(rules));
            if (mesh != null) {
                mesh.reload();
            }
            helpers.configure(config.processes(), surroundings(config));
        }
        metrics.configAccepted(Instant.now());
        return needRestart;
    }

    private void checkSegments(AgentConfig config) throws IOException {
        try {
            Optional<String> refusal = intent.ask(current -> Optional.ofNullable(current.refusal(config.segments())));
            if (refusal.isPresent()) {
                throw new IOException(refusal.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while asking about segments");
        }
    }

    private void statePeers(AgentConfig config) throws IOException {
        synchronized (links) {
            speaker.reconfigure(BgpSettings.of(config, links));
            configured = config;
            links.configure(config.peers());
            intent.tell(state -> state.peers(BgpSettings.peerAddresses(config, links)));
        }
    }

    /// On thread {@code link-peers}.
    private void linksChanged() {
        try {
            synchronized (links) {
                statePeers(configured);
            }
        } catch (IOException e) { // a key file that can't be read now
            LOG.error("event=link-peers-not-taken reason=\"{}\"", e.getMessage());
        }
    }

    @Override
    public void reloadRefused() {
        metrics.configRefused();
    }

    private void carryOut(Effect effect) {
        switch (effect) {
            case Effect.Desire.EndpointsComplete complete -> {
                kernel.desire(complete);
                segments.segmentsComplete();
                // by then all that is ready was reported, and announced
                kernel.afterNextPass(() -> intent.tell(_ -> segments.afterwards(speaker::initialRoutesOriginated)));
            }
            case Effect.Desire.NextHop nextHop -> {
                kernel.desire(nextHop);
                segments.path(nextHop.address(), nextHop.path());
            }
            case Effect.Desire desire -> kernel.desire(desire);
            case Effect.Segment(Segment segment, List<EndpointPolicy> grouped) -> {
                Set<IpAddress> gateway = segment.gateway().own();
                kernel.tell(dataplane -> dataplane.putSegment(segment.vni(), gateway, grouped));
                segments.put(segment);
            }
            case Effect.NoSegment(Vni vni) -> {
                segments.remove(vni);
                kernel.tell(dataplane -> dataplane.removeSegment(vni));
            }
            case Effect.Originate originate -> speaker.originate(ownRoutes.hostRoutes(originate));
            case Effect.Announce(Prefix prefix, PathAttributes attributes) ->
                speaker.originate(Map.of(prefix, attributes));
            case Effect.Withdraw(List<Prefix> prefixes) -> speaker.withdraw(prefixes);
            case Effect.AdminAddress _ -> {} // the mesh's alone
        }
        if (mesh != null) {
            mesh.carriedOut(effect); // after the kernel's writer, which it tells more
        }
    }

    private void observed(RouteEvent event) {
        kernel.tell(dataplane -> dataplane.observed(event));
        links.observed(event);
        if (mesh != null) {
            mesh.observed(event);
        }
        if (SegmentPlane.isOfGuest(event)) {
            segments.observed(event);
        }
    }

    private void lead(IpAddress nextHop, Encrypted path, Target.Gateway routed, InterfaceIndex frames, int mtuBytes) {
        kernel.tell(dataplane -> dataplane.lead(nextHop, path, routed, mtuBytes));
        segments.lead(nextHop, path, frames);
    }

    private void probed(PathStatus path) {
        if (mesh != null && path.path().kind() == ProbedPath.Kind.ENCRYPTED) {
            mesh.probed(path);
        }
    }

    private boolean isMeshFull() {
        return mesh != null && mesh.isFull();
    }

    private void measure(Condition condition) {
        Duration latency = condition.latency();
        if (condition.state() == ConditionState.TRUE && latency != null) {
            metrics.conditionHeld(condition.kind(), latency);
        }
    }

    private void report(List<Progress> progress) {
        intent.tell(current -> progress.forEach(each -> current.progress(each, IntentLoop.now())));
    }

    private void reportPortRules(InterfaceName device, Optional<String> obstacle) {
        intent.tell(current -> current.portRules(device, obstacle.orElse(null), IntentLoop.now()));
    }

    private void guestSeen(InterfaceIndex link) {
        kernel.tell(dataplane -> dataplane.guestSeen(link));
    }

    private void resumeBgp() {
        if (!kernel.isFull() && !intent.isFull() && !segments.isFull() && !isMeshFull()) {
            speaker.resume();
        }
    }

    /// What the segments' loop finds out goes to `intent`.
    private final class FromSegments implements SegmentLoop.Reports {
        @Override
        public void port(InterfaceName device, @Nullable String obstacle) {
            intent.tell(current -> current.port(device, obstacle, IntentLoop.now()));
        }

        @Override
        public void labels(List<EvpnAction.Label> labels) {
            intent.tell(current -> current.labels(labels));
        }

        @Override
        public void labelsComplete() {
            intent.tell(Intent::labelsComplete);
        }
    }

    /// What the speaker hears goes to `intent`, which passes routes on to `kernel`.
    private final class FromBgp implements LocRibListener {
        @Override
        public void changed(RibDelta delta) {
            intent.tell(current -> current.routes(delta));
        }

        @Override
        public void evpn(List<EvpnChange> changes) {
            segments.changed(changes);
        }

        @Override
        public void inSync(AddressFamily family) {
            if (family.isUnicast()) {
                intent.tell(current -> current.routesComplete(family, IntentLoop.now()));
            } else if (family.equals(AddressFamily.L2VPN_EVPN)) {
                segments.complete();
            }
        }

        @Override
        public void peerChanged(PeerStatus peer) {
            boolean up = peer.state() == SessionState.ESTABLISHED;
            links.sessionChanged(peer.address(), up);
            bfdPeers.sessionChanged(peer.address(), up);
            events.append(revision -> new Event.PeerChanged(
                    revision, peer.since(), peer.address(), peer.state().text(), peer.reason()));
        }

        @Override
        public void advertised(List<Prefix> prefixes) {
            intent.tell(current -> current.advertised(prefixes, IntentLoop.now()));
        }

        @Override
        public boolean ready() {
            return !intent.isFull() && !kernel.isFull() && !segments.isFull() && !isMeshFull();
        }
    }

    /// Ends without a word to peers and leaves all in the kernel as it is, so that nothing is lost until the next
    /// start.
    @Override
    public void close() {
        http.close();
        metadata.close();
        kernelEvents.close();
        segmentEvents.close();
        if (ruleEvents != null) {
            ruleEvents.close();
        }
        drops.stop();
        if (dropsThread != null) {
            RoleThreads.join(dropsThread); // it asks intent
        }
        closeFiles();
        helpers.close(); // they ask intent
        intent.close();
        kernel.close();
        segments.close();
        if (mesh != null) {
            mesh.close();
        }
        probes.close();
        gateway.close();
        store.close();
        monitors.close();
        links.close();
        bfd.close(); // its neighbours hear that it is no fault
        threads.join();
        courier.close(); // thread kernel has ended, and waits for it no more
        if (courierThread != null) {
            RoleThreads.join(courierThread);
        }
        speaker.close();
        drops.close();
        firewall.close();
        rtnl.close();
    }

    private void closeFiles() {
        try {
            files.close();
            if (filesThread != null) {
                RoleThreads.join(filesThread); // it asks intent
            }
        } catch (IOException e) {
            LOG.warn("event=not-closed what=endpoint-files reason=\"{}\"", e.toString());
        }
    }
}
