package slash32.tap.gateway.dhcp;

import java.nio.ByteBuffer;
import slash32.net.Bytes;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.tap.gateway.GatewayTerms;
import slash32.tap.gateway.InternetChecksum;

/// Whole frames from the gateway around a DHCP message.
final class UdpFrame {
    private static final int IPV4_HEADER = 20;
    private static final int HOP_LIMIT = 64;

    private UdpFrame() {}

    /// Who gets an IPv4 message.
    record Recipient4(MacAddress mac, Ipv4Address address) {}

    static Bytes ipv4(GatewayTerms terms, Recipient4 to, byte[] message) {
        int udpLength = DhcpFrame.UDP_HEADER + message.length;
        byte[] frame = new byte[DhcpFrame.ETHERNET_HEADER + IPV4_HEADER + udpLength];
        ByteBuffer out = ByteBuffer.wrap(frame);
        ethernet(out, to.mac(), terms.gatewayMac(), DhcpFrame.ETHERTYPE_IPV4);
        out.putShort((short) 0x4500).putShort((short) (IPV4_HEADER + udpLength));
        out.putInt(0).put((byte) HOP_LIMIT).put((byte) DhcpFrame.PROTOCOL_UDP).putShort((short) 0);
        out.putInt(terms.gatewayIpv4().value()).putInt(to.address().value());
        int udp = out.position();
        int header = udp - IPV4_HEADER;
        out.putShort(header + 10, (short) InternetChecksum.of(frame, header, udp, 0));
        out.putShort((short) DhcpFrame.SERVER_PORT).putShort((short) DhcpFrame.CLIENT_PORT);
        udp(frame, udp, udp - 8, message);
        return Bytes.copyOf(frame);
    }

    static Bytes ipv6(GatewayTerms terms, Ipv6Address to, byte[] message) {
        int udpLength = DhcpFrame.UDP_HEADER + message.length;
        byte[] frame = new byte[DhcpFrame.ETHERNET_HEADER + DhcpFrame.IPV6_HEADER + udpLength];
        ByteBuffer out = ByteBuffer.wrap(frame);
        ethernet(out, terms.guestMac(), terms.gatewayMac(), DhcpFrame.ETHERTYPE_IPV6);
        out.putInt(0x6000_0000).putShort((short) udpLength);
        out.put((byte) DhcpFrame.PROTOCOL_UDP).put((byte) HOP_LIMIT);
        out.put(terms.gatewayIpv6().toArray()).put(to.toArray());
        int udp = out.position();
        out.putShort((short) DhcpFrame.SERVER_PORT_6).putShort((short) DhcpFrame.CLIENT_PORT_6);
        udp(frame, udp, udp - 32, message);
        return Bytes.copyOf(frame);
    }

    private static void ethernet(ByteBuffer out, MacAddress to, MacAddress from, int type) {
        out.put(to.toArray()).put(from.toArray()).putShort((short) type);
    }

    /// Writes what follows the ports of the UDP header at {@code udp}; the IP addresses begin at {@code addresses}.
    private static void udp(byte[] frame, int udp, int addresses, byte[] message) {
        ByteBuffer out = ByteBuffer.wrap(frame).position(udp + 4);
        int length = DhcpFrame.UDP_HEADER + message.length;
        out.putShort((short) length).putShort((short) 0).put(message);
        long pseudoHeader = InternetChecksum.sum(frame, addresses, udp) + DhcpFrame.PROTOCOL_UDP + length;
        int checksum = InternetChecksum.of(frame, udp, udp + length, pseudoHeader);
        out.putShort(udp + 6, (short) (checksum == 0 ? 0xffff : checksum)); // zero would mean that there is none
    }
}
