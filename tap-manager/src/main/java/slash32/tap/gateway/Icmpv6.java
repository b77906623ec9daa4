package slash32.tap.gateway;

import static slash32.tap.gateway.GuestFrame.ETHERNET_HEADER;
import static slash32.tap.gateway.GuestFrame.ETHERTYPE_IPV6;
import static slash32.tap.gateway.GuestFrame.u16;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.tap.gateway.GuestFrame.Unread;

/// What the Neighbor Discovery messages share: Ethernet and IPv6 headers, checksum, options (RFC 4861 §4, RFC 4443 §2).
final class Icmpv6 {
    static final int ROUTER_SOLICITATION = 133;
    static final int ROUTER_ADVERTISEMENT = 134;
    static final int NEIGHBOR_SOLICITATION = 135;
    static final int NEIGHBOR_ADVERTISEMENT = 136;
    static final int OPTION_SOURCE_LINK_LAYER = 1;
    static final int OPTION_TARGET_LINK_LAYER = 2;
    static final int OPTION_PREFIX = 3;
    static final int OPTION_MTU = 5;
    static final int OPTION_ROUTE = 24;
    static final int OPTION_RDNSS = 25;
    static final int OPTION_DNSSL = 31;

    private static final int IPV6_HEADER = 40;
    private static final int NEXT_HEADER_ICMPV6 = 58;
    private static final int HEADER = 8;
    /// Proves that no router forwarded the message (RFC 4861 §11.2).
    private static final int HOP_LIMIT = 255;

    private Icmpv6() {}

    /// Who sends to whom, on both layers.
    record Envelope(MacAddress destinationMac, MacAddress sourceMac, Ipv6Address source, Ipv6Address destination) {}

    static GuestFrame decode(byte[] frame, int length) {
        int at = ETHERNET_HEADER + IPV6_HEADER;
        if (length < at || (frame[ETHERNET_HEADER] & 0xf0) != 0x60) {
            return new Unread(Refusal.MALFORMED);
        }
        if ((frame[ETHERNET_HEADER + 6] & 0xff) != NEXT_HEADER_ICMPV6) {
            return new Unread(Refusal.NOT_A_QUESTION);
        }
        int end = at + u16(frame, ETHERNET_HEADER + 4);
        if (end > length || end < at + HEADER) {
            return new Unread(Refusal.MALFORMED);
        }
        int type = frame[at] & 0xff;
        if (type != NEIGHBOR_SOLICITATION && type != ROUTER_SOLICITATION) {
            return new Unread(Refusal.NOT_A_QUESTION);
        }
        if ((frame[ETHERNET_HEADER + 7] & 0xff) != HOP_LIMIT || frame[at + 1] != 0) {
            return new Unread(Refusal.MALFORMED);
        }
        if (checksum(frame, at, end) != 0) {
            return new Unread(Refusal.BAD_CHECKSUM);
        }
        var envelope = new Envelope(
                GuestFrame.destination(frame),
                GuestFrame.source(frame),
                ipv6(frame, ETHERNET_HEADER + 8),
                ipv6(frame, ETHERNET_HEADER + 24));
        return type == NEIGHBOR_SOLICITATION
                ? NeighborSolicitation.decode(envelope, frame, at + HEADER, end)
                : RouterSolicitation.decode(envelope, frame, at + HEADER, end);
    }

    static Ipv6Address ipv6(byte[] frame, int at) {
        return Ipv6Address.of(Arrays.copyOfRange(frame, at, at + 16));
    }

    /// The options of a message from {@code at} to {@code end}.
    ///
    /// @param sourceMac of the Source Link-layer Address option; null if there is none
    record Options(@Nullable MacAddress sourceMac) {}

    /// Reads the options; null if one has no length or does not fit (RFC 4861 §4.6).
    static @Nullable Options options(byte[] frame, int at, int end) {
        MacAddress sourceMac = null;
        int option = at;
        while (option < end) {
            int bytes = option + 1 < end ? (frame[option + 1] & 0xff) * 8 : 0;
            if (bytes == 0 || option + bytes > end) {
                return null;
            }
            if ((frame[option] & 0xff) == OPTION_SOURCE_LINK_LAYER) {
                sourceMac = MacAddress.of(frame, option + 2);
            }
            option += bytes;
        }
        return new Options(sourceMac);
    }

    /// A whole frame around {@code message}, an ICMPv6 message with its checksum field zero.
    static Bytes frame(Envelope envelope, byte[] message) {
        ByteBuffer out = ByteBuffer.allocate(ETHERNET_HEADER + IPV6_HEADER + message.length);
        out.put(envelope.destinationMac().toArray()).put(envelope.sourceMac().toArray());
        out.putShort((short) ETHERTYPE_IPV6);
        out.putInt(0x6000_0000).putShort((short) message.length);
        out.put((byte) NEXT_HEADER_ICMPV6).put((byte) HOP_LIMIT);
        out.put(envelope.source().toArray()).put(envelope.destination().toArray());
        int at = out.position();
        out.put(message);
        out.putShort(at + 2, (short) checksum(out.array(), at, out.position()));
        return Bytes.copyOf(out.array());
    }

    /// An option of eight bytes that holds {@code mac}.
    static void putLinkLayer(ByteBuffer out, int option, MacAddress mac) {
        out.put((byte) option).put((byte) 1).put(mac.toArray());
    }

    /// The Internet checksum of pseudo-header and message (RFC 8200 §8.1): zero over a message with a right one.
    private static int checksum(byte[] frame, int at, int end) {
        long addresses = InternetChecksum.sum(frame, ETHERNET_HEADER + 8, ETHERNET_HEADER + IPV6_HEADER);
        return InternetChecksum.of(frame, at, end, addresses + NEXT_HEADER_ICMPV6 + (end - at));
    }
}
