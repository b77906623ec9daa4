package slash32.agent;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.HostProtectionConfig;
import slash32.agent.config.OverlayConfig;
import slash32.agent.config.PeerConfig;
import slash32.agent.config.SocketEndpoint;
import slash32.agent.intent.AdminNetwork;
import slash32.agent.intent.OverlayRule;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Prefix;
import slash32.overlay.choice.Carriage;
import slash32.overlay.choice.SiteId;
import slash32.overlay.evpn.Encapsulation;
import slash32.securitygroup.HostRules;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Traffic;

/// A configuration as what may reach the host itself: what the operator says, and what the agent needs.
final class HostSettings {
    /// Control, echo, multihop (RFC 5881 §4, RFC 5883 §5).
    private static final Set<Integer> BFD_PORTS = Set.of(3784, 3785, 4784);

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
        return new HostRules(
                protection.failsafePorts(),
                peers,
                ports,
                tunnels(config),
                config.overlay() == null ? null : config.external(),
                protection.allow());
    }

    /// This node in the admin network, and what never goes there; null if it has no part in it.
    static @Nullable AdminNetwork adminNetwork(AgentConfig config) {
        OverlayConfig.Admin admin = config.admin();
        if (admin == null) {
            return null;
        }
        Set<Integer> bgp = new TreeSet<>(Set.of(PeerConfig.DEFAULT_PORT));
        config.listen().forEach(listened -> bgp.add(listened.port()));
        config.peers().forEach(peer -> bgp.add(peer.port()));
        Set<Integer> udp = new TreeSet<>(BFD_PORTS);
        udp.addAll(tunnelPorts(config));
        return new AdminNetwork(admin.address(), admin.prefix(), bgp, udp);
    }

    /// UDP ports that frames of segments may go to.
    static Set<Integer> tunnelPorts(AgentConfig config) {
        Set<Integer> ports = statedPorts(config, _ -> true);
        ports.add(Encapsulation.VXLAN_PORT);
        return ports;
    }

    /// Those of them that are for frames of some sites' nodes alone, as all rules that hold here and have the port say.
    static Map<Integer, Set<SiteId>> limitedPorts(AgentConfig config) {
        OverlayRule usual = config.segments().overlay(OverlayRule.DEFAULT_NAME);
        var limited = new TreeMap<Integer, Set<SiteId>>();
        for (int port : tunnelPorts(config)) {
            List<OverlayRule> rules = Stream.concat(config.segments().overlays().stream(), Stream.ofNullable(usual))
                    .filter(rule ->
                            rule.port() == port && rule.holdsIn(config.site().id()))
                    .toList();
            if (rules.stream().noneMatch(rule -> rule.sites().isEmpty())) {
                limited.put(
                        port,
                        rules.stream().flatMap(rule -> rule.sites().stream()).collect(Collectors.toSet()));
            }
        }
        return limited;
    }

    private static Set<Integer> statedPorts(AgentConfig config, Predicate<OverlayRule> which) {
        var ports = new TreeSet<Integer>();
        config.segments().overlays().stream().filter(which).forEach(rule -> ports.add(rule.port()));
        config.segments()
                .segments()
                .forEach(segment -> ports.add(segment.encapsulation().port()));
        return ports;
    }

    /// The ports of overlay rules that hold here, and of the one that is always there if there is EVPN to use it with;
    /// and GRE, which the guard between sites takes from the overlay alone.
    private static List<Traffic> tunnels(AgentConfig config) {
        Set<Integer> ports =
                statedPorts(config, rule -> rule.holdsIn(config.site().id()));
        if (config.peers().stream().anyMatch(peer -> peer.families().contains(AddressFamily.L2VPN_EVPN))) {
            ports.add(Encapsulation.VXLAN_PORT);
        }
        var tunnels = new ArrayList<Traffic>();
        ports.forEach(port -> tunnels.add(new Traffic.Ports(IpProtocol.UDP, port, port)));
        if (config.carriages().contains(Carriage.GRE)) {
            tunnels.add(new Traffic.OfProtocol(new IpProtocol(Carriage.GRE_PROTOCOL)));
        }
        return tunnels;
    }
}
