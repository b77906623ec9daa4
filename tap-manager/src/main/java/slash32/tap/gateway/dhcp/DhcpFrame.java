package slash32.tap.gateway.dhcp;

import java.nio.ByteBuffer;
import slash32.net.MacAddress;
import slash32.tap.gateway.InternetChecksum;
import slash32.tap.gateway.Refusal;

/// A frame from the guest, as far as DHCP understands it.
///
/// UDP checksums are not looked at: where the guest leaves them to its virtual card, as every virtio guest may, nobody
/// fills them in on the way to us.
sealed interface DhcpFrame permits Dhcp4Request, Dhcp6Request, DhcpFrame.Unread {
    int ETHERNET_HEADER = 14;
    int ETHERTYPE_IPV4 = 0x0800;
    int ETHERTYPE_IPV6 = 0x86dd;
    int IPV6_HEADER = 40;
    int UDP_HEADER = 8;
    int PROTOCOL_UDP = 17;
    int SERVER_PORT = 67;
    int CLIENT_PORT = 68;
    int SERVER_PORT_6 = 547;
    int CLIENT_PORT_6 = 546;

    /// Not a frame that can be answered.
    record Unread(Refusal reason) implements DhcpFrame {}

    /// Reads an Ethernet frame without a VLAN tag from {@code frame[0, length)}.
    static DhcpFrame decode(byte[] frame, int length) {
        if (length < ETHERNET_HEADER) {
            return new Unread(Refusal.MALFORMED);
        }
        ByteBuffer in = ByteBuffer.wrap(frame, 0, length);
        return switch (u16(in, 12)) {
            case ETHERTYPE_IPV4 -> ipv4(frame, in, length);
            case ETHERTYPE_IPV6 -> ipv6(in, length);
            default -> new Unread(Refusal.NOT_A_QUESTION);
        };
    }

    private static DhcpFrame ipv4(byte[] frame, ByteBuffer in, int length) {
        int at = ETHERNET_HEADER;
        if (length < at + 20) {
            return new Unread(Refusal.MALFORMED);
        }
        int header = (in.get(at) & 0x0f) * 4;
        int end = at + u16(in, at + 2);
        boolean fragment = (u16(in, at + 6) & 0x3fff) != 0;
        if ((in.get(at) & 0xf0) != 0x40 || header < 20 || end > length || at + header + UDP_HEADER > end || fragment) {
            return new Unread(Refusal.MALFORMED);
        }
        if (InternetChecksum.of(frame, at, at + header, 0) != 0) {
            return new Unread(Refusal.BAD_CHECKSUM);
        }
        if (in.get(at + 9) != PROTOCOL_UDP) {
            return new Unread(Refusal.NOT_A_QUESTION);
        }
        int udp = at + header;
        return u16(in, udp + 2) == SERVER_PORT && udpFits(in, udp, end)
                ? Dhcp4Request.decode(in, udp + UDP_HEADER, udp + u16(in, udp + 4))
                : new Unread(udpFits(in, udp, end) ? Refusal.NOT_A_QUESTION : Refusal.MALFORMED);
    }

    private static DhcpFrame ipv6(ByteBuffer in, int length) {
        int udp = ETHERNET_HEADER + IPV6_HEADER;
        if (length < udp + UDP_HEADER || (in.get(ETHERNET_HEADER) & 0xf0) != 0x60) {
            return new Unread(Refusal.MALFORMED);
        }
        int end = udp + u16(in, ETHERNET_HEADER + 4);
        if (end > length || !udpFits(in, udp, end)) {
            return new Unread(Refusal.MALFORMED);
        }
        return in.get(ETHERNET_HEADER + 6) == PROTOCOL_UDP && u16(in, udp + 2) == SERVER_PORT_6
                ? Dhcp6Request.decode(in, udp + UDP_HEADER, udp + u16(in, udp + 4))
                : new Unread(Refusal.NOT_A_QUESTION);
    }

    private static boolean udpFits(ByteBuffer in, int udp, int end) {
        int bytes = u16(in, udp + 4);
        return bytes >= UDP_HEADER && udp + bytes <= end;
    }

    static int u16(ByteBuffer in, int at) {
        return in.getShort(at) & 0xffff;
    }

    static byte[] bytes(ByteBuffer in, int at, int length) {
        byte[] bytes = new byte[length];
        in.get(at, bytes);
        return bytes;
    }

    static MacAddress mac(ByteBuffer in, int at) {
        return MacAddress.of(bytes(in, at, 6), 0);
    }
}
