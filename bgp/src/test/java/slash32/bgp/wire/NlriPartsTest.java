package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;

class NlriPartsTest {
    private static final RouteDistinguisher RD = new RouteDistinguisher(0x0000_fde8_0000_0064L);
    private static final Esi ESI = new Esi(Bytes.copyOf(new byte[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    private static final MacAddress MAC = new MacAddress(0xaabb_cc00_0001L);

    static Stream<Nlri> routes() {
        Prefix v4 = Prefix.parse("10.5.0.0/24");
        Prefix v6 = Prefix.parse("2001:db8::/64");
        return Stream.of(
                new Nlri.Plain(7, v4),
                new Nlri.Labeled(7, List.of(0x640, 0x651), v4),
                new Nlri.Vpn(7, List.of(0x651), RD, v6),
                new Nlri.Membership(7, 96, 65000, ExtendedCommunity.routeTarget(65000, 1)),
                new Nlri.FlowSpec(7, false, null, List.of()),
                new Nlri.Evpn(7, new EvpnRoute.EthernetAutoDiscoveryRoute(RD, ESI, 5, 100)),
                new Nlri.Evpn(7, mac(ESI, 100, EvpnRoute.NO_LABEL)),
                new Nlri.Evpn(7, mac(ESI, 100, 200)),
                new Nlri.Evpn(7, new EvpnRoute.InclusiveMulticastRoute(RD, 5, IpAddress.parse("10.0.0.1"))),
                new Nlri.Evpn(7, new EvpnRoute.EthernetSegmentRoute(RD, ESI, IpAddress.parse("10.0.0.1"))),
                new Nlri.Evpn(7, new EvpnRoute.IpPrefixRoute(RD, ESI, 5, v4, IpAddress.parse("10.0.0.9"), 300)),
                new Nlri.Evpn(7, new EvpnRoute.IpPrefixRoute(RD, ESI, 5, v6, IpAddress.parse("2001:db8::9"), 300)),
                new Nlri.Evpn(7, new EvpnRoute.UnknownRoute(99, Bytes.copyOf(new byte[] {1, 2}))));
    }

    private static EvpnRoute mac(Esi esi, int label, int second) {
        return new EvpnRoute.MacIpRoute(RD, esi, 5, MAC, IpAddress.parse("10.5.0.1"), label, second);
    }

    @ParameterizedTest
    @MethodSource("routes")
    void keyAndDataAreTheWhole(Nlri route) {
        Nlri key = NlriParts.key(route);
        assertThat(key.pathId()).isZero();
        assertThat(NlriParts.key(key)).isEqualTo(key);
        assertThat(NlriParts.joined(key, NlriParts.data(route), 7)).isEqualTo(route);
        assertThat(NlriParts.joined(key, Bytes.EMPTY, 0)).isEqualTo(key);
    }

    /// RFC 7432 §7.2: neither the ESI nor a label tells one MAC from another.
    @Test
    void aMacIsTheSameOnAnotherSegmentAndWithAnotherLabel() {
        assertThat(NlriParts.key(new Nlri.Evpn(0, mac(ESI, 100, 200))))
                .isEqualTo(NlriParts.key(new Nlri.Evpn(0, mac(Esi.ZERO, 101, EvpnRoute.NO_LABEL))));
    }
}
