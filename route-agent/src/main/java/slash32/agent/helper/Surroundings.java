package slash32.agent.helper;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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

    /// How ExaBGP describes each peer, by which a command may choose among them.
    List<Map<String, String>> neighbors() {
        return peers.entrySet().stream()
                .map(peer -> Map.of(
                        "neighbor", peer.getKey().toString(),
                        "local-ip", String.valueOf(local(peer.getKey())),
                        "local-as", asn.toString(),
                        "peer-as", peer.getValue().toString(),
                        "router-id", routerId.toString()))
                .toList();
    }

    /// Our address toward {@code peer}.
    @Nullable
    IpAddress local(IpAddress peer) {
        return peer.isIpv4() ? self : self6;
    }
}
