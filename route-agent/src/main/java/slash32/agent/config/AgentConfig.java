package slash32.agent.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.SegmentTerms;
import slash32.net.Asn;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.overlay.choice.Carriage;

/// One node's configuration, complete: what the file left out has its default here.
///
/// @param node its name, for people and metrics: 1 to 63 characters
/// @param asn of this node
/// @param routerId its BGP Identifier (RFC 6286: any but 0.0.0.0)
/// @param peers in the file's order, no address twice on a link
/// @param peerRanges of peers that connect; the first that has an address counts
/// @param listen where BGP connections are accepted; empty for nowhere
/// @param gracefulRestart Restart Time proposed in OPEN: 0 to 4095 whole seconds (RFC 4724 §3)
/// @param gracefulShutdown our routes are the last choice, so that traffic leaves before the node does (RFC 8326)
/// @param maximumPaths to one prefix that packets are shared out to, all equally good: 1 to 64
/// @param processes helpers, no name twice
/// @param endpointsDirectory absolute path of the folder whose files state endpoints; needn't be there
/// @param endpointPrefixes that every endpoint's addresses must be in; none for any address
/// @param hostProtection null leaves the host's own services to others
/// @param metadata null for a node whose metadata are all in its endpoints
/// @param stateDirectory absolute path of the folder that holds desired state
/// @param overlay null for a node that reaches no other site
/// @param pathProbeInterval between looks at the path to each node of an overlay; zero for none
/// @param segmentRoutesPerNode how many routes of type 2 a segment takes of one other node
/// @param segments Layer 2 domains that this node takes part in, no VNI and no device twice; by which rules their
///     frames go; and to whom VNIs are delegated
public record AgentConfig(
        String node,
        SiteConfig site,
        Asn asn,
        Ipv4Address routerId,
        UnderlayConfig underlay,
        List<PeerConfig> peers,
        List<PeerRangeConfig> peerRanges,
        List<SocketEndpoint> listen,
        Duration gracefulRestart,
        boolean gracefulShutdown,
        int maximumPaths,
        MetricsConfig metrics,
        ApiConfig api,
        List<ProcessConfig> processes,
        Path endpointsDirectory,
        List<Prefix> endpointPrefixes,
        @Nullable MetadataConfig metadata,
        Path stateDirectory,
        MonitoringConfig monitoring,
        @Nullable HostProtectionConfig hostProtection,
        @Nullable OverlayConfig overlay,
        Duration pathProbeInterval,
        int segmentRoutesPerNode,
        SegmentTerms segments) {
    public static final Path DEFAULT_FILE = Path.of("/etc/slash32/agent.yaml");
    public static final Path DEFAULT_API_SOCKET = Path.of("/run/slash32/agent.sock");
    static final Path DEFAULT_ENDPOINTS_DIRECTORY = Path.of("/etc/slash32/endpoints.d");
    static final Path DEFAULT_STATE_DIRECTORY = Path.of("/var/lib/slash32");
    static final Duration DEFAULT_GRACEFUL_RESTART = Duration.ofMinutes(2);
    static final Duration DEFAULT_PROBE_INTERVAL = Duration.ofSeconds(30);

    public AgentConfig {
        peers = List.copyOf(peers);
        peerRanges = List.copyOf(peerRanges);
        listen = List.copyOf(listen);
        processes = List.copyOf(processes);
        endpointPrefixes = List.copyOf(endpointPrefixes);
        var addresses = new HashSet<>();
        for (PeerConfig peer : peers) {
            if (!addresses.add(peer.address() + "%" + peer.link())) {
                throw new IllegalArgumentException("peer " + peer.address() + " is there twice");
            }
        }
        if (routerId.isUnspecified()) {
            throw new IllegalArgumentException("routerId must not be 0.0.0.0");
        }
    }

    /// All addresses of the fabric's guests.
    public List<Prefix> guests() {
        return overlay == null || overlay.guests().isEmpty() ? endpointPrefixes : overlay.guests();
    }

    /// This node in the admin network; null if it is not there.
    public OverlayConfig.@Nullable Admin admin() {
        return overlay == null ? null : overlay.admin();
    }

    /// Where other sites reach this node.
    public Ipv4Address external() {
        return underlay.external() instanceof Ipv4Address v4 ? v4 : underlay.address();
    }

    /// What routed packets from here to other sites may be put into.
    public Set<Carriage> carriages() {
        return segments.overlays().stream()
                .filter(rule -> rule.holdsIn(site.id()))
                .flatMap(rule -> Stream.ofNullable(rule.carriage()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /// Keys that only a restart takes and that have another value in {@code other}, as they are in the file.
    public List<String> fixedKeysUnlike(AgentConfig other) {
        var unlike = new ArrayList<String>();
        note(unlike, "node", node.equals(other.node));
        note(unlike, "site", site.equals(other.site));
        note(unlike, "asn", asn.equals(other.asn));
        note(unlike, "routerId", routerId.equals(other.routerId));
        note(unlike, "underlay", underlay.equals(other.underlay));
        note(unlike, "listen", listen.equals(other.listen));
        note(unlike, "bgp.maximumPaths", maximumPaths == other.maximumPaths);
        note(unlike, "metrics.listen", metrics.listen().equals(other.metrics.listen()));
        note(unlike, "metrics.endpoints", metrics.endpoints() == other.metrics.endpoints());
        api.note(unlike, other.api);
        note(unlike, "endpointsDirectory", endpointsDirectory.equals(other.endpointsDirectory));
        note(unlike, "endpointPrefixes", endpointPrefixes.equals(other.endpointPrefixes));
        note(unlike, "metadata", Objects.equals(metadata, other.metadata));
        note(unlike, "stateDirectory", stateDirectory.equals(other.stateDirectory));
        monitoring.note(unlike, other.monitoring);
        note(unlike, "overlays", segments.overlays().equals(other.segments.overlays()));
        note(unlike, "overlay", Objects.equals(overlay, other.overlay));
        note(unlike, "pathProbeInterval", pathProbeInterval.equals(other.pathProbeInterval));
        note(unlike, "segmentRoutesPerNode", segmentRoutesPerNode == other.segmentRoutesPerNode);
        return unlike;
    }

    static void note(List<String> unlike, String key, boolean isLike) {
        if (!isLike) {
            unlike.add(key);
        }
    }
}
