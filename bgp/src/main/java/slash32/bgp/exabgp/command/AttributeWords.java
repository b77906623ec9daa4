package slash32.bgp.exabgp.command;

import static slash32.bgp.wire.AttributeCode.OPTIONAL;
import static slash32.bgp.wire.AttributeCode.TRANSITIVE;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.AttributeCode;
import slash32.net.Bytes;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;

/// The words for path attributes. The first of a type counts.
final class AttributeWords {
    private static final int OPTIONAL_TRANSITIVE = OPTIONAL | TRANSITIVE;
    private static final long U24_MAX = 0xff_ffff;
    /// Elements of the attribute that {@code bgp-prefix-sid} makes (RFC 8669 §3).
    private static final int LABEL_INDEX = 1;

    private static final int ORIGINATOR_SRGB = 3;

    private final Words words;
    private final boolean ipv4;
    private final TreeMap<Integer, Attribute> said = new TreeMap<>();
    private Gateway nextHop = new Gateway.Unsaid();
    private @Nullable String watchdog;
    private boolean held;

    /// @param ipv4 of what family "next-hop self" is
    AttributeWords(Words words, boolean ipv4) {
        this.words = words;
        this.ipv4 = ipv4;
    }

    Gateway nextHop() {
        return nextHop;
    }

    /// The route's next hop beside, or without, a NEXT_HOP.
    void nextHop(Gateway gateway) {
        nextHop = gateway;
    }

    /// A route with these attributes.
    Route route(AddressFamily family, @Nullable Prefix prefix, @Nullable Integer pathId, Bytes nlri) {
        return new Route(family, prefix, pathId, nlri, nextHop, List.copyOf(said.values()), watchdog, held);
    }

    void add(Attribute attribute) {
        said.putIfAbsent(attribute.type(), attribute);
    }

    /// Adds a community to those that are there, where each word adds one (flow specifications in braces).
    void merge(int type, Octets communities) {
        Bytes before = said.get(type) instanceof Attribute.Fixed(int _, int _, Bytes value) ? value : Bytes.EMPTY;
        Bytes all = new Octets().bytes(before).bytes(communities.toBytes()).toBytes();
        said.put(type, new Attribute.Fixed(OPTIONAL_TRANSITIVE, type, all));
    }

    /// The attribute of this name, whose values are the next words.
    void attribute(String name) {
        switch (name) {
            case "next-hop" -> {
                nextHop = gateway(words);
                add(new Attribute.NextHop(nextHop, ipv4));
            }
            case "origin" -> fixed(TRANSITIVE, AttributeCode.ORIGIN, new Octets().u8(origin()));
            case "as-path" -> add(path());
            case "med" -> fixed(OPTIONAL, AttributeCode.MULTI_EXIT_DISC, new Octets().u32(words.u32("a MED")));
            case "local-preference" ->
                fixed(TRANSITIVE, AttributeCode.LOCAL_PREF, new Octets().u32(words.u32("a local preference")));
            case "atomic-aggregate" -> fixed(TRANSITIVE, AttributeCode.ATOMIC_AGGREGATE, new Octets());
            case "aggregator" -> aggregator();
            case "community" -> communities(AttributeCode.COMMUNITIES, CommunityWords.standard(words));
            case "large-community" -> communities(AttributeCode.LARGE_COMMUNITY, CommunityWords.large(words));
            case "extended-community" ->
                communities(AttributeCode.EXTENDED_COMMUNITIES, CommunityWords.extended(words));
            case "originator-id" ->
                fixed(OPTIONAL, AttributeCode.ORIGINATOR_ID, new Octets().address(words.ipv4("an originator")));
            case "cluster-list" -> {
                var clusters = new Octets();
                words.listOf(each -> each.ipv4("a cluster")).forEach(clusters::address);
                fixed(OPTIONAL, AttributeCode.CLUSTER_LIST, clusters);
            }
            case "aigp" ->
                fixed(OPTIONAL, AttributeCode.AIGP, new Octets().u8(1).u16(11).u64(metric()));
            case "attribute" -> raw();
            case "bgp-prefix-sid" -> prefixSid();
            case "bgp-prefix-sid-srv6" -> srv6Sid();
            case "name" -> words.next();
            case "watchdog" -> watchdog = words.next();
            case "withdraw" -> held = true;
            default -> words.fail("no such attribute");
        }
    }

    private void fixed(int flags, int type, Octets value) {
        add(Attribute.Fixed.of(flags, type, value));
    }

    private void communities(int type, Octets value) {
        fixed(OPTIONAL_TRANSITIVE, type, value);
    }

    static Gateway gateway(Words words) {
        return words.peek().toLowerCase(Locale.ROOT).equals("self")
                        && !words.next().isEmpty()
                ? new Gateway.Self()
                : new Gateway.At(words.address("a next hop"));
    }

    private int origin() {
        return switch (words.next().toLowerCase(Locale.ROOT)) {
            case "igp" -> 0;
            case "egp" -> 1;
            case "incomplete" -> 2;
            default -> {
                words.fail("an origin is igp, egp or incomplete");
                yield 0;
            }
        };
    }

