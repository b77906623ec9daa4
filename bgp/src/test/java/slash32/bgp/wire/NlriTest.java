package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.bgp.wire.FlowComponent.Comparison;
import slash32.bgp.wire.FlowComponent.Comparisons;
import slash32.bgp.wire.FlowComponent.PrefixPattern;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.testkit.Seeds;

/// Routes of the families beyond unicast, both ways: the bytes and the value that they mean.
class NlriTest {
    private static final AddressFamily OTHER = new AddressFamily(16397, 241);
    static final Set<AddressFamily> FAMILIES = KnownFamilies.and(OTHER);

    private static final RouteDistinguisher RD = RouteDistinguisher.of(65000, 100);
    private static final Esi ESI = new Esi(Bytes.fromHex("00112233445566778899"));
    private static final Ipv4Address VTEP = new Ipv4Address(0x0a00000b);

    private record Row(AddressFamily family, String hex, Nlri value) {
        @Override
        public String toString() {
            return family + " " + hex;
        }
    }

    static Stream<Row> routes() {
        String rd = "0000fde800000064";
        String esi = "00112233445566778899";
        return Stream.of(
                new Row(AddressFamily.IPV4_MULTICAST, "18cb0071", new Nlri.Plain(0, Prefix.parse("203.0.113.0/24"))),
                new Row(AddressFamily.IPV6_MULTICAST, "2020010db8", new Nlri.Plain(0, Prefix.parse("2001:db8::/32"))),
                new Row(
                        AddressFamily.IPV4_LABELED,
                        "30000141cb0071",
                        new Nlri.Labeled(0, List.of(0x141), Prefix.parse("203.0.113.0/24"))),
                new Row(
                        AddressFamily.IPV6_LABELED,
                        "5000014000015120010db8",
                        new Nlri.Labeled(0, List.of(0x140, 0x151), Prefix.parse("2001:db8::/32"))),
                new Row(
                        AddressFamily.IPV4_VPN,
                        "70000141" + rd + "cb0071",
                        new Nlri.Vpn(0, List.of(0x141), RD, Prefix.parse("203.0.113.0/24"))),
                new Row(
                        AddressFamily.IPV6_VPN,
                        "7800014100010a00000b000520010db8",
                        new Nlri.Vpn(0, List.of(0x141), RouteDistinguisher.of(VTEP, 5), Prefix.parse("2001:db8::/32"))),
                new Row(AddressFamily.RT_CONSTRAIN, "00", new Nlri.Membership(0, 0, 0, new ExtendedCommunity(0))),
                new Row(
                        AddressFamily.RT_CONSTRAIN,
                        "600000fde80002fde800000064",
                        new Nlri.Membership(0, 96, 65000, ExtendedCommunity.routeTarget(65000, 100))),
                new Row(
                        AddressFamily.RT_CONSTRAIN,
                        "300000fde80002",
                        new Nlri.Membership(0, 48, 65000, new ExtendedCommunity(0x0002L << 48))),
                new Row(
                        AddressFamily.IPV4_FLOWSPEC, // RFC 8955 §4.3.1: to 192.0.2.0/24, TCP, port 25
                        "0b0118c00002038106048119",
                        new Nlri.FlowSpec(
                                0,
                                false,
                                null,
                                List.of(
                                        new PrefixPattern(1, 24, 0, Bytes.fromHex("c00002")),
                                        new Comparisons(3, List.of(new Comparison(1, 1, 6))),
                                        new Comparisons(4, List.of(new Comparison(1, 1, 25)))))),
                new Row(
                        AddressFamily.IPV4_FLOWSPEC, // RFC 8955 §4.3.2: ports 137 to 139 or 8080
                        "100118c000020208cb040389458b911f90",
                        new Nlri.FlowSpec(
                                0,
                                false,
                                null,
                                List.of(
                                        new PrefixPattern(1, 24, 0, Bytes.fromHex("c00002")),
                                        new PrefixPattern(2, 8, 0, Bytes.fromHex("cb")),
                                        new Comparisons(
                                                4,
                                                List.of(
                                                        new Comparison(3, 1, 137),
                                                        new Comparison(0x45, 1, 139),
                                                        new Comparison(1, 2, 8080)))))),
                new Row(
                        AddressFamily.IPV6_FLOWSPEC, // RFC 8956 §3.8.1: ::1234:5678:9a00:0/64-104
                        "08016840123456789a",
                        new Nlri.FlowSpec(
                                0, true, null, List.of(new PrefixPattern(1, 104, 64, Bytes.fromHex("123456789a"))))),
                new Row(
                        AddressFamily.IPV4_FLOWSPEC_VPN,
                        "0b" + rd + "038106",
                        new Nlri.FlowSpec(0, false, RD, List.of(new Comparisons(3, List.of(new Comparison(1, 1, 6)))))),
                evpn(
                        "0119" + rd + esi + "0000000a000651",
                        new EvpnRoute.EthernetAutoDiscoveryRoute(RD, ESI, 10, 0x651)),
                evpn(
                        "0221" + rd + esi + "00000000" + "30fe5332000001" + "00" + "001389",
                        new EvpnRoute.MacIpRoute(
                                RD, ESI, 0, MacAddress.parse("fe:53:32:00:00:01"), null, 5001, EvpnRoute.NO_LABEL)),
                evpn(
                        "0228" + rd + esi + "00000000" + "30fe5332000001" + "200a00000b" + "001389" + "00138a",
                        new EvpnRoute.MacIpRoute(RD, ESI, 0, MacAddress.parse("fe:53:32:00:00:01"), VTEP, 5001, 5002)),
                evpn("0311" + rd + "00000000" + "200a00000b", new EvpnRoute.InclusiveMulticastRoute(RD, 0, VTEP)),
                evpn("0417" + rd + esi + "200a00000b", new EvpnRoute.EthernetSegmentRoute(RD, ESI, VTEP)),
                evpn(
                        "0522" + rd + esi + "00000000" + "18cb007100" + "00000000" + "001389",
                        new EvpnRoute.IpPrefixRoute(
                                RD, ESI, 0, Prefix.parse("203.0.113.0/24"), IpAddress.parse("0.0.0.0"), 5001)),
                evpn("0803abcdef", new EvpnRoute.UnknownRoute(8, Bytes.fromHex("abcdef"))),
                new Row(OTHER, "0102030405", new Nlri.Opaque(Bytes.fromHex("0102030405"))));
    }

