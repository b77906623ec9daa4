package slash32.securitygroup;

import static slash32.securitygroup.InvalidRuleException.require;

import slash32.net.IpAddress;

/// What a flow begins with, as far as rules look at it.
///
/// @param first the source port, or the type of ICMP; 0 for a protocol that has neither
/// @param second the destination port, or the code of ICMP; 0 for a protocol that has neither
public record FirstPacket(IpAddress source, IpAddress destination, IpProtocol protocol, int first, int second) {
    public FirstPacket {
        require(
                source.bits() == destination.bits(),
                "to",
                "must be of the family of from, " + source + ", was " + destination);
    }

    /// True if it is a message of ICMP of its family.
    boolean isIcmp() {
        return protocol.equals(source.isIpv4() ? IpProtocol.ICMP : IpProtocol.ICMPV6);
    }

    boolean isUdp(int source, int destination) {
        return protocol.equals(IpProtocol.UDP) && first == source && second == destination;
    }
}
