package slash32.agent;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.HostProtectionConfig;
import slash32.agent.config.SocketEndpoint;
import slash32.net.Prefix;
import slash32.securitygroup.HostRules;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Traffic;

/// A configuration as what may reach the host itself: what the operator says, and what the agent needs.
final class HostSettings {
    /// RFC 7348 §5.
    private static final Traffic.Ports VXLAN = new Traffic.Ports(IpProtocol.UDP, 4789, 4789);

    private HostSettings() {}

    /// Null if nothing is said of the host.
    static @Nullable HostRules of(AgentConfig config) {
        HostProtectionConfig protection = config.hostProtection();
        if (protection == null) {
            return null;
        }
        var peers = new HashSet<Prefix>();
        config.peers().stream()
                .filter(peer -> peer.link() == null) // those are known by link-local addresses
                .forEach(peer -> peers.add(peer.address().hostPrefix()));
        config.peerRanges().forEach(range -> peers.add(range.prefix()));
        Set<Integer> ports = config.listen().stream().map(SocketEndpoint::port).collect(Collectors.toSet());
        return new HostRules(protection.failsafePorts(), peers, ports, tunnels(config), protection.allow());
    }

    private static List<Traffic.Ports> tunnels(AgentConfig config) {
        return config.segments().isEmpty() ? List.of() : List.of(VXLAN);
    }
}
