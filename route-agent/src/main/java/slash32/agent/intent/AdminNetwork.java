package slash32.agent.intent;

import java.util.Set;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.IpProtocol;

/// This node's place in the network between hypervisors (docs/adr/0040).
///
/// @param network all addresses of nodes in it, of IPv4
/// @param tcpPorts that nothing there goes to or comes from: those of BGP
/// @param udpPorts that nothing there goes to: those of BFD, and of frames of segments
public record AdminNetwork(Ipv4Address address, Prefix network, Set<Integer> tcpPorts, Set<Integer> udpPorts) {
    /// IP in IP, IPv6 in IP, GRE.
    private static final Set<Integer> TUNNELS = Set.of(4, 41, 47);

    public AdminNetwork {
        tcpPorts = Set.copyOf(tcpPorts);
        udpPorts = Set.copyOf(udpPorts);
    }

    /// True for what never goes there, whoever sends it.
    boolean bars(FirstPacket packet) {
        if (packet.protocol().equals(IpProtocol.TCP)) {
            return tcpPorts.contains(packet.first()) || tcpPorts.contains(packet.second());
        }
        return packet.protocol().equals(IpProtocol.UDP)
                ? udpPorts.contains(packet.second())
                : TUNNELS.contains(packet.protocol().number());
    }
}
