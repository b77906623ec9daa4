package slash32.securitygroup;

import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.MacAddress;

/// What a packet says of itself, for people. Its bytes are a stranger's, and may end anywhere.
public sealed interface PacketSummary {
    /// A packet of IPv4 or IPv6.
    ///
    /// @param first the source port, or the type of ICMP; null if it has none, or not here (a later fragment)
    /// @param second the destination port, or the code of ICMP; null likewise
    /// @param lengthBytes as it says itself, headers included
    record Ip(
            IpAddress source,
            IpAddress destination,
            IpProtocol protocol,
            @Nullable Integer first,
            @Nullable Integer second,
            int lengthBytes)
            implements PacketSummary {
        /// True if {@code first} and {@code second} are type and code.
        public boolean isIcmp() {
            return protocol.equals(source.isIpv4() ? IpProtocol.ICMP : IpProtocol.ICMPV6);
        }

        /// {@code udp 10.0.0.1:53 > 10.0.0.2:4000 length 60}
        @Override
        public String toString() {
            String from = source.toString();
            String to = destination.toString();
            String kind = protocol.name();
            if (first != null && second != null && !isIcmp()) {
                from = at(source, first);
                to = at(destination, second);
            } else if (first != null) {
                kind += " type " + first + " code " + second;
            }
            return kind + " " + from + " > " + to + " length " + lengthBytes;
        }

        private static String at(IpAddress address, int port) {
            return (address.isIpv4() ? address.toString() : "[" + address + "]") + ":" + port;
        }
    }

    /// An ARP packet (RFC 826).
    ///
    /// @param operation 1 asks, 2 answers
    record Arp(int operation, MacAddress senderMac, IpAddress sender, IpAddress target) implements PacketSummary {
        /// {@code arp 52:54:00:00:00:01 10.0.0.1 > 10.0.0.2 operation 1}
        @Override
        public String toString() {
            return "arp " + senderMac + " " + sender + " > " + target + " operation " + operation;
        }
    }

    /// One that ends before it says what it is, or none of these.
    record Other(int etherType, int copiedBytes) implements PacketSummary {
        /// {@code ethertype 0x0800, 12 bytes}
        @Override
        public String toString() {
            return "ethertype 0x%04x, %d bytes".formatted(etherType, copiedBytes);
        }
    }

    int ETHER_ARP = 0x0806;

    /// Reads as much as there is.
    ///
    /// @param etherType where the family is not said by the packet
    static PacketSummary of(int etherType, Bytes packet) {
        @Nullable PacketSummary read = null;
        if (etherType == ETHER_ARP) {
            read = Headers.arp(packet);
        } else if (packet.length() > 0 && packet.unsignedAt(0) >> 4 == 4) {
            read = Headers.ipv4(packet);
        } else if (packet.length() > 0 && packet.unsignedAt(0) >> 4 == 6) {
            read = Headers.ipv6(packet);
        }
        return read == null ? new Other(etherType, packet.length()) : read;
    }
}
