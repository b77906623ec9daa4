package slash32.bgp.exabgp;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The BGP-LS attribute (RFC 9552 §5.3, segment routing: RFC 9085) as ExaBGP prints it.
final class LinkStateAttributeText {
    private static final int LABEL_OR_SID = 1161;
    private static final int LABEL_BYTES = 3;
    private static final int LONGEST_NAME = 255;

    private static final List<String> NODE_FLAGS = List.of("O", "T", "E", "B", "R", "V");
    private static final List<String> IGP_FLAGS = List.of("D", "N", "L", "P");
    private static final List<String> MPLS_FLAGS = List.of("LDP", "RSVP-TE");
    private static final List<String> PROTECTION_FLAGS =
            List.of("ExtraTrafic", "Unprotected", "Shared", "Dedicated 1:1", "Dedicated 1+1", "Enhanced");
    private static final List<String> SR_FLAGS = List.of("I", "V");
    private static final List<String> SR_PREFIX_FLAGS = List.of("R", "N", "P", "E", "V", "L");
    private static final List<String> SR_ADJACENCY_FLAGS = List.of("F", "B", "V", "L", "S", "P");
    private static final List<String> SR_ATTRIBUTE_FLAGS = List.of("X", "R", "N");

    private final ApiVersion api;
    private final List<String> members = new ArrayList<>();
    /// Members that 6.0.0 collects over all TLVs, and prints first.
    private final Map<String, List<String>> collected = new LinkedHashMap<>();

    private final List<String> localRouters = new ArrayList<>();

    private LinkStateAttributeText(ApiVersion api) {
        this.api = api;
    }

    static String json(Octets value, ApiVersion api) {
        var text = new LinkStateAttributeText(api);
        while (value.hasMore()) {
            int type = value.u16();
            text.tlv(type, value.upTo(value.u16()));
        }
        Stream<String> first =
                text.collected.entrySet().stream().map(one -> "\"" + one.getKey() + "\": " + one.getValue());
        return Stream.concat(first, text.members.stream()).collect(Collectors.joining(", ", "\"bgp-ls\": { ", " }"));
    }

    private void put(String name, Object value) {
        members.add("\"" + name + "\": " + value);
    }

    private void collect(String name, String value) {
        collected.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
    }

    private void tlv(int type, Octets tlv) {
        switch (type) {
            case 1024 -> put("node-flags", flags(atMost(1, tlv), NODE_FLAGS));
            case 1026 -> put("node-name", name(tlv));
            case 1027 -> area(tlv);
            case 1028, 1029 -> localRouter(tlv.address());
            case 1030, 1031 -> put("remote-te-router-id", "\"" + tlv.address() + "\"");
            case 1034 -> capabilities(tlv);
            case 1035 -> put("sr-algorithms", tlv.hasMore() ? numbers(1, tlv) : List.of("0"));
            case 1088 -> put("admin-group-mask", api == ApiVersion.V4 ? List.of(exactly(4, tlv)) : exactly(4, tlv));
            case 1089 -> put("maximum-link-bandwidth", bandwidth(sized(4, tlv)));
            case 1090 -> put("maximum-reservable-link-bandwidth", bandwidth(sized(4, tlv)));
            case 1091 -> put("unreserved-bandwidth", unreserved(sized(32, tlv)));
            case 1092 -> put("te-metric", exactly(4, tlv));
            case 1093 -> put("link-protection-flags", flags(sized(2, tlv), PROTECTION_FLAGS));
            case 1094 -> put("mpls-mask", flags(atMost(1, tlv), MPLS_FLAGS));
            case 1095 -> put("igp-metric", exactly(Math.clamp(tlv.remaining(), 1, 3), tlv));
            case 1096 -> put("shared-risk-link-groups", tlv.hasMore() ? numbers(4, tlv) : exactly(4, tlv));
            case 1098 -> put("link-name", name(tlv));
            case 1099 -> adjacency(tlv);
            case 1100 -> lanAdjacency(tlv);
            case 1152 -> put("igp-flags", flags(atMost(1, tlv), IGP_FLAGS));
            case 1153 -> put("igp-route-tags", numbers(4, tlv.upTo(tlv.remaining() / 4 * 4)));
            case 1154 -> put("igp-extended-route-tags", numbers(8, tlv.upTo(tlv.remaining() / 8 * 8)));
            case 1155 -> put("prefix-metric", exactly(4, tlv));
            case 1156 -> put("ospf-forwarding-address", "\"" + tlv.address() + "\"");
            case 1158 -> prefixSid(tlv);
            case 1170 -> put("sr-prefix-attribute-flags", flags(tlv, SR_ATTRIBUTE_FLAGS));
            case 1171 -> put("sr-source-router-id", "\"" + tlv.address() + "\"");
            case 1025, 1097, 1157 -> opaque(type, tlv);
            default -> unknown(type, tlv);
        }
    }

