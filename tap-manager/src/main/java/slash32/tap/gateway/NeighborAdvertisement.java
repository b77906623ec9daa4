package slash32.tap.gateway;

import java.nio.ByteBuffer;
import slash32.net.Bytes;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;

/// The answer that {@code targetMac} holds {@code target} (RFC 4861 §4.4).
record NeighborAdvertisement(Icmpv6.Envelope envelope, Ipv6Address target, MacAddress targetMac) {
    /// Router, Solicited and Override: what answers is a router, and on a link of two nobody else can.
    private static final int FLAGS = 0xe000_0000;

    private static final int LENGTH = 32;

    Bytes encode() {
        ByteBuffer out = ByteBuffer.allocate(LENGTH);
        out.put((byte) Icmpv6.NEIGHBOR_ADVERTISEMENT).put((byte) 0).putShort((short) 0);
        out.putInt(FLAGS).put(target.toArray());
        Icmpv6.putLinkLayer(out, Icmpv6.OPTION_TARGET_LINK_LAYER, targetMac);
        return Icmpv6.frame(envelope, out.array());
    }
}