    private static Row evpn(String hex, EvpnRoute route) {
        return new Row(AddressFamily.L2VPN_EVPN, hex, new Nlri.Evpn(0, route));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("routes")
    void bytesMeanThisAndComeBack(Row row) {
        byte[] bytes = HexFormat.of().parseHex(row.hex);
        assertThat(NlriCodec.decode(row.family, false, false, new Reader(bytes, 0, bytes.length)))
                .containsExactly(row.value);
        assertThat(encode(row.family, new Terms(true, true, FAMILIES), row.value))
                .containsSequence(bytes);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("routes")
    void noRouteIsReadThatIsCutShort(Row row) {
        byte[] bytes = HexFormat.of().parseHex(row.hex);
        if (row.family.equals(OTHER)) {
            return; // any octets are some
        }
        for (int length = 1; length < bytes.length; length++) {
            assertThat(NlriCodec.decode(row.family, false, false, new Reader(bytes, 0, length)))
                    .isNull();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("routes")
    void aWholeUpdateCarriesIt(Row row) {
        for (Terms terms :
                List.of(new Terms(true, true, FAMILIES), new Terms(true, true, FAMILIES).withAddPath(FAMILIES))) {
            byte[] message = encode(row.family, terms, row.value);
            Update update = new UpdateDecoder(terms).decode(message, Framer.HEADER_BYTES, message.length);
            assertThat(update.fate()).as("%s", update.faults()).isEqualTo(Fate.ACCEPT);
            assertThat(update.announced()).hasSize(1);
            assertThat(update.announced().getFirst().prefixes().routes()).containsExactly(row.value);
            assertThat(update.announced().getFirst().attributes()).isEqualTo(attributes(row.family));
        }
    }

    private static byte[] encode(AddressFamily family, Terms terms, Nlri route) {
        var messages = new ArrayList<byte[]>();
        var encoder = new UpdateEncoder(terms, messages::add);
        encoder.beginAnnouncing(family, attributes(family));
        encoder.add(route);
        encoder.end();
        return messages.getFirst();
    }

    private static PathAttributes attributes(AddressFamily family) {
        PathAttributes.Builder builder = PathAttributes.builder().localPref(100);
        return switch (family.kind()) {
            case FLOWSPEC, FLOWSPEC_VPN -> builder.build();
            case OPAQUE -> builder.opaqueNextHop(Bytes.fromHex("010203")).build();
            default ->
                builder.nextHop(family.afi() == 2 ? IpAddress.parse("2001:db8::b") : VTEP)
                        .build();
        };
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "ipv4-labeled 17000141cb0071", // shorter than a label
                "ipv4-labeled 30000140cb0070", // no bottom of stack
                "ipv4-labeled 39000141cb007100 00", // 33 bits behind the label
                "ipv4-vpn 50000141000000000000", // cut in the distinguisher
                "ipv4-vpn 790001410000fde800000064cb00710000", // 33 bits
                "ipv4-rtc 1f00000000", // less than an origin AS
                "ipv4-rtc 610000fde80002fde80000006400", // more than a target
                "ipv4-flowspec 00", // no component
                "ipv4-flowspec 06048119038106", // descending
                "ipv4-flowspec 060381060381 06", // twice the same
                "ipv4-flowspec 030d8100", // a type of IPv6 alone
                "ipv4-flowspec 03030106", // no end of list
                "ipv4-flowspec f0", // half a length
                "ipv4-flowspec 060121c000020000", // 33 bits
                "ipv6-flowspec 04014040", // nothing counts
                "l2vpn-evpn 01180000fde80000006400112233445566778899 0000000a0006", // type 1 of 24 octets
                "l2vpn-evpn 0300", // type 3 of none
                "l2vpn-evpn 03110000fde80000006400000000 210a00000b", // 33 bits
            })
    void malformedRoutesAreRefused(String text) {
        String[] parts = text.split(" ", 2);
        AddressFamily family = FAMILIES.stream()
                .filter(known -> known.toString().equals(parts[0]))
                .findFirst()
                .orElseThrow();
        byte[] bytes = HexFormat.of().parseHex(parts[1].replace(" ", ""));
        assertThat(NlriCodec.decode(family, false, false, new Reader(bytes, 0, bytes.length)))
                .isNull();
    }

    @Test
    void aWithdrawalNeedsNoLabel() {
        for (String label : List.of("800000", "000000", "000141")) {
            byte[] bytes = HexFormat.of().parseHex("30" + label + "cb0071");
            assertThat(NlriCodec.decode(AddressFamily.IPV4_LABELED, false, true, new Reader(bytes, 0, bytes.length)))
                    .hasSize(1);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void noBytesOfAPeerMakeItThrow(long seed) {
        var random = new Random(seed);
        List<Row> rows = routes().toList();
        List<AddressFamily> families = FAMILIES.stream().sorted().toList();
        for (int i = 0; i < 5_000; i++) {
            byte[] good = HexFormat.of().parseHex(rows.get(random.nextInt(rows.size())).hex);
            byte[] bad = new byte[good.length + random.nextInt(8)];
            random.nextBytes(bad);
            System.arraycopy(good, 0, bad, 0, good.length);
            for (int k = random.nextInt(4); k > 0; k--) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            AddressFamily family = families.get(random.nextInt(families.size()));
            int from = random.nextInt(3);
            var reader = new Reader(bad, Math.min(from, bad.length), bad.length);
            List<Nlri> routes = NlriCodec.decode(family, random.nextBoolean(), random.nextBoolean(), reader);
            if (routes != null) {
                assertThat(reader.remaining()).isZero();
                assertThat(routes.toString()).isNotNull();
            }
        }
    }

    static Stream<Long> seeds() {
        return Seeds.of(5, 1, 2);
    }
}