    /// What it has no text for, and fails on in 4.2.
    private void opaque(int type, Octets tlv) {
        if (api == ApiVersion.V4) {
            tlv.fail(0, 0);
        }
        unknown(type, tlv);
    }

    private void unknown(int type, Octets tlv) {
        String octets = "\"0x" + tlv.hex() + "\"";
        switch (api) {
            case V4 -> put("attribute-not-implemented", "\"" + type + "\"");
            case V5 -> put("generic-lsid-" + type, "[" + octets + "]");
            case V6 -> collect("generic-lsid-" + type, octets);
        }
    }

    private static Octets sized(int octets, Octets tlv) {
        if (tlv.remaining() != octets) {
            tlv.fail(3, 5);
        }
        return tlv;
    }

    private static Octets atMost(int octets, Octets tlv) {
        if (tlv.remaining() > octets) {
            tlv.fail(3, 5);
        }
        return tlv;
    }

    private static long exactly(int octets, Octets tlv) {
        return sized(octets, tlv).number(octets);
    }

    private static List<String> numbers(int octets, Octets tlv) {
        var numbers = new ArrayList<String>();
        while (tlv.hasMore()) {
            numbers.add(Long.toUnsignedString(tlv.number(octets)));
        }
        return numbers;
    }

    /// ExaBGP has a link's name as the Python text of its uuencoding; this is the name.
    private static String name(Octets tlv) {
        String text = Quoted.content(atMost(LONGEST_NAME, tlv).apart());
        if (text.chars().anyMatch(c -> c > 0x7f)) {
            tlv.fail(0, 0);
        }
        return "\"" + text + "\"";
    }

    private void area(Octets tlv) {
        String hex = tlv.hex();
        String number = hex.isEmpty() ? "0" : new BigInteger(hex, 16).toString();
        switch (api) {
            case V4 -> put("area-id", "\"" + hex.toLowerCase(Locale.ROOT) + "\"");
            case V5 -> put("area-id", "\"" + number + "\"");
            case V6 -> collect("area-ids", "\"" + number + "\"");
        }
    }

    /// Each TLV is printed with those before it.
    private void localRouter(String address) {
        if (api == ApiVersion.V6) {
            collect("local-router-ids", "\"" + address + "\"");
        } else {
            localRouters.add("\"" + address + "\"");
            put("local-te-router-ids", List.copyOf(localRouters));
        }
    }

    /// The names' bits from the highest on. ExaBGP reads an octet below 16 as four bits, and takes no other than 0.
    private static String flags(Octets tlv, List<String> names) {
        int octet = tlv.u8();
        if ((octet & (0xff >>> names.size())) != 0 || (octet > 0 && octet < 0x10)) {
            tlv.fail(3, 5);
        }
        var text = new StringBuilder("{");
        for (int i = 0; i < names.size(); i++) {
            text.append('"')
                    .append(names.get(i))
                    .append("\": ")
                    .append((octet >>> (7 - i)) & 1)
                    .append(", ");
        }
        return text.append("\"RSV\": 0}").toString();
    }