    /// "[ 1 2 ( 3 4 ) ]", "[ 1, 2 ]" or "1": what is in brackets of its own is the set.
    private Attribute path() {
        var sequence = new ArrayList<Long>();
        var set = new ArrayList<Long>();
        if (!words.take("[")) {
            sequence.add(words.u32("an AS"));
            return new Attribute.Path(sequence, set);
        }
        while (words.hasMore() && !words.take("]")) {
            if (words.take("(") || words.take("[")) {
                while (words.hasMore() && !words.take(")") && !words.take("]")) {
                    set.add(words.u32("an AS"));
                }
            } else if (!words.take(",")) {
                sequence.add(words.u32("an AS"));
            }
        }
        return new Attribute.Path(sequence, set);
    }

    /// "( 65000:10.0.0.1 )", with or without the brackets.
    private void aggregator() {
        boolean bracket = words.take("(");
        Attribute.Aggregator aggregator = words.parsed(
                text -> {
                    int colon = text.indexOf(':');
                    long number = colon < 0 ? -1 : Words.decimal(text.substring(0, colon), 0xffff_ffffL);
                    if (number < 0) {
                        throw new IllegalArgumentException(text);
                    }
                    return new Attribute.Aggregator(number, Ipv4Address.parse(text.substring(colon + 1)));
                },
                "an aggregator is as 65000:10.0.0.1");
        if (aggregator != null) {
            add(aggregator);
        }
        if (bracket) {
            words.expect(")");
        }
    }

    private long metric() {
        Long metric = words.parsed(
                text -> text.startsWith("0x")
                        ? Long.parseUnsignedLong(text.substring(2), 16)
                        : Long.parseUnsignedLong(text),
                "a metric is a number");
        return metric == null ? 0 : metric;
    }

    /// "[ 0xTT 0xFF 0x… ]": type, flags, value.
    private void raw() {
        words.expect("[");
        int type = (int) hex(2);
        int flags = (int) hex(2);
        Bytes value = words.parsed(
                text -> {
                    if (!text.startsWith("0x")) {
                        throw new IllegalArgumentException(text);
                    }
                    return Bytes.fromHex(text.substring(2));
                },
                "a value is 0x and octets in hexadecimal");
        words.expect("]");
        boolean ours = type == AttributeCode.NEXT_HOP
                || type == AttributeCode.MP_REACH_NLRI
                || type == AttributeCode.MP_UNREACH_NLRI;
        if (ours) {
            words.fail("this attribute is made of the route");
        }
        add(new Attribute.Raw(flags, type, value == null ? Bytes.EMPTY : value));
    }

    private long hex(int digitsMax) {
        Long number = words.parsed(
                text -> {
                    if (!text.startsWith("0x") || text.length() > 2 + digitsMax) {
                        throw new IllegalArgumentException(text);
                    }
                    return Long.parseLong(text.substring(2), 16);
                },
                "0x and up to " + digitsMax + " hexadecimal digits are wanted");
        return number == null ? 0 : number;
    }

    /// "[ 300 ]", or with blocks of labels: "[ 300, [ ( 800000,100 ), ( 1000000,5000 ) ] ]".
    private void prefixSid() {
        words.expect("[");
        var value = new Octets().u8(LABEL_INDEX).u16(7).u8(0).u16(0).u32(words.u32("a label index"));
        words.take(",");
        if (words.take("[")) {
            var blocks = new Octets().u16(0);
            while (words.hasMore() && !words.take("]")) {
                words.expect("(");
                blocks.u24((int) words.number(U24_MAX, "a first label"));
                words.expect(",");
                blocks.u24((int) words.number(U24_MAX, "a number of labels"));
                words.expect(")");
                words.take(",");
            }
            value.u8(ORIGINATOR_SRGB).u16(blocks.size()).bytes(blocks.toBytes());
        }
        words.expect("]");
        fixed(OPTIONAL_TRANSITIVE, AttributeCode.PREFIX_SID, value);
    }

    /// "( ipv6 ADDRESS )", "( vpn ADDRESS )" or "( l3vpn ADDRESS )".
    private void srv6Sid() {
        words.expect("(");
        String kind = words.next();
        boolean known = kind.equals("ipv6") || kind.equals("vpn") || kind.equals("l3vpn");
        if (!known) {
            words.fail("there is ipv6, vpn and l3vpn");
        }
        Ipv6Address parsed = words.parsed(Ipv6Address::parse, "a SID is an IPv6 address");
        Ipv6Address sid = parsed == null ? new Ipv6Address(0, 0) : parsed;
        words.expect(")");
        Octets value = switch (kind) {
            case "ipv6" -> new Octets().u8(2).u16(19).u24(0).address(sid);
            case "vpn" -> new Octets().u8(4).u16(19).u24(0).address(sid);
            default ->
                new Octets().u8(5).u16(21).u8(0).address(sid).u8(0).u16(0xffff).u8(0);
        };
        fixed(OPTIONAL_TRANSITIVE, AttributeCode.PREFIX_SID, value);
    }
}
