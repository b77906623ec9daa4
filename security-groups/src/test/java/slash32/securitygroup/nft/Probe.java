package slash32.securitygroup.nft;

import java.nio.ByteBuffer;
import slash32.net.IpAddress;
import slash32.net.MacAddress;

/// One packet of a random case.
///
/// @param device behind which its sender is
/// @param first source port, or ICMP type; 0 for a protocol that has neither
/// @param second destination port, or ICMP code
/// @param id of an ICMP message
/// @param reply an answer; of TCP, to a SYN
record Probe(
        String device,
        MacAddress mac,
        IpAddress source,
        IpAddress destination,
        int protocol,
        int first,
        int second,
        int id,
        boolean reply) {
    static final int ICMP = 1;
    static final int TCP = 6;
    static final int UDP = 17;
    static final int ICMPV6 = 58;
    static final int SCTP = 132;

    /// What connection tracking takes for one flow, in the direction of this packet.
    record Flow(int protocol, IpAddress source, IpAddress destination, int first, int second) {
        Flow reversed() {
            return new Flow(protocol, destination, source, second, first);
        }
    }

    boolean isIcmp() {
        return protocol == ICMP || protocol == ICMPV6;
    }

    /// An echo and its reply count as one flow between the same two numbers.
    Flow flow() {
        return isIcmp()
                ? new Flow(protocol, source, destination, (id << 8) | second, (id << 8) | second)
                : new Flow(protocol, source, destination, first, second);
    }

    byte[] packet(byte[] payload) {
        return switch (protocol) {
            case TCP ->
                Packets.tcp(
                        source, first, destination, second, reply ? Packets.SYN | Packets.ACK : Packets.SYN, payload);
            case UDP -> Packets.udp(source, first, destination, second, payload);
            case SCTP -> Packets.sctpInit(source, first, destination, second, payload);
            case ICMP, ICMPV6 ->
                Packets.icmp(
                        source,
                        destination,
                        first,
                        second,
                        ByteBuffer.allocate(4 + payload.length)
                                .putShort((short) id)
                                .putShort((short) 1)
                                .put(payload)
                                .array());
            default -> Packets.protocol(source, destination, protocol, payload);
        };
    }
}
