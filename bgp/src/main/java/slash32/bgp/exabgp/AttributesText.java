package slash32.bgp.exabgp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AttributeCode;

/// The path attributes of one UPDATE as ExaBGP reads and prints them. It has rules of its own for malformed ones, which
/// are older than RFC 7606.
final class AttributesText {
    private static final int OPTIONAL = 0x80;
    private static final int TRANSITIVE = 0x40;
    private static final int PARTIAL = 0x20;
    private static final int EXTENDED = 0x10;
    private static final int DISCARDED = 0xfffe;
    private static final int WITHDRAWN = 0xffff;

    /// The flags that each attribute must have to be decoded.
    private static final Map<Integer, Integer> FLAGS = Map.ofEntries(
            Map.entry(AttributeCode.ORIGIN, TRANSITIVE),
            Map.entry(AttributeCode.AS_PATH, TRANSITIVE),
            Map.entry(AttributeCode.NEXT_HOP, TRANSITIVE),
            Map.entry(AttributeCode.MULTI_EXIT_DISC, OPTIONAL),
            Map.entry(AttributeCode.LOCAL_PREF, TRANSITIVE),
            Map.entry(AttributeCode.ATOMIC_AGGREGATE, TRANSITIVE),
            Map.entry(AttributeCode.AGGREGATOR, OPTIONAL | TRANSITIVE),
            Map.entry(AttributeCode.COMMUNITIES, OPTIONAL | TRANSITIVE),
            Map.entry(AttributeCode.ORIGINATOR_ID, OPTIONAL),
            Map.entry(AttributeCode.CLUSTER_LIST, OPTIONAL),
            Map.entry(AttributeCode.MP_REACH_NLRI, OPTIONAL),
            Map.entry(AttributeCode.MP_UNREACH_NLRI, OPTIONAL),
            Map.entry(AttributeCode.EXTENDED_COMMUNITIES, OPTIONAL | TRANSITIVE),
            Map.entry(AttributeCode.AS4_PATH, OPTIONAL | TRANSITIVE),
            Map.entry(AttributeCode.AS4_AGGREGATOR, OPTIONAL | TRANSITIVE),
            Map.entry(AttributeCode.PMSI_TUNNEL, OPTIONAL | TRANSITIVE),
            Map.entry(AttributeCode.IPV6_EXTENDED_COMMUNITIES, OPTIONAL | TRANSITIVE),
            Map.entry(AttributeCode.AIGP, OPTIONAL),
            Map.entry(AttributeCode.BGP_LS, OPTIONAL),
            Map.entry(AttributeCode.LARGE_COMMUNITY, OPTIONAL | TRANSITIVE),
            Map.entry(AttributeCode.PREFIX_SID, OPTIONAL | TRANSITIVE));

    private static final Set<Integer> WITHDRAW_IF_MALFORMED = Set.of(
            AttributeCode.ORIGIN,
            AttributeCode.AS_PATH,
            AttributeCode.NEXT_HOP,
            AttributeCode.MULTI_EXIT_DISC,
            AttributeCode.LOCAL_PREF,
            AttributeCode.LARGE_COMMUNITY);
    private static final Set<Integer> DISCARD_IF_MALFORMED =
            Set.of(AttributeCode.ATOMIC_AGGREGATE, AttributeCode.AGGREGATOR);
    private static final Map<Integer, String> PMSI_TYPES = Map.of(
            0, "notunnel",
            1, "rsvp-tep2mplsp",
            2, "mldpp2mplsp",
            3, "pim-ssmtree",
            4, "pim-smtree",
            5, "bidir-pimtree",
            6, "ingressreplication",
            7, "mldpmp2mplsp");

    private final DecodeContext context;
    /// What is printed, by code; the two codes of the multiprotocol attributes print nothing.
    private final TreeMap<Integer, String> printed = new TreeMap<>();

    private String nextHop = "";
    private @Nullable PathText path;
    private @Nullable PathText path4;
    private int path4Flags;
    private @Nullable Octets reach;
    private @Nullable Octets unreach;

    private AttributesText(DecodeContext context) {
        this.context = context;
    }

    static AttributesText decode(Octets in, DecodeContext context) {
        var attributes = new AttributesText(context);
        var seen = new LinkedHashMap<Integer, Boolean>();
        while (in.hasMore()) {
            if (!attributes.one(in, seen)) {
                break;
            }
        }
        if (!attributes.printed.containsKey(WITHDRAWN)) {
            attributes.mergePaths();
        }
        return attributes;
    }

    /// NEXT_HOP, or "" if there is none.
    String nextHop() {
        return nextHop;
    }

    @Nullable
    Octets reach() {
        return reach;
    }

    @Nullable
    Octets unreach() {
        return unreach;
    }

    boolean isEmpty() {
        return printed.isEmpty() && path == null && nextHop.isEmpty();
    }

