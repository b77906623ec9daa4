package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.net.IpAddress;

/// Inputs that broke other speakers, and what RFC 7606 makes of them: name, bytes, fate.
class UpdateFaultTest {
    private static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);
    private static final Terms IBGP = new Terms(true, true, FAMILIES);
    private static final Terms EBGP = new Terms(false, true, FAMILIES);
    private static final Terms TWO_OCTETS = new Terms(true, false, FAMILIES);

    private static final String ORIGIN = "40010100";
    private static final String AS_PATH = "40020602010000fde9";
    private static final String NEXT_HOP = "4003040a00000b";
    private static final String LOCAL_PREF = "40050400000064";
    private static final String BASE = ORIGIN + AS_PATH + NEXT_HOP + LOCAL_PREF;
    /// Without NEXT_HOP, for MP_REACH_NLRI.
    private static final String MP_BASE = ORIGIN + AS_PATH + LOCAL_PREF;

    private static final String NLRI = "18cb0071";
    private static final String GLOBAL = "20010db8000000000000000000000011";
    private static final String LINK_LOCAL = "fe800000000000000000000000000001";
    private static final String V6 = "4020010db800000009";

    private record Row(String name, Terms terms, String attributes, String nlri, Fate fate) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Row row(String name, String attributes, Fate fate) {
        return new Row(name, IBGP, attributes, NLRI, fate);
    }

    static Stream<Row> attributes() {
        return Stream.of(
                row("the base is fine", BASE, Fate.ACCEPT),
                row("extended length of a short value", BASE + "d008000400010002", Fate.ACCEPT),
                row("extended length zero on COMMUNITIES", BASE + "d0080000", Fate.TREAT_AS_WITHDRAW),
                row("extended length 65535", BASE + "d008ffff00010002", Fate.TREAT_AS_WITHDRAW),
                row("one octet where an attribute should be", BASE + "c0", Fate.TREAT_AS_WITHDRAW),
                row("extended header cut", BASE + "d00800", Fate.TREAT_AS_WITHDRAW),
                row("AS_PATH segment with count 0", BASE.replace(AS_PATH, "4002020200"), Fate.TREAT_AS_WITHDRAW),
                row(
                        "AS_PATH segment past the attribute",
                        BASE.replace(AS_PATH, "40020602020000fde9"),
                        Fate.TREAT_AS_WITHDRAW),
                row("AS_PATH with an odd octet", BASE.replace(AS_PATH, "40020702010000fde902"), Fate.TREAT_AS_WITHDRAW),
                row("AS_PATH segment of type 5", BASE.replace(AS_PATH, "40020605010000fde9"), Fate.TREAT_AS_WITHDRAW),
                row("AS 0 in AS_PATH (RFC 7607)", BASE.replace(AS_PATH, "400206020100000000"), Fate.TREAT_AS_WITHDRAW),
                row("AS_PATH with Partial set", BASE.replace(AS_PATH, "60020602010000fde9"), Fate.TREAT_AS_WITHDRAW),
                row("AGGREGATOR of a two-octet session", BASE + "c00706fde90a000001", Fate.ATTRIBUTE_DISCARD),
                row("AGGREGATOR with AS 0", BASE + "c00708000000000a000001", Fate.ATTRIBUTE_DISCARD),
                row("ATOMIC_AGGREGATE with a value", BASE + "40060100", Fate.ATTRIBUTE_DISCARD),
                row("AS4_PATH from a four-octet speaker", BASE + "c01106020100010000", Fate.ATTRIBUTE_DISCARD),
                row("COMMUNITIES of 6 octets", BASE + "c00806000100020003", Fate.TREAT_AS_WITHDRAW),
                row("large communities of 13 octets", BASE + "c0200d" + "00".repeat(13), Fate.TREAT_AS_WITHDRAW),
                row("large communities, none", BASE + "c02000", Fate.TREAT_AS_WITHDRAW),
                row("ORIGIN twice", BASE + "40010102", Fate.ATTRIBUTE_DISCARD),
                row("an unknown attribute twice", BASE + "c0c80101c0c80102", Fate.ATTRIBUTE_DISCARD),
                row("unknown well-known attribute", BASE + "40c80101", Fate.SESSION_RESET),
                row("attribute 255, optional transitive", BASE + "c0ff050102030405", Fate.ACCEPT),
                row("attribute 0, optional", BASE + "80000101", Fate.ACCEPT),
                row(
                        "NEXT_HOP is the peer's loopback",
                        BASE.replace(NEXT_HOP, "4003047f000001"),
                        Fate.TREAT_AS_WITHDRAW),
                row("NEXT_HOP in class E", BASE.replace(NEXT_HOP, "400304f0000001"), Fate.TREAT_AS_WITHDRAW),
                row("no ORIGIN", BASE.replace(ORIGIN, ""), Fate.TREAT_AS_WITHDRAW),
                row("no NEXT_HOP", BASE.replace(NEXT_HOP, ""), Fate.TREAT_AS_WITHDRAW),
                row("no attributes at all", "", Fate.TREAT_AS_WITHDRAW),
                row("reset beats withdraw", BASE.replace(ORIGIN, "40010109") + "40c80101", Fate.SESSION_RESET),
                new Row("prefix of 33 bits", IBGP, BASE, "21cb00710000", Fate.SESSION_RESET),
                new Row("prefix cut short", IBGP, BASE, "18cb00", Fate.SESSION_RESET),
                new Row("LOCAL_PREF of an external peer", EBGP, BASE, NLRI, Fate.ATTRIBUTE_DISCARD),
                new Row(
                        "ORIGINATOR_ID of an external peer",
                        EBGP,
                        MP_BASE.replace(LOCAL_PREF, "") + NEXT_HOP + "800903000000",
                        NLRI,
                        Fate.ATTRIBUTE_DISCARD),
                new Row(
                        "AGGREGATOR of a four-octet session",
                        TWO_OCTETS,
                        BASE.replace(AS_PATH, "4002040201fde9") + "c007080000fde90a000001",
                        NLRI,
                        Fate.ATTRIBUTE_DISCARD),
                new Row(
                        "AS4_PATH with an empty segment",
                        TWO_OCTETS,
                        BASE.replace(AS_PATH, "4002040201fde9") + "c011020200",
                        NLRI,
                        Fate.ATTRIBUTE_DISCARD));
    }

    static Stream<Row> multiprotocol() {
        return Stream.of(
                mp("the base is fine", reach("0002", "10" + GLOBAL, V6), Fate.ACCEPT),
                mp("global and link-local next hop", reach("0002", "20" + GLOBAL + LINK_LOCAL, V6), Fate.ACCEPT),
                mp("IPv4 in MP_REACH_NLRI", reach("0001", "040a00000b", NLRI), Fate.ACCEPT),
                mp("next hop of 0 octets", reach("0002", "00", V6), Fate.SESSION_RESET),
                mp("next hop of 12 octets", reach("0002", "0c" + "00".repeat(12), V6), Fate.SESSION_RESET),
                mp("next hop of 24 octets", reach("0002", "18" + "00".repeat(24), V6), Fate.SESSION_RESET),
                mp("next hop of 48 octets", reach("0002", "30" + "00".repeat(48), V6), Fate.SESSION_RESET),
                mp("IPv6 next hop of IPv4 routes", reach("0001", "10" + GLOBAL, NLRI), Fate.SESSION_RESET),
                mp("next hop past the attribute", "800e06000201ff0000", Fate.SESSION_RESET),
                mp("attribute of 4 octets", "800e0400020110", Fate.SESSION_RESET),
                mp(
                        "reserved octet set",
                        reach("0002", "10" + GLOBAL, V6).replace(GLOBAL + "00", GLOBAL + "ff"),
                        Fate.ACCEPT),
                mp("prefix of 129 bits", reach("0002", "10" + GLOBAL, "81" + "00".repeat(17)), Fate.SESSION_RESET),
                mp("prefix cut short", reach("0002", "10" + GLOBAL, "4020010db8"), Fate.SESSION_RESET),
                mp("next hop ::", reach("0002", "10" + "00".repeat(16), V6), Fate.TREAT_AS_WITHDRAW),
                mp("next hop ::1", reach("0002", "10" + "00".repeat(15) + "01", V6), Fate.TREAT_AS_WITHDRAW),
                mp("transitive", "c0" + reach("0002", "10" + GLOBAL, V6).substring(2), Fate.SESSION_RESET),
                mp("twice", reach("0002", "10" + GLOBAL, V6).repeat(2), Fate.SESSION_RESET),
                mp("past the list", "800eff", Fate.SESSION_RESET),
                mp("a family that was not agreed", reach("0019", "040a00000b", "0000"), Fate.ACCEPT),
                new Row("MP_UNREACH_NLRI alone", IBGP, "800f0c000201" + V6, "", Fate.ACCEPT),
                new Row("MP_UNREACH_NLRI of 2 octets", IBGP, "800f020002", "", Fate.SESSION_RESET),
                new Row("MP_UNREACH_NLRI twice", IBGP, "800f03000201".repeat(2), "", Fate.SESSION_RESET),
                new Row(
                        "MP_UNREACH_NLRI cut in a prefix",
                        IBGP,
                        "800f070002014020010db8".replace("07", "08"),
                        "",
                        Fate.SESSION_RESET),
                new Row(
                        "a cut attribute may have hidden MP_REACH_NLRI",
                        IBGP,
                        MP_BASE + "c008ff" + V6,
                        "",
                        Fate.SESSION_RESET),
                new Row("a malformed attribute and no routes", IBGP, "40010109", "", Fate.SESSION_RESET),
                new Row("a discarded attribute and no routes", IBGP, "40060100", "", Fate.ATTRIBUTE_DISCARD));
    }

    private static Row mp(String name, String attribute, Fate fate) {
        return new Row("MP_REACH_NLRI: " + name, IBGP, attribute + MP_BASE, "", fate);
    }

    private static String reach(String afi, String nextHop, String nlri) {
        String value = afi + "01" + nextHop + "00" + nlri;
        return "800e%02x%s".formatted(value.length() / 2, value);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"attributes", "multiprotocol"})
    void hasTheFateOfRfc7606(Row row) {
        Update update = decode(row.terms, "", row.attributes, row.nlri);
        assertThat(update.fate()).as("%s", update.faults()).isEqualTo(row.fate);
        boolean withdrawn = row.fate == Fate.TREAT_AS_WITHDRAW;
        assertThat(update.announced()).allMatch(one -> (one.attributes() == null) == withdrawn);
        if (row.fate == Fate.SESSION_RESET) {
            assertThat(update.notification().code()).isEqualTo(3);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"attributes", "multiprotocol"})
    void everyPrefixOfAMessageHasAFate(Row row) {
        for (int cut = 0; cut <= row.attributes.length(); cut += 2) {
            assertThat(decode(row.terms, "", row.attributes.substring(0, cut), row.nlri)
                            .fate())
                    .isNotNull();
        }
    }

    @Test
    void lengthsThatOverrunTheMessageResetTheSession() {
        for (String body : List.of("ffff0000", "00000001", "000000", "0000")) {
            byte[] bytes = HexFormat.of().parseHex(body);
            assertThat(new UpdateDecoder(IBGP).decode(bytes, 0, bytes.length).fate())
                    .as(body)
                    .isEqualTo(Fate.SESSION_RESET);
        }
    }

    @Test
    void oneMessageMayAnnounceBothFamiliesEachWithItsOwnNextHop() {
        Update update = decode(IBGP, "", reach("0002", "10" + GLOBAL, V6) + BASE, NLRI);
        assertThat(update.announced()).hasSize(2);
        assertThat(nextHop(update, 0)).isEqualTo(IpAddress.parse("10.0.0.11"));
        assertThat(nextHop(update, 1)).isEqualTo(IpAddress.parse("2001:db8::11"));
    }

    @Test
    void whatHoldsNoRoutesIsNoEndOfRibIfItHoldsAttributes() {
        assertThat(decode(IBGP, "", "800f03000201", "").endOfRib()).isEqualTo(AddressFamily.IPV6_UNICAST);
        assertThat(decode(IBGP, "", "800f03000201" + "400200", "").endOfRib()).isNull();
        assertThat(decode(IBGP, "", "800f03001946", "").endOfRib()).isNull();
        var onlyV6 = new Terms(true, true, Set.of(AddressFamily.IPV6_UNICAST));
        assertThat(decode(onlyV6, "", "", "").endOfRib()).isNull();
    }

    @Test
    void as4AttributesTakeTheirPlacesUnlessSomebodyAggregatedSince() {
        String path = BASE.replace(AS_PATH, "40020802035ba0fde95ba0"); // AS_TRANS 65001 AS_TRANS
        String four = "c0110a0202" + "0000fde9" + "00030d40"; // 65001 200000
        String trans = "c007065ba00a000001";
        String other = "c00706fde90a000001";
        String four2 = "c0120800030d400a000002";
        assertThat(asPath(path + four)).isEqualTo("23456 65001 200000");
        assertThat(asPath(path + trans + four + four2)).isEqualTo("23456 65001 200000");
        assertThat(asPath(path + other + four + four2)).isEqualTo("23456 65001 23456");
        assertThat(asPath(path + other + four)).isEqualTo("23456 65001 200000"); // as RIPE's beacons are
        assertThat(asPath(path + "c011120204" + "00030d40".repeat(4))).isEqualTo("23456 65001 23456"); // longer
        assertThat(aggregator(path + trans + four2)).isEqualTo("00030d400a000002");
        assertThat(aggregator(path + other + four2)).isEqualTo("0000fde90a000001");
    }

    private static String asPath(String attributes) {
        return announced(decode(TWO_OCTETS, "", attributes, NLRI)).asPath().toString();
    }

    private static String aggregator(String attributes) {
        return announced(decode(TWO_OCTETS, "", attributes, NLRI)).others().stream()
                .filter(raw -> raw.type() == AttributeCode.AGGREGATOR)
                .map(raw -> raw.value().toString())
                .findFirst()
                .orElse("none");
    }

    private static PathAttributes announced(Update update) {
        return Objects.requireNonNull(update.announced().getFirst().attributes());
    }

    private static @Nullable IpAddress nextHop(Update update, int index) {
        return Objects.requireNonNull(update.announced().get(index).attributes())
                .nextHop();
    }

    /// In the midst of a larger array, so that a read past the slice is seen.
    private static Update decode(Terms terms, String withdrawn, String attributes, String nlri) {
        String body = "%04x%s%04x%s%s"
                .formatted(withdrawn.length() / 2, withdrawn, attributes.length() / 2, attributes, nlri);
        byte[] bytes = HexFormat.of().parseHex("ffff" + body + "ffff");
        return new UpdateDecoder(terms).decode(bytes, 2, bytes.length - 2);
    }
}
