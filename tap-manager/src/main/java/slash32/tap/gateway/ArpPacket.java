package slash32.tap.gateway;

import java.nio.ByteBuffer;
import slash32.net.Bytes;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;

/// An ARP packet for IPv4 over Ethernet, with its Ethernet header (RFC 826).
///
/// @param destination of the Ethernet header
/// @param source of the Ethernet header
/// @param operation 16 bits; {@link #REQUEST}, {@link #REPLY}, or another that is not answered
record ArpPacket(
        MacAddress destination,
        MacAddress source,
        int operation,
        MacAddress senderMac,
        Ipv4Address sender,
        MacAddress targetMac,
        Ipv4Address target)
        implements GuestFrame {
    static final int REQUEST = 1;
    static final int REPLY = 2;

    private static final int LENGTH = 28;
    private static final int HARDWARE_ETHERNET = 1;
    private static final int PROTOCOL_IPV4 = 0x0800;
    private static final int ADDRESS_LENGTHS = 6 << 8 | 4;

    static GuestFrame decode(byte[] frame, int length) {
        if (length < ETHERNET_HEADER + LENGTH) {
            return new Unread(Refusal.MALFORMED);
        }
        int at = ETHERNET_HEADER;
        if (GuestFrame.u16(frame, at) != HARDWARE_ETHERNET
                || GuestFrame.u16(frame, at + 2) != PROTOCOL_IPV4
                || GuestFrame.u16(frame, at + 4) != ADDRESS_LENGTHS) {
            return new Unread(Refusal.MALFORMED);
        }
        return new ArpPacket(
                GuestFrame.destination(frame),
                GuestFrame.source(frame),
                GuestFrame.u16(frame, at + 6),
                MacAddress.of(frame, at + 8),
                ipv4(frame, at + 14),
                MacAddress.of(frame, at + 18),
                ipv4(frame, at + 24));
    }

    private static Ipv4Address ipv4(byte[] frame, int at) {
        return new Ipv4Address(GuestFrame.u16(frame, at) << 16 | GuestFrame.u16(frame, at + 2));
    }

    /// The reply that says {@code mac} holds the target.
    ArpPacket answeredBy(MacAddress mac) {
        return new ArpPacket(senderMac, mac, REPLY, mac, target, senderMac, sender);
    }

    Bytes encode() {
        ByteBuffer out = ByteBuffer.allocate(ETHERNET_HEADER + LENGTH);
        out.put(destination.toArray()).put(source.toArray()).putShort((short) ETHERTYPE_ARP);
        out.putShort((short) HARDWARE_ETHERNET).putShort((short) PROTOCOL_IPV4).putShort((short) ADDRESS_LENGTHS);
        out.putShort((short) operation);
        out.put(senderMac.toArray()).putInt(sender.value());
        out.put(targetMac.toArray()).putInt(target.value());
        return Bytes.copyOf(out.array());
    }

    /// An announcement of the sender's own address (RFC 5227 §2.3), as a request or a reply (§3).
    boolean isGratuitous() {
        return sender.equals(target);
    }
}
