package slash32.tap.gateway;

import java.nio.ByteBuffer;
import slash32.net.Bytes;
import slash32.net.MacAddress;

/// The gateway as the guest's default router (RFC 4861 §4.2). Without prefixes and with the M and O flags off: the
/// guest's addresses are the platform's to give, and every one of them is reached through the router.
///
/// @param mtuBytes left out where IPv6 can't have it, below 1280
record RouterAdvertisement(Icmpv6.Envelope envelope, MacAddress routerMac, int mtuBytes) {
    /// The longest there is (RFC 8319 §4): a guest keeps its route over an outage of ours.
    private static final int LIFETIME_SECONDS = 65_535;

    private static final int HOP_LIMIT = 64;
    private static final int SMALLEST_IPV6_MTU = 1280;
    private static final int LENGTH = 24;
    private static final int MTU_OPTION = 8;

    Bytes encode() {
        boolean withMtu = mtuBytes >= SMALLEST_IPV6_MTU;
        ByteBuffer out = ByteBuffer.allocate(withMtu ? LENGTH + MTU_OPTION : LENGTH);
        out.put((byte) Icmpv6.ROUTER_ADVERTISEMENT).put((byte) 0).putShort((short) 0);
        out.put((byte) HOP_LIMIT).put((byte) 0).putShort((short) LIFETIME_SECONDS);
        out.putInt(0).putInt(0); // reachable and retransmission time: the guest's own choice
        Icmpv6.putLinkLayer(out, Icmpv6.OPTION_SOURCE_LINK_LAYER, routerMac);
        if (withMtu) {
            out.put((byte) Icmpv6.OPTION_MTU).put((byte) 1).putShort((short) 0).putInt(mtuBytes);
        }
        return Icmpv6.frame(envelope, out.array());
    }
}
