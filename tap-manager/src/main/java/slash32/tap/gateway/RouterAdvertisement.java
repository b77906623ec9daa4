package slash32.tap.gateway;

import java.nio.ByteBuffer;
import java.util.List;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// The gateway as the guest's router (RFC 4861 §4.2), and what settings tell of the network: prefixes, MTU, DNS (RFC
/// 8106), routes (RFC 4191), and whether DHCPv6 has more.
record RouterAdvertisement(Icmpv6.Envelope envelope, int mtuBytes, GuestSettings settings) {
    /// The longest there is (RFC 8319 §4): a guest keeps its route over an outage of ours. For what has a longer one,
    /// the same.
    private static final int LIFETIME_SECONDS = 65_535;

    private static final int HOP_LIMIT = 64;
    private static final int MANAGED = 0x80;
    private static final int OTHER = 0x40;
    private static final int ON_LINK = 0x80;
    private static final int AUTONOMOUS = 0x40;
    private static final int SLAAC_LENGTH = 64;
    private static final int SMALLEST_IPV6_MTU = 1280;
    private static final int SPACE_BYTES = 2048;

    Bytes encode() {
        ByteBuffer out = ByteBuffer.allocate(SPACE_BYTES);
        out.put((byte) Icmpv6.ROUTER_ADVERTISEMENT).put((byte) 0).putShort((short) 0);
        out.put((byte) HOP_LIMIT).put((byte) flags(settings));
        out.putShort((short) (settings.defaultRoute() ? LIFETIME_SECONDS : 0));
        out.putInt(0).putInt(0); // reachable and retransmission time: the guest's own choice
        Icmpv6.putLinkLayer(out, Icmpv6.OPTION_SOURCE_LINK_LAYER, envelope.sourceMac());
        if (mtuBytes >= SMALLEST_IPV6_MTU) { // IPv6 can't have a smaller one
            out.put((byte) Icmpv6.OPTION_MTU).put((byte) 1).putShort((short) 0).putInt(mtuBytes);
        }
        settings.subnets().stream().filter(subnet -> !subnet.isIpv4()).forEach(subnet -> prefix(out, subnet));
        settings.routes().stream().filter(route -> !route.isIpv4()).forEach(route -> route(out, route));
        servers(out, settings.dns(false));
        domain(out, settings.encodedDomain());
        byte[] message = new byte[out.position()];
        out.get(0, message);
        return Icmpv6.frame(envelope, message);
    }

    private static int flags(GuestSettings settings) {
        if (!settings.dhcp()) {
            return 0;
        }
        return switch (settings.ipv6()) {
            case DHCPV6 -> MANAGED | OTHER;
            case SLAAC -> OTHER;
            case STATIC -> 0;
        };
    }

    /// RFC 4861 §4.6.2.
    private void prefix(ByteBuffer out, Prefix subnet) {
        boolean autonomous = settings.ipv6() == Ipv6Assignment.SLAAC && subnet.length() == SLAAC_LENGTH;
        out.put((byte) Icmpv6.OPTION_PREFIX).put((byte) 4).put((byte) subnet.length());
        out.put((byte) (ON_LINK | (autonomous ? AUTONOMOUS : 0)));
        out.putInt(LIFETIME_SECONDS).putInt(LIFETIME_SECONDS).putInt(0);
        out.put(subnet.address().toArray());
    }

    /// RFC 4191 §2.3, of medium preference.
    private static void route(ByteBuffer out, Prefix to) {
        int words = to.length() == 0 ? 0 : to.length() <= 64 ? 1 : 2;
        out.put((byte) Icmpv6.OPTION_ROUTE).put((byte) (1 + words));
        out.put((byte) to.length()).put((byte) 0).putInt(LIFETIME_SECONDS);
        out.put(to.address().toArray(), 0, 8 * words);
    }

    /// RFC 8106 §5.1.
    private static void servers(ByteBuffer out, List<IpAddress> servers) {
        if (!servers.isEmpty()) {
            out.put((byte) Icmpv6.OPTION_RDNSS)
                    .put((byte) (1 + 2 * servers.size()))
                    .putShort((short) 0);
            out.putInt(LIFETIME_SECONDS);
            servers.forEach(server -> out.put(server.toArray()));
        }
    }

    /// RFC 8106 §5.2, filled up to a multiple of eight.
    private static void domain(ByteBuffer out, byte[] encoded) {
        if (encoded.length > 0) {
            int words = (encoded.length + 7) / 8;
            out.put((byte) Icmpv6.OPTION_DNSSL).put((byte) (1 + words)).putShort((short) 0);
            out.putInt(LIFETIME_SECONDS).put(encoded);
            out.position(out.position() + 8 * words - encoded.length);
        }
    }
}
