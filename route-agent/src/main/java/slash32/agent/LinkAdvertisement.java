package slash32.agent;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.netlink.socket.SocketFilter.Instruction;
import slash32.tap.gateway.InternetChecksum;

/// The Router Advertisements by which routers on a link find each other (RFC 4861 §4.2), with their Ethernet frames.
/// Pure.
///
/// Ours have a lifetime of zero: we are nobody's default router, but a neighbour that looks for its peer finds us.
final class LinkAdvertisement {
    static final int ETHERTYPE = 0x86dd;

    private static final int ICMPV6 = 58;
    private static final int ROUTER_ADVERTISEMENT = 134;
    private static final int SOURCE_LINK_LAYER_ADDRESS = 1;
    private static final int ETHERNET_BYTES = 14;
    private static final int NEXT_HEADER_AT = 20;
    private static final int HOP_LIMIT_AT = 21;
    private static final int SOURCE_AT = 22;
    private static final int TYPE_AT = 54;
    private static final int CHECKSUM_AT = 56;
    private static final int HOP_LIMIT = 255;
    private static final byte[] ALL_NODES_MAC = {0x33, 0x33, 0, 0, 0, 1};
    private static final Ipv6Address ALL_NODES = Ipv6Address.parse("ff02::1");

    /// Lets nothing else pass: load an octet, skip to the end unless it is as wanted.
    static final List<Instruction> FILTER = List.of(
            new Instruction(0x30, 0, 0, NEXT_HEADER_AT),
            new Instruction(0x15, 0, 3, ICMPV6),
            new Instruction(0x30, 0, 0, TYPE_AT),
            new Instruction(0x15, 0, 1, ROUTER_ADVERTISEMENT),
            new Instruction(0x06, 0, 0, 0xffff),
            new Instruction(0x06, 0, 0, 0));

    private LinkAdvertisement() {}

    /// Who sent a frame that passed {@link #FILTER}; null if it is not from a router on the link (RFC 4861 §6.1.2).
    ///
    /// @param frame from position to limit, which stay
    static @Nullable Ipv6Address router(ByteBuffer frame) {
        ByteBuffer octets = frame.slice(); // in network order
        if (octets.remaining() <= TYPE_AT || (octets.get(HOP_LIMIT_AT) & 0xff) != HOP_LIMIT) {
            return null;
        }
        var source = new Ipv6Address(octets.getLong(SOURCE_AT), octets.getLong(SOURCE_AT + 8));
        return source.canBeOnLink() ? source.withoutLink() : null;
    }

    /// What says that we are at {@code own}, with nothing in it but our link-layer address.
    static byte[] frame(MacAddress mac, Ipv6Address own) {
        var message = ByteBuffer.allocate(24);
        message.put((byte) ROUTER_ADVERTISEMENT).put((byte) 0).putShort((short) 0);
        message.putInt(0).putInt(0).putInt(0); // no hop limit, no flags, no lifetime, no times
        message.put((byte) SOURCE_LINK_LAYER_ADDRESS).put((byte) 1).put(mac.toArray());
        var frame = ByteBuffer.allocate(ETHERNET_BYTES + 40 + message.capacity());
        frame.put(ALL_NODES_MAC).put(mac.toArray()).putShort((short) ETHERTYPE);
        frame.putInt(0x6000_0000).putShort((short) message.capacity());
        frame.put((byte) ICMPV6).put((byte) HOP_LIMIT);
        frame.put(own.toArray()).put(ALL_NODES.toArray());
        frame.put(message.array());
        int sum = InternetChecksum.of(frame.array(), SOURCE_AT, frame.capacity(), ICMPV6 + message.capacity());
        return frame.putShort(CHECKSUM_AT, (short) sum).array(); // of the addresses too (RFC 8200 §8.1)
    }
}
