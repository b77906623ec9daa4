package slash32.bgp.exabgp.command;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.AttributeCode;
import slash32.bgp.wire.FlowComponent;
import slash32.bgp.wire.RouteDistinguisher;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// "flow route …": what is matched, and what is done with it (RFC 8955, RFC 8956).
///
/// With braces ("flow route NAME { match { … } then { … } }") each action adds its community; without them the first
/// counts, as of every attribute.
final class FlowWords {
    private static final int AND = 0x40;
    private static final int LAST = 0x80;
    private static final int LENGTH_MAX = 0x0fff;
    private static final int TWO_OCTETS_FROM = 0xf0;
    private static final long RATE_MAX = 1_000_000_000_000L;

    private final Words words;
    private final AttributeWords attributes;
    /// What is written of each component, by its type.
    private final TreeMap<Integer, List<Comparison>> comparisons = new TreeMap<>();

    private final TreeMap<Integer, Octets> patterns = new TreeMap<>();
    private @Nullable RouteDistinguisher distinguisher;
    private @Nullable Boolean ipv6;
    private boolean merging;

    /// @param octets 1, 2 or 4
    private record Comparison(int operator, int octets, long value) {}

    private FlowWords(Words words) {
        this.words = words;
        attributes = new AttributeWords(words, true);
    }

    static List<Route> route(Words words) {
        var flow = new FlowWords(words);
        if (!words.peek().equals("{") && words.has("{")) {
            words.next(); // a name
        }
        if (words.take("{")) {
            flow.merging = true;
            flow.block(true);
        } else {
            while (words.hasMore() && !words.peek().equals(";")) {
                flow.word();
            }
        }
        return words.fault() == null ? flow.built() : List.of();
    }

    private void block(boolean outer) {
        while (words.hasMore() && !words.take("}")) {
            String name = words.peek();
            boolean section = name.equals("match") || name.equals("then") || name.equals("scope");
            if (outer && section) {
                words.next();
                words.expect("{");
                block(false);
            } else {
                word();
                words.expect(";");
            }
        }
    }

    private void word() {
        String name = words.next();
        switch (name) {
            case "source", "source-ipv4", "source-ipv6" -> pattern(FlowComponent.SOURCE);
            case "destination", "destination-ipv4", "destination-ipv6" -> pattern(FlowComponent.DESTINATION);
            case "rd", "route-distinguisher" -> distinguisher = RouteWords.distinguisher(words);
            case "next-hop" -> attributes.nextHop(AttributeWords.gateway(words));
            default -> {
                FlowValues values = FlowValues.named(name);
                if (values == null) {
                    action(name);
                } else {
                    compared(values);
                }
            }
        }
    }

    /// "10.0.0.0/24", "2001:db8::/64" or, with an offset, "::1/128/64".
    private void pattern(int type) {
        String[] parts = words.next().split("/", -1);
        try {
            IpAddress address = IpAddress.parse(parts[0]);
            long length = parts.length < 2 ? -1 : Words.decimal(parts[1], address.bits());
            long offset = parts.length < 3 ? 0 : Words.decimal(parts[2], length);
            boolean six = !address.isIpv4();
            if (length < 0 || offset < 0 || parts.length > (six ? 3 : 2)) {
                words.fail("a pattern is as 10.0.0.0/24, 2001:db8::/64 or ::1/128/64");
            } else if (ipv6 != null && ipv6 != six) {
                words.fail("source and destination are of one family");
            } else {
                ipv6 = six;
                Octets all = patterns.computeIfAbsent(type, _ -> new Octets());
                all.u8(type).u8((int) length);
                if (six) {
                    all.u8((int) offset);
                }
                all.bytes(address.toArray(), (int) (length + 7) / 8);
            }
        } catch (IllegalArgumentException _) {
            words.fail("a pattern is as 10.0.0.0/24, 2001:db8::/64 or ::1/128/64");
        }
    }

    /// "=80", ">1024&<2048" or some of these between brackets.
    private void compared(FlowValues values) {
        List<Comparison> all = comparisons.computeIfAbsent(values.type(), _ -> new ArrayList<>());
        words.listOf(each -> {
            String text = each.next();
            int and = 0;
            for (String part : text.split("&", -1)) {
                Comparison comparison = comparison(values, part, and);
                if (comparison == null) {
                    each.fail(values.wanted());
                    break;
                }
                all.add(comparison);
                and = AND;
            }
            return text;
        });
    }

    private static @Nullable Comparison comparison(FlowValues values, String text, int and) {
        int signs = 0;
        while (signs < text.length() && "=<>!".indexOf(text.charAt(signs)) >= 0) {
            signs++;
        }
        int operator = values.operator(text.substring(0, signs));
        long value = values.value(text.substring(signs));
        return operator < 0 || value < 0 ? null : new Comparison(and | operator, values.octets(value), value);
    }

