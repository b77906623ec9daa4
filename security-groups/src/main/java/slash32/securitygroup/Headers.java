package slash32.securitygroup;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.securitygroup.PacketSummary.Arp;
import slash32.securitygroup.PacketSummary.Ip;

/// The headers of packets that may be cut off anywhere.
final class Headers {
    private static final int IPV4_BYTES = 20;
    private static final int IPV6_BYTES = 40;
    private static final int ARP_BYTES = 28;
    private static final Bytes ARP_OF_IPV4 = Bytes.fromHex("0001 0800 06 04");
    private static final int FRAGMENT = 44;
    private static final int AUTHENTICATION = 51;
    /// Hop-by-hop, routing and destination options, whose second octet is their length (RFC 8200 §4).
    private static final Set<Integer> OPTIONS = Set.of(0, 43, 60);

    private Headers() {}

    static @Nullable Arp arp(Bytes packet) {
        byte[] bytes = packet.toArray();
        if (bytes.length < ARP_BYTES || !ARP_OF_IPV4.contentEquals(bytes, 0, ARP_OF_IPV4.length())) {
            return null;
        }
        return new Arp(u16(packet, 6), MacAddress.of(bytes, 8), address(packet, 14, 4), address(packet, 24, 4));
    }

    /// RFC 791 §3.1.
    static @Nullable Ip ipv4(Bytes packet) {
        if (packet.length() < IPV4_BYTES) {
            return null;
        }
        int header = (packet.unsignedAt(0) & 0xf) * 4;
        boolean later = (u16(packet, 6) & 0x1fff) != 0;
        return ip(
                packet,
                address(packet, 12, 4),
                address(packet, 16, 4),
                packet.unsignedAt(9),
                later || header < IPV4_BYTES ? packet.length() : header,
                u16(packet, 2));
    }

    /// RFC 8200 §3 and §4.
    static @Nullable Ip ipv6(Bytes packet) {
        if (packet.length() < IPV6_BYTES) {
            return null;
        }
        int next = packet.unsignedAt(6);
        int at = IPV6_BYTES;
        boolean later = false;
        while (at + 8 <= packet.length() && !later) {
            int length;
            if (OPTIONS.contains(next)) {
                length = (packet.unsignedAt(at + 1) + 1) * 8;
            } else if (next == FRAGMENT) {
                length = 8;
                later = (u16(packet, at + 2) & 0xfff8) != 0;
            } else if (next == AUTHENTICATION) {
                length = (packet.unsignedAt(at + 1) + 2) * 4;
            } else {
                break;
            }
            next = packet.unsignedAt(at);
            at += length;
        }
        return ip(
                packet,
                address(packet, 8, 16),
                address(packet, 24, 16),
                next,
                later ? packet.length() : at,
                IPV6_BYTES + u16(packet, 4));
    }

    /// @param at where the transport header is; the packet's end if it has none
    private static Ip ip(Bytes packet, IpAddress source, IpAddress destination, int protocol, int at, int lengthBytes) {
        var number = new IpProtocol(protocol);
        Integer first = null;
        Integer second = null;
        boolean icmp = number.equals(source.isIpv4() ? IpProtocol.ICMP : IpProtocol.ICMPV6);
        if (icmp && at + 2 <= packet.length()) {
            first = packet.unsignedAt(at);
            second = packet.unsignedAt(at + 1);
        } else if (number.hasPorts() && at + 4 <= packet.length()) {
            first = u16(packet, at);
            second = u16(packet, at + 2);
        }
        return new Ip(source, destination, number, first, second, lengthBytes);
    }

    private static int u16(Bytes packet, int at) {
        return packet.unsignedAt(at) << 8 | packet.unsignedAt(at + 1);
    }

    private static IpAddress address(Bytes packet, int at, int length) {
        return IpAddress.of(Bytes.copyOf(packet.toArray(), at, length).toArray());
    }
}