    private void capabilities(Octets tlv) {
        put("sr-capability-flags", flags(tlv, SR_FLAGS));
        tlv.upTo(1);
        var ranges = new ArrayList<List<Long>>();
        while (tlv.hasMore()) {
            long size = tlv.u24();
            if (tlv.u16() != LABEL_OR_SID) {
                tlv.fail(3, 5);
            }
            int length = tlv.u16();
            if (length != LABEL_BYTES && length != 4) {
                tlv.fail(0, 0);
            }
            ranges.add(List.of(size, tlv.number(length)));
        }
        put("sids", ranges);
    }

    private void adjacency(Octets tlv) {
        if (api == ApiVersion.V4) {
            tlv.fail(0, 0); // ExaBGP 4.2 fails to write it
        }
        int octet = tlv.peek(0);
        String flags = flags(tlv, SR_ADJACENCY_FLAGS);
        int weight = tlv.u8();
        tlv.upTo(2);
        String text = "{ \"flags\": " + flags + ", \"sids\": " + sids(tlv, octet >>> 4) + ", \"weight\": " + weight
                + ", \"undecoded-sids\": " + undecoded(tlv) + " }";
        if (api == ApiVersion.V6) {
            collect("sr-adjs", text);
        } else {
            put("sr-adj", text);
        }
    }

    private void lanAdjacency(Octets tlv) {
        int octet = tlv.peek(0);
        put("sr-adj-lan-flags", flags(tlv, SR_ADJACENCY_FLAGS));
        int weight = tlv.u8();
        tlv.upTo(2 + 6);
        put("sids", sids(tlv, octet >>> 4));
        put("undecoded-sids", undecoded(tlv));
        put("sr-adj-lan-weight", weight);
    }

    private void prefixSid(Octets tlv) {
        int octet = tlv.peek(0);
        put("sr-prefix-flags", flags(tlv, SR_PREFIX_FLAGS));
        int algorithm = tlv.u8();
        tlv.upTo(2);
        if ((octet & 0x0c) == 0 && tlv.hasMore()) {
            sized(4, tlv);
        }
        put("sids", sids(tlv, octet >>> 2));
        put("undecoded-sids", undecoded(tlv));
        put("sr-algorithm", algorithm);
    }

    /// Labels if the flags end in V and L, indexes if in neither; else they are left.
    private static List<String> sids(Octets tlv, int flags) {
        return switch (flags & 3) {
            case 3 -> numbers(LABEL_BYTES, tlv);
            case 0 -> numbers(4, tlv);
            default -> List.of();
        };
    }

    private static List<String> undecoded(Octets tlv) {
        return tlv.hasMore() ? List.of("\"0x" + tlv.hex() + "\"") : List.of();
    }

    private static List<String> unreserved(Octets tlv) {
        var bandwidths = new ArrayList<String>();
        while (tlv.hasMore()) {
            bandwidths.add(bandwidth(tlv));
        }
        return bandwidths;
    }

    /// As Python writes a number; what is none has no JSON.
    private static String bandwidth(Octets tlv) {
        double value = Float.intBitsToFloat((int) tlv.u32());
        if (!Double.isFinite(value)) {
            tlv.fail(0, 0);
            return "";
        }
        var decimal = new BigDecimal(Double.toString(value));
        if (value == 0) {
            return Double.toString(value);
        }
        if (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e16) {
            String plain = decimal.toPlainString();
            return plain.contains(".") ? plain : plain + ".0";
        }
        BigDecimal shortest = decimal.stripTrailingZeros();
        String digits = shortest.unscaledValue().abs().toString();
        int exponent = digits.length() - 1 - shortest.scale();
        return (value < 0 ? "-" : "")
                + digits.charAt(0)
                + (digits.length() > 1 ? "." + digits.substring(1) : "")
                + "e%s%02d".formatted(exponent < 0 ? "-" : "+", Math.abs(exponent));
    }
}
