package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.bgp.wire.EvpnInstance.Mobility;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;

/// A node's own EVPN routes, octet by octet as FRR and GoBGP want them.
class EvpnInstanceTest {
    private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:01");
    private static final IpAddress VTEP = IpAddress.parse("10.0.0.11");
    private static final Terms TERMS = new Terms(true, true, Set.of(AddressFamily.L2VPN_EVPN));
    private static final EvpnInstance BLUE = new EvpnInstance(
            RouteDistinguisher.of(Ipv4Address.parse("10.0.0.11"), 100),
            new Vni(100),
            List.of(ExtendedCommunity.routeTarget(65000, 100)),
            VTEP);

    private record Row(String name, EvpnPath path, String nlri, String more) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Row> rows() {
        String rd = "0001" + "0a00000b" + "0064";
        String esi = "00".repeat(10);
        String tag = "00000000";
        String mac = "30" + "020000000001";
        return Stream.of(
                new Row(
                        "type 3: PMSI ingress replication with the raw VNI",
                        BLUE.inclusiveMulticast(),
                        "0311" + rd + tag + "20" + "0a00000b",
                        "c016" + "09" + "00" + "06" + "000064" + "0a00000b"),
                new Row(
                        "type 2: a MAC alone",
                        BLUE.macIp(MAC, null, Mobility.NONE),
                        "0221" + rd + esi + tag + mac + "00" + "000064",
                        ""),
                new Row(
                        "type 2: with an IPv4 address, moved",
                        BLUE.macIp(MAC, IpAddress.parse("192.0.2.1"), new Mobility(false, 7)),
                        "0225" + rd + esi + tag + mac + "20" + "c0000201" + "000064",
                        "0600000000000007"),
                new Row(
                        "type 2: in a group",
                        BLUE.macIp(MAC, null, Mobility.NONE, List.of(new LargeCommunity(65000, 2, 7))),
                        "0221" + rd + esi + tag + mac + "00" + "000064",
                        "c020" + "0c" + "0000fde8" + "00000002" + "00000007"),
                new Row(
                        "type 2: with an IPv6 address, sticky",
                        BLUE.macIp(MAC, IpAddress.parse("2001:db8::1"), new Mobility(true, 0)),
                        "0231" + rd + esi + tag + mac + "80" + "20010db8000000000000000000000001" + "000064",
                        "0600010000000000"),
                new Row(
                        "type 5: a prefix, with the router's MAC",
                        BLUE.ipPrefix(Prefix.parse("198.51.100.0/24"), MAC),
                        "0522" + rd + esi + tag + "18" + "c6336400" + "00000000" + "000064",
                        "0603020000000001"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("rows")
    void routesHaveTheirOctets(Row row) {
        var messages = new ArrayList<byte[]>();
        var encoder = new UpdateEncoder(TERMS, messages::add);
        encoder.beginAnnouncing(AddressFamily.L2VPN_EVPN, row.path().attributes());
        encoder.add(new Nlri.Evpn(0, row.path().route()));
        encoder.end();
        String hex = HexFormat.of().formatHex(messages.getFirst());
        assertThat(hex)
                .contains("0019" + "46" + "04" + "0a00000b" + "00" + row.nlri()) // AFI, SAFI, next hop
                .contains("0002fde800000064") // route target
                .contains("030c000000000008") // VXLAN
                .contains(row.more());

        byte[] octets = messages.getFirst();
        Update update = new UpdateDecoder(TERMS).decode(octets, Framer.HEADER_BYTES, octets.length);
        Update.Announcement read = update.announced().getFirst();
        assertThat(read.prefixes().routes())
                .containsExactly(new Nlri.Evpn(0, row.path().route()));
        assertThat(read.attributes()).isEqualTo(row.path().attributes());
        assertThat(Bytes.fromHex(row.nlri()).length() - 2).isIn(17, 33, 37, 49, 34);
    }
}