    /// The members of "attribute".
    ///
    /// @param showNextHop NEXT_HOP stands among them, as in 6.0.0 when not all routes have it
    String json(boolean showNextHop) {
        var all = new TreeMap<>(printed);
        if (context.api() == ApiVersion.V6) {
            all.keySet().removeAll(Set.of(DISCARDED, WITHDRAWN));
            if (showNextHop && !nextHop.isEmpty()) {
                all.put(AttributeCode.NEXT_HOP, "\"next-hop\": \"" + nextHop + "\"");
            }
        }
        if (path != null) {
            all.put(AttributeCode.AS_PATH, path.json(context.api()));
        }
        if (path4 != null) {
            all.put(AttributeCode.AS4_PATH, unknown(AttributeCode.AS4_PATH, path4Flags, path4.toString()));
        }
        return String.join(", ", all.values());
    }

    /// AS4_PATH beside an AS_PATH stands in it.
    private void mergePaths() {
        if (path != null && path4 != null) {
            path = path.merged(path4);
            path4 = null;
        }
    }

    private boolean one(Octets in, Map<Integer, Boolean> seen) {
        if (in.remaining() < 2) {
            printed.putIfAbsent(WITHDRAWN, "\"error\": \"treat-as-withdraw\"");
            return false;
        }
        int flags = in.u8();
        int code = in.u8();
        int lengthBytes = (flags & EXTENDED) != 0 ? 2 : 1;
        if (in.remaining() < lengthBytes) {
            withdraw(code);
            return false;
        }
        Octets value = in.upTo(in.remaining() < lengthBytes ? 0 : (int) in.number(lengthBytes));
        Integer expected = FLAGS.get(code);
        if (expected != null && (expected & OPTIONAL) != 0) {
            flags &= ~PARTIAL;
        }
        if (seen.containsKey(code)) {
            if (code == AttributeCode.MP_REACH_NLRI || code == AttributeCode.MP_UNREACH_NLRI) {
                in.fail(3, 1);
            }
            return true;
        }
        if (expected == null) {
            if ((flags & TRANSITIVE) != 0) {
                seen.put(code, true);
                printed.put(code, unknown(code, flags | PARTIAL, value.lowerHex()));
            }
        } else if ((flags | EXTENDED) == (expected | EXTENDED)) {
            known(code, flags, value, in, seen);
        } else if (WITHDRAW_IF_MALFORMED.contains(code)) {
            printed.putIfAbsent(WITHDRAWN, "\"error\": \"treat-as-withdraw\"");
        }
        return true;
    }

    private void known(int code, int flags, Octets value, Octets in, Map<Integer, Boolean> seen) {
        if (!value.hasMore() && code != AttributeCode.ATOMIC_AGGREGATE && code != AttributeCode.AS_PATH) {
            withdraw(code);
            return;
        }
        boolean multiprotocol = code == AttributeCode.MP_REACH_NLRI || code == AttributeCode.MP_UNREACH_NLRI;
        Octets apart = multiprotocol ? value : value.apart();
        String text = text(code, flags, apart);
        Refusal refusal = apart.refusal();
        if (refusal == null) {
            seen.put(code, true);
            if (text != null) {
                printed.put(code, text);
            }
        } else if ((refusal.code() != 0 || context.api() == ApiVersion.V6) && WITHDRAW_IF_MALFORMED.contains(code)) {
            forget(code);
            printed.putIfAbsent(WITHDRAWN, "\"error\": \"treat-as-withdraw\"");
        } else if (refusal.code() != 0 && DISCARD_IF_MALFORMED.contains(code)) {
            printed.putIfAbsent(DISCARDED, "\"error\": \"discard\"");
        } else {
            in.fail(refusal.code(), refusal.subcode());
        }
    }

    private void forget(int code) {
        if (code == AttributeCode.AS_PATH) {
            path = null;
        }
    }

    private void withdraw(int code) {
        printed.putIfAbsent(WITHDRAWN, "\"error\": \"treat-as-withdraw due to " + Names.attribute(code) + "\"");
    }

    private static String unknown(int code, int flags, String text) {
        return "\"attribute-0x%02X-0x%02X\": \"%s\"".formatted(code, flags, text);
    }

