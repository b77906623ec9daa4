package slash32.securitygroup;

import static slash32.securitygroup.InvalidRuleException.require;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// What may reach the host itself by an interface that is no guest's. Answers to what the host asks, ICMP and its own
/// DHCP always may; all else is dropped.
///
/// @param failsafePorts TCP ports that are open to everybody whatever else is said: the operator's way in, at least one
/// @param peers BGP peers, which may connect to {@code bgpPorts} and watch us with BFD
/// @param bgpPorts TCP ports where BGP listens
/// @param fromNodes what nodes that we reach in the clear may send, as their tunnels do
/// @param overlayEnd our address where the overlay takes IKE and ESP, from everybody: from whom, the guard between
///     sites says before this; null without an overlay
/// @param allow what else may, one that fits is enough
public record HostRules(
        Set<Integer> failsafePorts,
        Set<Prefix> peers,
        Set<Integer> bgpPorts,
        List<Traffic> fromNodes,
        @Nullable IpAddress overlayEnd,
        List<HostRule> allow) {
    public HostRules {
        failsafePorts = Set.copyOf(failsafePorts);
        peers = Set.copyOf(peers);
        bgpPorts = Set.copyOf(bgpPorts);
        fromNodes = List.copyOf(fromNodes);
        allow = List.copyOf(allow);
        require(!failsafePorts.isEmpty(), "failsafePorts", "must name the port by which the operator gets in");
        for (Set<Integer> ports : List.of(failsafePorts, bgpPorts)) {
            for (int port : ports) {
                require(port >= 1 && port <= Traffic.MAX_PORT, "failsafePorts", "must be 1 to 65535, one was " + port);
            }
        }
    }
}
