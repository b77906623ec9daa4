package slash32.tap.gateway;

import slash32.net.MacAddress;

/// A frame from the guest, as far as the gateway understands it.
sealed interface GuestFrame permits ArpPacket, NeighborSolicitation, RouterSolicitation, GuestFrame.Unread {
    int ETHERNET_HEADER = 14;
    int ETHERTYPE_ARP = 0x0806;
    int ETHERTYPE_IPV6 = 0x86dd;

    /// Not a frame that can be answered.
    record Unread(Refusal reason) implements GuestFrame {}

    /// Reads an Ethernet frame without a VLAN tag from {@code frame[0, length)}.
    static GuestFrame decode(byte[] frame, int length) {
        if (length < ETHERNET_HEADER) {
            return new Unread(Refusal.MALFORMED);
        }
        return switch (u16(frame, 12)) {
            case ETHERTYPE_ARP -> ArpPacket.decode(frame, length);
            case ETHERTYPE_IPV6 -> Icmpv6.decode(frame, length);
            default -> new Unread(Refusal.NOT_A_QUESTION);
        };
    }

    static MacAddress destination(byte[] frame) {
        return MacAddress.of(frame, 0);
    }

    static MacAddress source(byte[] frame) {
        return MacAddress.of(frame, 6);
    }

    static int u16(byte[] bytes, int offset) {
        return (bytes[offset] & 0xff) << 8 | (bytes[offset + 1] & 0xff);
    }
}