    /// What is printed of an attribute; null for nothing.
    private @Nullable String text(int code, int flags, Octets value) {
        return switch (code) {
            case AttributeCode.ORIGIN -> origin(value);
            case AttributeCode.AS_PATH -> {
                path = value.hasMore() ? PathText.decode(value, context.fourOctetAs()) : null;
                yield null;
            }
            case AttributeCode.AS4_PATH -> {
                path4 = PathText.decode(value, true);
                path4Flags = flags & ~EXTENDED;
                yield null;
            }
            case AttributeCode.NEXT_HOP -> {
                nextHop = value.address();
                yield null;
            }
            case AttributeCode.MULTI_EXIT_DISC -> "\"med\": " + exactly(4, value);
            case AttributeCode.LOCAL_PREF -> "\"local-preference\": " + exactly(4, value);
            case AttributeCode.ATOMIC_AGGREGATE -> {
                if (value.hasMore()) {
                    value.fail(3, 2);
                }
                yield "\"atomic-aggregate\": true";
            }
            case AttributeCode.AGGREGATOR -> "\"aggregator\": \"" + aggregator(value, context.fourOctetAs()) + "\"";
            case AttributeCode.AS4_AGGREGATOR -> "\"aggregator\": \"" + aggregator(value, true) + "\"";
            case AttributeCode.COMMUNITIES ->
                list("community", 4, value, one -> "[ " + one.u16() + ", " + one.u16() + " ]");
            case AttributeCode.LARGE_COMMUNITY -> largeCommunities(value);
            case AttributeCode.ORIGINATOR_ID -> "\"originator-id\": \"" + value.ipv4() + "\"";
            case AttributeCode.CLUSTER_LIST -> list("cluster-list", 4, value, one -> "\"" + one.ipv4() + "\"");
            case AttributeCode.EXTENDED_COMMUNITIES ->
                list(
                        "extended-community",
                        8,
                        value,
                        one -> ExtendedCommunityText.of(one, context.api()).json());
            case AttributeCode.IPV6_EXTENDED_COMMUNITIES -> ipv6Communities(flags, value);
            case AttributeCode.PMSI_TUNNEL -> pmsi(value);
            case AttributeCode.PREFIX_SID -> PrefixSidText.json(value, context.api());
            case AttributeCode.BGP_LS -> LinkStateAttributeText.json(value, context.api());
            case AttributeCode.MP_REACH_NLRI -> {
                reach = value;
                yield null;
            }
            case AttributeCode.MP_UNREACH_NLRI -> {
                unreach = value;
                yield null;
            }
            default -> null;
        };
    }

    private static String origin(Octets value) {
        if (value.remaining() != 1) {
            value.fail(0, 0);
        }
        return "\"origin\": \""
                + switch (value.u8()) {
                    case 0 -> "igp";
                    case 1 -> "egp";
                    case 2 -> "incomplete";
                    default -> "invalid";
                }
                + "\"";
    }

    private static long exactly(int octets, Octets value) {
        if (value.remaining() != octets) {
            value.fail(0, 0);
        }
        return value.numberOfAll();
    }

    /// The first octets are the AS number, the last four the speaker.
    private static String aggregator(Octets value, boolean fourOctets) {
        Octets number = value.apart().upTo(fourOctets ? 4 : 2);
        value.upTo(value.remaining() - 4);
        return number.numberOfAll() + ":" + value.ipv4();
    }

    private interface Each {
        String text(Octets one);
    }

    private static String list(String name, int octets, Octets value, Each each) {
        var texts = new ArrayList<String>();
        while (value.hasMore()) {
            if (value.remaining() < octets) {
                value.fail(3, 1);
            }
            texts.add(each.text(value.upTo(octets)));
        }
        return "\"" + name + "\": [ " + String.join(", ", texts) + " ]";
    }

    private String largeCommunities(Octets value) {
        String space = context.api() == ApiVersion.V4 ? " " : "";
        var texts = new ArrayList<String>();
        while (value.hasMore()) {
            if (value.remaining() < 12) {
                value.fail(3, 1);
            }
            Octets one = value.upTo(12);
            String text = "[ " + one.u32() + ", " + one.u32() + space + ", " + one.u32() + " ]";
            if (!texts.contains(text)) {
                texts.add(text);
            }
        }
        return "\"large-community\": [ " + String.join(", ", texts) + " ]";
    }

    private String ipv6Communities(int flags, Octets value) {
        List<ExtendedCommunityText> communities = new ArrayList<>();
        while (value.hasMore()) {
            if (value.remaining() < 20) {
                value.fail(3, 1);
            }
            communities.add(ExtendedCommunityText.ofIpv6(value.upTo(20), context.api()));
        }
        if (context.api().isAtLeast(ApiVersion.V5)) {
            return communities.stream()
                    .map(ExtendedCommunityText::json)
                    .collect(Collectors.joining(", ", "\"extended-community-ipv6\": [ ", " ]"));
        }
        List<String> sorted = communities.stream()
                .sorted(java.util.Comparator.comparing(ExtendedCommunityText::hex))
                .map(ExtendedCommunityText::text)
                .toList();
        String text = sorted.size() == 1 ? sorted.getFirst() : "[ " + String.join(" ", sorted) + " ]";
        return unknown(AttributeCode.IPV6_EXTENDED_COMMUNITIES, flags & ~EXTENDED, text);
    }

    private String pmsi(Octets value) {
        int flags = value.u8();
        int type = value.u8();
        int raw = value.u24();
        boolean withOctets = type == 6 && raw != 0 && context.api() != ApiVersion.V6;
        String label = withOctets ? (raw >>> 4) + "(" + raw + ")" : "" + (raw >>> 4);
        String tunnel =
                type == 0 || (type != 6 && !value.hasMore()) ? "" : type == 6 ? value.ipv4() : "0x" + value.hex();
        return "\"pmsi\": \"pmsi:" + PMSI_TYPES.getOrDefault(type, "unknown") + ":" + flags + ":" + label + ":" + tunnel
                + "\"";
    }
}
