package slash32.agent.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;

/// A route reflector's configuration, complete: what the file left out has its default here.
///
/// @param name for people and metrics: 1 to 63 characters
/// @param routerId its BGP Identifier (RFC 6286: any but 0.0.0.0)
/// @param clusterId of RFC 4456 §7: the same in the reflectors of one cluster
/// @param listen where BGP connections are accepted; an unspecified address is all of its family
/// @param peers in the file's order, no address twice
/// @param peerRanges of peers that connect; the first that has an address counts
/// @param gracefulRestart Restart Time proposed in OPEN: 0 to 4095 whole seconds (RFC 4724 §3)
/// @param settleTime after the start, how long others may take to say what they had before anybody gets End-of-RIB
/// @param metricsListen where Prometheus scrapes
public record ReflectorConfig(
        String name,
        Asn asn,
        Ipv4Address routerId,
        Ipv4Address clusterId,
        List<SocketEndpoint> listen,
        List<PeerConfig> peers,
        List<PeerRangeConfig> peerRanges,
        Duration gracefulRestart,
        Duration settleTime,
        SocketEndpoint metricsListen,
        ApiConfig api,
        MonitoringConfig monitoring) {
    /// Those that it can reflect.
    static final List<AddressFamily> FAMILIES = List.of(
            AddressFamily.IPV4_UNICAST,
            AddressFamily.IPV6_UNICAST,
            AddressFamily.L2VPN_EVPN,
            AddressFamily.RT_CONSTRAIN,
            AddressFamily.IPV4_VPN,
            AddressFamily.IPV6_VPN,
            AddressFamily.IPV4_LABELED,
            AddressFamily.IPV6_LABELED,
            AddressFamily.IPV4_MULTICAST,
            AddressFamily.IPV6_MULTICAST,
            AddressFamily.IPV4_FLOWSPEC,
            AddressFamily.IPV6_FLOWSPEC,
            AddressFamily.IPV4_FLOWSPEC_VPN,
            AddressFamily.IPV6_FLOWSPEC_VPN);

    /// Of which a peer may send and be sent more paths than one: of a membership one says all.
    static final List<AddressFamily> PATH_FAMILIES = FAMILIES.stream()
            .filter(family -> !family.equals(AddressFamily.RT_CONSTRAIN))
            .toList();

    public static final Path DEFAULT_FILE = Path.of("/etc/slash32/reflector.yaml");
    static final Path DEFAULT_API_SOCKET = Path.of("/run/slash32/reflector.sock");
    static final SocketEndpoint DEFAULT_LISTEN = SocketEndpoint.parse("0.0.0.0:179");
    static final SocketEndpoint DEFAULT_METRICS_LISTEN = SocketEndpoint.parse("127.0.0.1:9933");
    static final Duration DEFAULT_SETTLE_TIME = Duration.ofSeconds(30);

    public ReflectorConfig {
        listen = List.copyOf(listen);
        peers = List.copyOf(peers);
        peerRanges = List.copyOf(peerRanges);
        if (peers.stream().map(PeerConfig::address).distinct().count() != peers.size()) {
            throw new IllegalArgumentException("a peer is there twice");
        }
    }

    /// The address that {@code peer} knows us by; null if the kernel chooses it.
    public @Nullable IpAddress local(IpAddress peer) {
        return local(listen, peer);
    }

    static @Nullable IpAddress local(List<SocketEndpoint> listen, IpAddress peer) {
        return listen.stream()
                .map(SocketEndpoint::address)
                .filter(address -> address.isIpv4() == peer.isIpv4() && !address.isUnspecified())
                .findFirst()
                .orElse(null);
    }

    /// Keys other than peers and gracefulRestart that have another value in {@code other}, as they are in the file.
    public List<String> fixedKeysUnlike(ReflectorConfig other) {
        var unlike = new ArrayList<String>();
        AgentConfig.note(unlike, "name", name.equals(other.name));
        AgentConfig.note(unlike, "asn", asn.equals(other.asn));
        AgentConfig.note(unlike, "routerId", routerId.equals(other.routerId));
        AgentConfig.note(unlike, "clusterId", clusterId.equals(other.clusterId));
        AgentConfig.note(unlike, "listen", listen.equals(other.listen));
        AgentConfig.note(unlike, "settleTime", settleTime.equals(other.settleTime));
        AgentConfig.note(unlike, "metrics.listen", metricsListen.equals(other.metricsListen));
        api.note(unlike, other.api);
        monitoring.note(unlike, other.monitoring);
        return unlike;
    }
}
