package slash32.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.api.Api;
import slash32.agent.api.EventLog;
import slash32.agent.api.NodeControl;
import slash32.agent.api.http.HttpServer;
import slash32.agent.api.http.Limits;
import slash32.agent.cli.RunningAgent;
import slash32.agent.config.ReflectorConfig;
import slash32.agent.config.SocketEndpoint;
import slash32.agent.metrics.AgentMetrics;
import slash32.agent.metrics.MetricsPages;
import slash32.agent.status.Event;
import slash32.agent.status.EvpnView;
import slash32.agent.status.MemoryView;
import slash32.agent.status.RouteView;
import slash32.agent.status.Snapshot;
import slash32.bgp.bfd.udp.BfdLoop;
import slash32.bgp.session.SessionState;
import slash32.bgp.speaker.LocRibListener;
import slash32.bgp.speaker.PeerStatus;
import slash32.bgp.speaker.Speaker;
import slash32.bgp.speaker.monitor.BmpLoop;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// A BGP route reflector (RFC 4456): the agent's speaker, API and metrics without a host around them. It touches
/// nothing in the kernel but its sockets.
public final class RouteReflector implements RunningAgent<ReflectorConfig> {
    private static final Logger LOG = LoggerFactory.getLogger(RouteReflector.class);
    private static final int EVENTS_KEPT = 65_536;
    private static final List<String> NODE_KEYS = List.of("asn", "routerId", "clusterId", "listen", "settleTime");

    private final ReflectorConfig started;
    private final EventLog events = new EventLog(EVENTS_KEPT, Instant.now().toEpochMilli() * 1_000);
    private final Set<AddressFamily> inSync = ConcurrentHashMap.newKeySet();
    private final Speaker speaker;
    private final BfdLoop bfd;
    private final BfdPeers bfdPeers;
    private final BgpMonitors monitors;
    private final AgentMetrics metrics = new AgentMetrics();
    private final HttpServer http;
    private final RoleThreads threads = new RoleThreads();

    /// Joins the parts; nothing runs before {@link #start}.
    public RouteReflector(ReflectorConfig config, String version) throws IOException {
        started = config;
        speaker = new Speaker(BgpSettings.of(config), new FromBgp());
        var speaking = new BmpLoop.Speaking(
                config.name(),
                "slash32 " + version,
                config.asn(),
                new BgpIdentifier(config.routerId().value()));
        monitors = new BgpMonitors(config.monitoring(), speaking, speaker.monitoring());
        bfd = BfdLoop.open(speaker::linkDown);
        bfdPeers = new BfdPeers(bfd);
        bfdPeers.configure(BgpSettings.bfd(config), BgpSettings.bfdRanges(config));
        var control = new Shown(new Snapshot.Node(config.name(), version, Instant.now()));
        metrics.watchReflector(control::snapshot);
        metrics.watchBfdDiscards(bfd::discarded);
        metrics.configAccepted(Instant.now());
        http = new HttpServer(Limits.DEFAULT);
        ApiSocket.listen(http, config.api(), Api.ofReflector(control, InstantSource.system()), metrics);
        SocketEndpoint scrape = config.metricsListen();
        http.listen(
                scrape.address(),
                scrape.port(),
                new MetricsPages(metrics, () -> control.snapshot().inSync()));
    }

    @Override
    public void start() throws IOException {
        threads.start("bfd", bfd::run);
        monitors.start();
        speaker.start();
        speaker.initialRoutesOriginated(); // it has none of its own
        LOG.info("event=started reflector={} as={} cluster={}", started.name(), started.asn(), started.clusterId());
    }

    @Override
    public List<String> reload(ReflectorConfig config) throws IOException {
        List<String> needRestart = started.fixedKeysUnlike(config);
        if (Collections.disjoint(needRestart, NODE_KEYS)) {
            speaker.reconfigure(BgpSettings.of(config));
            bfdPeers.configure(BgpSettings.bfd(config), BgpSettings.bfdRanges(config));
        }
        metrics.configAccepted(Instant.now());
        return needRestart;
    }

    @Override
    public void reloadRefused() {
        metrics.configRefused();
    }

    /// Ends without a word to peers: those with graceful restart keep what they learned here until the next start.
    @Override
    public void close() {
        http.close();
        bfd.close(); // its neighbours hear that it is no fault
        threads.join();
        monitors.close();
        speaker.close();
    }

    /// Sessions become events; routes stay in the speaker.
    private final class FromBgp implements LocRibListener {
        @Override
        public void inSync(AddressFamily family) {
            if (inSync.add(family) && isInSync()) {
                events.append(revision -> new Event.SyncChanged(revision, Instant.now(), true));
            }
        }

        @Override
        public void peerChanged(PeerStatus peer) {
            bfdPeers.sessionChanged(peer.address(), peer.state() == SessionState.ESTABLISHED);
            events.append(revision -> new Event.PeerChanged(
                    revision, peer.since(), peer.address(), peer.state().text(), peer.reason()));
        }
    }

    private boolean isInSync() {
        return inSync.containsAll(List.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST));
    }

    /// The reflector as its API sees it.
    private final class Shown implements NodeControl {
        private final Snapshot.Node node;

        Shown(Snapshot.Node node) {
            this.node = node;
        }

        @Override
        public Snapshot snapshot() {
            var bgp = speaker.status();
            return new Snapshot(
                    events.revision(),
                    node,
                    isInSync(),
                    List.of(),
                    List.of(),
                    List.of(),
                    BgpViews.peers(bgp, bfd.status()),
                    BgpViews.ribs(bgp),
                    0,
                    List.of(),
                    null);
        }

        @Override
        public Collection<RouteView> routes(@Nullable Prefix within) {
            return speaker.bestPaths(within).stream()
                    .map(path -> {
                        IpAddress nextHop =
                                Objects.requireNonNull(path.attributes().nextHop(), "a unicast path has a next hop");
                        var remote = new RouteView.Path.Remote(nextHop, path.from());
                        return new RouteView(
                                path.prefix(), remote, path.attributes().localPref(), List.of(), null);
                    })
                    .toList();
        }

        @Override
        public List<EvpnView> evpn() {
            return BgpViews.evpn(speaker.bestEvpn());
        }

        @Override
        public MemoryView memory() {
            return ProcessMemory.view(speaker.sizes());
        }

        @Override
        public void dumpRoutes(OutputStream out) throws IOException {
            monitors.dump(out);
        }

        @Override
        public EventLog events() {
            return events;
        }
    }
}
