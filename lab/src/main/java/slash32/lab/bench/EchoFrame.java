package slash32.lab.bench;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;

/// ICMP echo requests and replies in Ethernet frames (RFC 792).
final class EchoFrame {
    static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERNET_BYTES = 14;
    private static final int IPV4_BYTES = 20;
    private static final int ICMP_BYTES = 8;
    private static final byte VERSION_AND_LENGTH = 0x45;
    private static final byte TIME_TO_LIVE = 64;
    private static final byte PROTOCOL_ICMP = 1;
    private static final byte ECHO_REQUEST = 8;
    private static final byte ECHO_REPLY = 0;

    private EchoFrame() {}

    /// A whole frame that asks for an echo.
    ///
    /// @param sequence its low 16 bits are sent
    static byte[] request(
            MacAddress from, MacAddress gateway, Ipv4Address source, Ipv4Address target, int identifier, int sequence) {
        ByteBuffer frame = ByteBuffer.allocate(ETHERNET_BYTES + IPV4_BYTES + ICMP_BYTES);
        frame.put(gateway.toArray()).put(from.toArray()).putShort((short) ETHERTYPE_IPV4);
        frame.put(VERSION_AND_LENGTH).put((byte) 0).putShort((short) (IPV4_BYTES + ICMP_BYTES));
        frame.putInt(0).put(TIME_TO_LIVE).put(PROTOCOL_ICMP).putShort((short) 0);
        frame.putInt(source.value()).putInt(target.value());
        frame.put(ECHO_REQUEST).put((byte) 0).putShort((short) 0);
        frame.putShort((short) identifier).putShort((short) sequence);
        frame.putShort(ETHERNET_BYTES + 10, checksum(frame, ETHERNET_BYTES, IPV4_BYTES));
        frame.putShort(ETHERNET_BYTES + IPV4_BYTES + 2, checksum(frame, ETHERNET_BYTES + IPV4_BYTES, ICMP_BYTES));
        return frame.array();
    }

    /// Who sent {@code frame}, if it is a reply to a request with this identifier; null otherwise.
    static @Nullable Ipv4Address replied(ByteBuffer frame, int identifier) {
        int ip = frame.position() + ETHERNET_BYTES;
        int icmp = ip + IPV4_BYTES;
        boolean isReply = frame.limit() >= icmp + ICMP_BYTES
                && frame.getShort(ip - 2) == (short) ETHERTYPE_IPV4
                && frame.get(ip) == VERSION_AND_LENGTH
                && frame.get(ip + 9) == PROTOCOL_ICMP
                && frame.get(icmp) == ECHO_REPLY
                && frame.getShort(icmp + 4) == (short) identifier;
        return isReply ? new Ipv4Address(frame.getInt(ip + 12)) : null;
    }

    /// The Internet checksum (RFC 1071) over an even number of octets.
    private static short checksum(ByteBuffer frame, int offset, int length) {
        int sum = 0;
        for (int i = offset; i < offset + length; i += 2) {
            sum += Short.toUnsignedInt(frame.getShort(i));
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        sum = (sum & 0xffff) + (sum >>> 16);
        return (short) ~sum;
    }
}
