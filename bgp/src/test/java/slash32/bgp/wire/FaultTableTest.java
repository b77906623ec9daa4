package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.bgp.wire.AttributeDecoders.Row;
import slash32.net.Bytes;

/// Every attribute of {@link AttributeDecoders#ROWS} in every way of being malformed: its fate is that of its row's
/// clause, and the NOTIFICATION that it would bring is that of RFC 4271 §6.3.
class FaultTableTest {
    private static final Set<AddressFamily> FAMILIES =
            Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST, AddressFamily.L2VPN_EVPN);
    private static final Terms IBGP = new Terms(true, true, FAMILIES);
    private static final Terms EBGP = new Terms(false, true, FAMILIES);
    private static final Terms TWO_OCTETS = new Terms(true, false, FAMILIES);

    private static final String NLRI = "18cb0071";
    private static final String V6 = "30" + "20010db80001";

    /// What is mandatory, by code.
    private static final Map<Integer, String> MANDATORY = new TreeMap<>(Map.of(
            AttributeCode.ORIGIN, "400101" + "00",
            AttributeCode.AS_PATH, "400206" + "02010000fde9",
            AttributeCode.NEXT_HOP, "400304" + "0a00000b",
            AttributeCode.LOCAL_PREF, "400504" + "00000064"));

    /// An attribute's values: a good one, and bad ones with what is wrong with them.
    private record Values(Terms terms, String good, Map<String, NotificationCode> bad) {
        Values(String good, Map<String, NotificationCode> bad) {
            this(IBGP, good, bad);
        }
    }

    private static final NotificationCode LENGTH = NotificationCode.ATTRIBUTE_LENGTH_ERROR;
    private static final NotificationCode PATH = NotificationCode.MALFORMED_AS_PATH;
    private static final NotificationCode OPTIONAL = NotificationCode.OPTIONAL_ATTRIBUTE_ERROR;

    private static final Map<Integer, Values> VALUES = Map.ofEntries(
            Map.entry(
                    AttributeCode.ORIGIN,
                    new Values("00", Map.of("", LENGTH, "0000", LENGTH, "03", NotificationCode.INVALID_ORIGIN))),
            Map.entry(
                    AttributeCode.AS_PATH,
                    new Values(
                            "02010000fde9",
                            Map.of(
                                    "02", PATH, // half a header
                                    "0200", PATH, // no numbers
                                    "02020000fde9", PATH, // too few
                                    "02010000fde9ff", PATH, // too many
                                    "05010000fde9", PATH, // a type that is none
                                    "020100000000", PATH, // RFC 7607 §2
                                    "03010000fde9", PATH))), // RFC 5065 §5
            Map.entry(
                    AttributeCode.NEXT_HOP,
                    new Values(
                            "0a00000b",
                            Map.of(
                                    "",
                                    LENGTH,
                                    "0a0000",
                                    LENGTH,
                                    "0a00000b00",
                                    LENGTH,
                                    "00000000",
                                    NotificationCode.INVALID_NEXT_HOP,
                                    "e0000001",
                                    NotificationCode.INVALID_NEXT_HOP,
                                    "7f000001",
                                    NotificationCode.INVALID_NEXT_HOP))),
            Map.entry(AttributeCode.MULTI_EXIT_DISC, new Values("00000005", lengths("", "000005", "0000000500"))),
            Map.entry(AttributeCode.LOCAL_PREF, new Values("00000064", lengths("", "000064", "0000006400"))),
            Map.entry(AttributeCode.ATOMIC_AGGREGATE, new Values("", lengths("00", "0000"))),
            Map.entry(
                    AttributeCode.AGGREGATOR,
                    new Values(
                            "0000fde90a000001",
                            Map.of("", LENGTH, "fde90a000001", LENGTH, "000000000a000001", OPTIONAL))),
            Map.entry(AttributeCode.COMMUNITIES, new Values("fde90001", lengths("", "fde900", "fde9000100"))),
            Map.entry(
                    AttributeCode.ORIGINATOR_ID,
                    new Values("0a000001", lengths("", "0a0000", "0a00000100", "00000000"))),
            Map.entry(AttributeCode.CLUSTER_LIST, new Values("0a000001", lengths("", "0a0000", "0a00000100"))),
            Map.entry(
                    AttributeCode.EXTENDED_COMMUNITIES,
                    new Values("0002fde900000001", lengths("", "0002fde9000000", "0002fde90000000100"))),
            Map.entry(
                    AttributeCode.IPV6_EXTENDED_COMMUNITIES,
                    new Values("0002" + "20010db8" + "00".repeat(14), lengths("", "00".repeat(19), "00".repeat(21)))),
            Map.entry(AttributeCode.ONLY_TO_CUSTOMER, new Values("0000fde9", lengths("", "fde9", "0000fde900"))),
            Map.entry(
                    AttributeCode.AS4_PATH,
                    new Values(TWO_OCTETS, "020100010000", Map.of("02", PATH, "0200", PATH, "020200010000", PATH))),
            Map.entry(
                    AttributeCode.AS4_AGGREGATOR,
                    new Values(TWO_OCTETS, "000100000a000001", lengths("", "00010000", "000100000a00000100"))),
            Map.entry(
                    AttributeCode.LARGE_COMMUNITY,
                    new Values("00".repeat(12), lengths("", "00".repeat(11), "00".repeat(13)))),
            Map.entry(
                    AttributeCode.PMSI_TUNNEL,
                    new Values("0006000064" + "0a00000b", opaque("", "00060000", "0006000064", "0006000064" + "0a00"))),
            Map.entry(
                    AttributeCode.TUNNEL_ENCAPSULATION,
                    new Values("00080000", opaque("", "0008", "00080005", "0008000301ff00"))),
            Map.entry(
                    AttributeCode.AIGP,
                    new Values("01000b" + "00".repeat(8), opaque("", "01", "010002", "01000c" + "00".repeat(8)))),
            Map.entry(AttributeCode.BGP_LS, new Values("04020000", opaque("04", "040200", "04020001"))),
            Map.entry(AttributeCode.PREFIX_SID, new Values("010000", opaque("01", "0100", "010001"))));

    private static Map<String, NotificationCode> lengths(String... values) {
        var bad = new TreeMap<String, NotificationCode>();
        Stream.of(values).forEach(value -> bad.put(value, LENGTH));
        return bad;
    }

    private static Map<String, NotificationCode> opaque(String... values) {
        var bad = new TreeMap<String, NotificationCode>();
        Stream.of(values).forEach(value -> bad.put(value, OPTIONAL));
        return bad;
    }

    static Stream<Integer> types() {
        return AttributeDecoders.ROWS.keySet().stream().sorted();
    }

    @Test
    void everyRowHasValuesAndAClause() {
        assertThat(VALUES.keySet()).isEqualTo(AttributeDecoders.ROWS.keySet());
        assertThat(AttributeDecoders.ROWS.values())
                .allSatisfy(row -> assertThat(row.clause()).matches("RFC \\d+ §[0-9.]+(, RFC \\d+ §[0-9.]+)*"));
    }

    @ParameterizedTest(name = "attribute {0}")
    @MethodSource("types")
    void whatIsGoodIsTaken(int type) {
        Values values = values(type);
        String attribute = attribute(row(type).flags(), type, values.good());
        assertThat(decode(values.terms(), others(type) + attribute, NLRI).faults())
                .isEmpty();
    }

    @ParameterizedTest(name = "attribute {0}")
    @MethodSource("types")
    void aValueThatCannotBeHasTheFateOfItsClause(int type) {
        Values values = values(type);
        Row row = row(type);
        values.bad().forEach((value, code) -> {
            String attribute = attribute(row.flags(), type, value);
            Update update = decode(values.terms(), others(type) + attribute, NLRI);
            assertThat(update.fate()).as("value '%s'", value).isEqualTo(row.malformed());
            assertFault(update, type, code, code == PATH ? "" : attribute);
        });
    }

    @ParameterizedTest(name = "attribute {0}")
    @MethodSource("types")
    void otherFlagsHaveTheFateOfRfc7606(int type) {
        Values values = values(type);
        Row row = row(type);
        for (int bit : List.of(AttributeCode.OPTIONAL, AttributeCode.TRANSITIVE)) {
            String attribute = attribute(row.flags() ^ bit, type, values.good());
            Update update = decode(values.terms(), others(type) + attribute, NLRI);
            assertThat(update.fate()).isEqualTo(row.wrongFlags());
            assertFault(update, type, NotificationCode.ATTRIBUTE_FLAGS_ERROR, attribute);
        }
    }

    /// RFC 7606 §3 g: the first one counts.
    @ParameterizedTest(name = "attribute {0}")
    @MethodSource("types")
    void aSecondOneIsDiscarded(int type) {
        Values values = values(type);
        String attribute = attribute(row(type).flags(), type, values.good());
        Update update = decode(values.terms(), others(type) + attribute + attribute, NLRI);
        assertThat(update.fate()).isEqualTo(Fate.ATTRIBUTE_DISCARD);
        assertFault(update, type, NotificationCode.MALFORMED_ATTRIBUTE_LIST, "");
    }

    /// RFC 7606 §4.
    @ParameterizedTest(name = "attribute {0}")
    @MethodSource("types")
    void aLengthPastTheEndWithdraws(int type) {
        Values values = values(type);
        String cut = hex(row(type).flags(), type, 200) + values.good();
        Update update = decode(values.terms(), others(type) + cut, NLRI);
        assertThat(update.fate()).isEqualTo(Fate.TREAT_AS_WITHDRAW);
        assertFault(update, type, LENGTH, cut);
    }

    /// RFC 7606 §7.5, 7.9, 7.10.
    @Test
    void whatIsForInternalPeersOnlyIsDiscardedFromOthers() {
        var seen = new ArrayList<Integer>();
        for (Row row : AttributeDecoders.ROWS.values()) {
            if (row.onlyInternal()) {
                seen.add(row.type());
                String attribute = attribute(row.flags(), row.type(), "ff");
                Update update = decode(EBGP, others(AttributeCode.LOCAL_PREF) + attribute, NLRI);
                assertThat(update.fate()).isEqualTo(Fate.ATTRIBUTE_DISCARD);
                assertFault(update, row.type(), OPTIONAL, attribute);
            }
        }
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        AttributeCode.LOCAL_PREF, AttributeCode.ORIGINATOR_ID, AttributeCode.CLUSTER_LIST);
    }

    /// RFC 7606 §3 d.
    @Test
    void whatIsMandatoryAndMissingWithdrawsAndIsNamed() {
        for (int type : MANDATORY.keySet()) {
            Update update = decode(IBGP, others(type), NLRI);
            assertThat(update.fate()).isEqualTo(Fate.TREAT_AS_WITHDRAW);
            assertFault(update, type, NotificationCode.MISSING_WELL_KNOWN_ATTRIBUTE, "%02x".formatted(type));
        }
    }

    /// RFC 4271 §6.3.
    @Test
    void anUnknownWellKnownAttributeEndsTheSession() {
        String attribute = attribute(AttributeCode.TRANSITIVE, 99, "0102");
        Update update = decode(IBGP, others(0) + attribute, NLRI);
        assertThat(update.notification())
                .isEqualTo(
                        Message.Notification.of(NotificationCode.UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE, bytes(attribute)));
    }

    /// RFC 7606 §5.2: where no NLRI is found, one may have been lost.
    @Test
    void withoutRoutesWhatWouldWithdrawEndsTheSession() {
        String origin = attribute(AttributeCode.TRANSITIVE, AttributeCode.ORIGIN, "09");
        for (String unreach : List.of("", "800f03000201", "800f0a000201" + V6)) {
            Update update = decode(IBGP, others(AttributeCode.ORIGIN) + origin + unreach, "");
            assertThat(update.notification())
                    .isEqualTo(Message.Notification.of(NotificationCode.INVALID_ORIGIN, bytes(origin)));
        }
        String reach = "800e1c000201" + "10" + "20010db8" + "00".repeat(12) + "00" + V6;
        assertThat(decode(IBGP, others(AttributeCode.ORIGIN) + origin + reach, "")
                        .fate())
                .isEqualTo(Fate.TREAT_AS_WITHDRAW);
    }

    /// RFC 7606 §3 g and j, §5.3, §7.11: what hides routes ends the session.
    @Test
    void multiprotocolAttributesThatCannotBeReadEndTheSession() {
        String hop = "10" + "20010db8" + "00".repeat(12) + "00";
        Map<String, NotificationCode> rows = new TreeMap<>();
        rows.put(attribute(AttributeCode.OPTIONAL, AttributeCode.MP_REACH_NLRI, "00020100"), OPTIONAL); // 4 octets
        rows.put(attribute(AttributeCode.OPTIONAL, AttributeCode.MP_UNREACH_NLRI, "0002"), OPTIONAL);
        rows.put(attribute(AttributeCode.OPTIONAL, AttributeCode.MP_REACH_NLRI, "000201" + "0500"), OPTIONAL);
        rows.put(attribute(AttributeCode.OPTIONAL, AttributeCode.MP_REACH_NLRI, "000201" + hop + "81"), OPTIONAL);
        rows.put(attribute(AttributeCode.OPTIONAL, AttributeCode.MP_REACH_NLRI, "000201" + hop + "3020"), OPTIONAL);
        rows.put(
                attribute(AttributeCode.OPTIONAL, AttributeCode.MP_REACH_NLRI, "000201" + "0c" + "00".repeat(13)),
                OPTIONAL);
        for (int type : List.of(AttributeCode.MP_REACH_NLRI, AttributeCode.MP_UNREACH_NLRI)) {
            String value = "000201" + (type == AttributeCode.MP_REACH_NLRI ? hop : "") + V6;
            rows.put(attribute(0, type, value), NotificationCode.ATTRIBUTE_FLAGS_ERROR);
            rows.put(
                    attribute(AttributeCode.OPTIONAL | AttributeCode.TRANSITIVE, type, value),
                    NotificationCode.ATTRIBUTE_FLAGS_ERROR);
        }
        rows.forEach((attribute, code) -> assertThat(
                        decode(IBGP, others(0) + attribute, "").notification())
                .as(attribute)
                .isEqualTo(Message.Notification.of(code, bytes(attribute))));
        String unreach = attribute(AttributeCode.OPTIONAL, AttributeCode.MP_UNREACH_NLRI, "000201");
        assertThat(decode(IBGP, unreach + unreach, "").notification())
                .isEqualTo(Message.Notification.of(NotificationCode.MALFORMED_ATTRIBUTE_LIST));
    }

    /// RFC 7606 §5.3: a length that the type doesn't have. §5.4: a type that we don't know is no fault. RFC 9136 §3.1
    /// has two lengths of type 5, and asks for treat-as-withdraw only of what can be read.
    @Test
    void anEvpnPrefixOfAnotherLengthEndsTheSession() {
        for (int length : List.of(0, 33, 35, 57, 59)) {
            String attribute = evpn(5, length);
            assertThat(decode(IBGP, others(0) + attribute, "").notification())
                    .isEqualTo(Message.Notification.of(OPTIONAL, bytes(attribute)));
        }
        assertThat(decode(IBGP, others(0) + evpn(5, 34), "").fate()).isEqualTo(Fate.ACCEPT);
        assertThat(decode(IBGP, others(0) + evpn(200, 33), "").fate()).isEqualTo(Fate.ACCEPT);
    }

    private static String evpn(int type, int length) {
        String route = "%02x%02x".formatted(type, length) + "00".repeat(length);
        return attribute(AttributeCode.OPTIONAL, AttributeCode.MP_REACH_NLRI, "001946" + "040a00000b" + "00" + route);
    }

    /// The NLRI and Withdrawn Routes fields (RFC 4271 §6.3, RFC 7606 §3 b, i, §5.3).
    @Test
    void fieldsThatCannotBeReadEndTheSession() {
        assertThat(decode(IBGP, others(0), "21cb007100").notification())
                .isEqualTo(Message.Notification.of(NotificationCode.INVALID_NETWORK_FIELD));
        assertThat(decode(IBGP, others(0), "18cb00").notification())
                .isEqualTo(Message.Notification.of(NotificationCode.INVALID_NETWORK_FIELD));
        for (String body : List.of("0002", "0005" + "18cb0071" + "0000", "0000" + "0001")) {
            assertThat(new UpdateDecoder(IBGP)
                            .decode(HexFormat.of().parseHex(body), 0, body.length() / 2)
                            .notification())
                    .isEqualTo(Message.Notification.of(NotificationCode.MALFORMED_ATTRIBUTE_LIST));
        }
    }

    /// A NOTIFICATION has at most 4096 octets.
    @Test
    void anAttributeThatIsTooLongForANotificationIsCut() {
        String attribute = "5063" + "ffdc" + "00".repeat(0xffdc);
        Update update = new UpdateDecoder(new Terms(true, true, FAMILIES, Set.of(), Set.of(), true, Set.of()))
                .decode(body(attribute, ""), 0, body(attribute, "").length);
        assertThat(MessageEncoder.encode(update.notification())).hasSize(Framer.MAX_BYTES);
    }

    private static Values values(int type) {
        return Objects.requireNonNull(VALUES.get(type), "its values");
    }

    private static Row row(int type) {
        return Objects.requireNonNull(AttributeDecoders.ROWS.get(type), "a row");
    }

    private static void assertFault(Update update, int type, NotificationCode code, String evidence) {
        assertThat(update.faults())
                .extracting(AttributeFault::type, AttributeFault::code, AttributeFault::evidence)
                .contains(org.assertj.core.groups.Tuple.tuple(type, code, bytes(evidence)));
    }

    /// What is mandatory besides {@code type}.
    private static String others(int type) {
        var attributes = new StringBuilder();
        MANDATORY.forEach((other, attribute) -> attributes.append(other == type ? "" : attribute));
        return attributes.toString();
    }

    private static String attribute(int flags, int type, String value) {
        return hex(flags, type, value.length() / 2) + value;
    }

    private static String hex(int flags, int type, int length) {
        return "%02x%02x%02x".formatted(flags, type, length);
    }

    private static Bytes bytes(String hex) {
        return Bytes.copyOf(HexFormat.of().parseHex(hex));
    }

    private static Update decode(Terms terms, String attributes, String nlri) {
        // two octets of AS number in AS_PATH where the session has them
        String fitting =
                terms.fourOctetAs() ? attributes : attributes.replace("400206" + "02010000fde9", "400204" + "0201fde9");
        byte[] body = body(fitting, nlri);
        return new UpdateDecoder(terms).decode(body, 0, body.length);
    }

    private static byte[] body(String attributes, String nlri) {
        return HexFormat.of().parseHex("0000" + "%04x".formatted(attributes.length() / 2) + attributes + nlri);
    }
}