    private void action(String name) {
        switch (name) {
            case "accept" -> {}
            case "discard" -> extended(CommunityWords.rateLimit(0));
            case "rate-limit" ->
                extended(CommunityWords.rateLimit(Math.min(RATE_MAX, words.number(Long.MAX_VALUE, "a rate"))));
            case "redirect" -> redirect();
            case "redirect-to-nexthop" ->
                extended(new Octets().u16(0x0800).u32(0).u16(0));
            case "redirect-to-nexthop-ietf" -> redirectIetf(words.address("where to"));
            case "copy" -> {
                attributes.nextHop(new Gateway.At(words.address("where to")));
                extended(new Octets().u16(0x0800).u32(0).u16(1));
            }
            case "mark" -> extended(new Octets().u16(0x8009).u32(0).u8(0).u8((int) words.number(63, "a DSCP")));
            case "action" -> sample(words.next());
            case "interface-set" -> words.listOf(this::interfaceSet).forEach(this::extended);
            default -> attributes.attribute(name);
        }
    }

    private void extended(Octets community) {
        community(AttributeCode.EXTENDED_COMMUNITIES, community);
    }

    private void community(int type, Octets community) {
        if (merging || words.peek().equals("]")) {
            attributes.merge(type, community);
        } else {
            attributes.add(Attribute.Fixed.of(AttributeCode.OPTIONAL | AttributeCode.TRANSITIVE, type, community));
        }
    }

    /// To a route target, or to an address, which is then the next hop.
    private void redirect() {
        String target = words.peek();
        int colon = target.indexOf(':');
        if (colon < 0 || target.indexOf(':', colon + 1) >= 0) {
            attributes.nextHop(new Gateway.At(words.address("where to")));
            extended(new Octets().u16(0x0800).u32(0).u16(0));
            return;
        }
        words.next();
        long asn = Words.decimal(target.substring(0, colon), 0xffff_ffffL);
        long number = Words.decimal(target.substring(colon + 1), asn > 0xffff ? 0xffff : 0xffff_ffffL);
        if (asn < 0 || number < 0) {
            words.fail("a route target is as 65000:1");
        }
        var community = new Octets();
        extended(
                asn > 0xffff
                        ? community.u16(0x8208).u32(asn).u16((int) number)
                        : community.u16(0x8008).u16((int) asn).u32(number));
    }

    private void redirectIetf(IpAddress to) {
        if (to.isIpv4()) {
            extended(new Octets().u16(0x010c).address(to).u16(0));
        } else {
            community(
                    AttributeCode.IPV6_EXTENDED_COMMUNITIES,
                    new Octets().u16(0x000c).address(to).u16(0));
        }
    }

    private void sample(String what) {
        int bits = (what.contains("sample") ? 2 : 0) | (what.contains("terminal") ? 1 : 0);
        if (bits == 0) {
            words.fail("there is sample, terminal and sample-terminal");
        }
        extended(new Octets().u16(0x8007).u32(0).u8(0).u8(bits));
    }

    /// "transitive:input:65000:5".
    private Octets interfaceSet(Words each) {
        String[] parts = each.next().split(":", -1);
        boolean whole = parts.length == 4;
        int type = !whole
                ? -1
                : switch (parts[0]) {
                    case "transitive" -> 0x0702;
                    case "non-transitive" -> 0x4702;
                    default -> -1;
                };
        int direction = !whole
                ? -1
                : switch (parts[1]) {
                    case "input" -> 1;
                    case "output" -> 2;
                    case "input-output" -> 3;
                    default -> -1;
                };
        long asn = whole ? Words.decimal(parts[2], 0xffff_ffffL) : -1;
        long group = whole ? Words.decimal(parts[3], 0x3fff) : -1;
        if (type < 0 || direction < 0 || asn < 0 || group < 0) {
            each.fail("an interface set is as transitive:input:65000:5");
        }
        return new Octets().u16(type).u32(asn).u16(direction << 14 | (int) group);
    }

    private List<Route> built() {
        var rule = new Octets();
        if (distinguisher != null) {
            rule.u64(distinguisher.value());
        }
        patterns.values().forEach(pattern -> rule.bytes(pattern.toBytes()));
        comparisons.forEach((type, list) -> {
            rule.u8(type);
            for (int i = 0; i < list.size(); i++) {
                Comparison one = list.get(i);
                int size = Integer.numberOfTrailingZeros(one.octets) << 4;
                rule.u8(one.operator | size | (i == list.size() - 1 ? LAST : 0));
                for (int shift = 8 * one.octets - 8; shift >= 0; shift -= 8) {
                    rule.u8((int) (one.value >>> shift));
                }
            }
        });
        if (rule.size() >= LENGTH_MAX || (patterns.isEmpty() && comparisons.isEmpty())) {
            words.next();
            words.fail(patterns.isEmpty() && comparisons.isEmpty() ? "nothing is matched" : "the rule is too long");
            return List.of();
        }
        var nlri = new Octets();
        Bytes octets = (rule.size() < TWO_OCTETS_FROM ? nlri.u8(rule.size()) : nlri.u16(0xf000 | rule.size()))
                .bytes(rule.toBytes())
                .toBytes();
        int afi = ipv6 != null && ipv6 ? 2 : 1;
        var family = new AddressFamily(afi, distinguisher == null ? 133 : 134);
        return List.of(attributes.route(family, null, null, octets));
    }
}
