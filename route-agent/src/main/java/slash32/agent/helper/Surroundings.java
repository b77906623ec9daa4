package slash32.agent.helper;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.bgp.exabgp.command.CommandLine;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;

/// What commands mean here.
///
/// @param self what "next-hop self" is for IPv4 routes
/// @param self6 the same for IPv6 ones; null if this node has none
/// @param peers AS of each BGP peer, by its address
/// @param version of this program
public record Surroundings(
        Asn asn,
        Ipv4Address routerId,
        Ipv4Address self,
        @Nullable Ipv6Address self6,
        Map<IpAddress, Asn> peers,
        String version) {
    public Surroundings {
        peers = Map.copyOf(peers);
    }

    /// How ExaBGP describes a peer, by which a command may choose it.
    private Map<String, String> description(IpAddress peer) {
        return Map.of(
                "neighbor", peer.toString(),
                "local-ip", String.valueOf(local(peer)),
                "local-as", asn.toString(),
                "peer-as", String.valueOf(peers.get(peer)),
                "router-id", routerId.toString());
    }

    /// The peers that a line names; all if it names none.
    Set<IpAddress> fitting(CommandLine line) {
        return peers.keySet().stream()
                .filter(peer -> line.isFor(description(peer)))
                .collect(Collectors.toSet());
    }

    /// Our address toward {@code peer}.
    @Nullable
    IpAddress local(IpAddress peer) {
        return peer.isIpv4() ? self : self6;
    }
}
