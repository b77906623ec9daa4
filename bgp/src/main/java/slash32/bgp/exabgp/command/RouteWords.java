package slash32.bgp.exabgp.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.RouteDistinguisher;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;

/// "route PREFIX …" and "attributes … nlri PREFIX …": routes to prefixes, with labels and route distinguishers.
final class RouteWords {
    /// "split /N" makes no more routes than this of one.
    private static final int SPLIT_MAX = 65_536;

    private static final Set<String> DISTINGUISHER = Set.of("rd", "route-distinguisher");

    private final Words words;
    private final AttributeWords attributes;
    private final List<Integer> labels = new ArrayList<>();
    private @Nullable RouteDistinguisher distinguisher;
    private @Nullable Integer pathId;
    private int splitLength;

    private RouteWords(Words words, boolean ipv4) {
        this.words = words;
        attributes = new AttributeWords(words, ipv4);
    }

    /// One route, or those that it is split into.
    ///
    /// @param said the family; null to take it from the words
    static List<Route> route(Words words, boolean announced, @Nullable AddressFamily said) {
        boolean distinguished = DISTINGUISHER.stream().anyMatch(words::has);
        boolean labeled = words.has("label");
        Prefix prefix = prefix(words);
        if (said != null && prefix.isIpv4() != (said.afi() == 1)) {
            words.fail("the prefix is of another family than " + said);
        }
        var route = new RouteWords(words, prefix.isIpv4());
        if (words.take("{")) {
            while (words.hasMore() && !words.take("}")) {
                route.word();
                words.expect(";");
            }
        } else {
            while (words.hasMore() && !words.peek().equals(";")) {
                route.word();
            }
        }
        AddressFamily family = said == null ? family(prefix, distinguished, labeled) : said;
        route.check(family, announced);
        var routes = new ArrayList<Route>();
        for (Prefix part : route.parts(prefix)) {
            routes.add(route.to(part, family));
        }
        return words.fault() == null ? routes : List.of();
    }

    /// Routes that share all else.
    static List<Route> attributes(Words words, boolean announced) {
        boolean distinguished = DISTINGUISHER.stream().anyMatch(words::has);
        boolean labeled = words.has("label");
        boolean ipv4 = !words.last().contains(":");
        var route = new RouteWords(words, ipv4);
        while (words.hasMore() && !words.peek().equals("nlri")) {
            route.word();
        }
        words.expect("nlri");
        var prefixes = new ArrayList<Prefix>();
        while (words.hasMore() && !words.peek().equals(";")) {
            Prefix prefix = prefix(words);
            if (prefix.isIpv4() != ipv4) {
                words.fail("prefixes of one command are all of one family");
            }
            prefixes.add(prefix);
        }
        if (prefixes.isEmpty()) {
            words.next();
            words.fail("a prefix is wanted");
            return List.of();
        }
        AddressFamily family = family(prefixes.getFirst(), distinguished, labeled);
        route.check(family, announced);
        return words.fault() == null
                ? prefixes.stream().map(prefix -> route.to(prefix, family)).toList()
                : List.of();
    }

    /// "10.0.0.0/24", or an address.
    private static Prefix prefix(Words words) {
        Prefix prefix = words.parsed(
                text -> text.indexOf('/') < 0 ? IpAddress.parse(text).hostPrefix() : Prefix.parse(text),
                "a prefix is wanted, without bits past its length");
        return prefix == null ? new Ipv4Address(0).hostPrefix() : prefix;
    }

    private static AddressFamily family(Prefix prefix, boolean distinguished, boolean labeled) {
        int afi = prefix.isIpv4() ? 1 : 2;
        if (distinguished || labeled) {
            return new AddressFamily(afi, distinguished ? 128 : 4);
        }
        return prefix.address() instanceof Ipv4Address v4 && v4.isMulticast()
                ? AddressFamily.IPV4_MULTICAST
                : new AddressFamily(afi, 1);
    }

    private void word() {
        switch (words.next()) {
            case "label" -> labels.addAll(words.listOf(each -> (int) each.number(0xfffff, "a label")));
            case "rd", "route-distinguisher" -> distinguisher = distinguisher(words);
            case "path-information" -> {
                String text = words.peek();
                pathId = text.indexOf('.') < 0
                        ? (int) words.u32("a path identifier")
                        : words.ipv4("a path identifier").value();
            }
            case "split" -> splitLength = splitLength();
            case String word -> attributes.attribute(word);
        }
    }

    /// "65000:1", "10.0.0.1:5".
    static @Nullable RouteDistinguisher distinguisher(Words words) {
        return words.parsed(
                text -> {
                    int colon = text.indexOf(':');
                    if (colon < 0) {
                        throw new IllegalArgumentException(text);
                    }
                    String left = text.substring(0, colon);
                    long right = Long.parseLong(text.substring(colon + 1));
                    if (left.indexOf('.') < 0) {
                        return RouteDistinguisher.of(Long.parseLong(left), right);
                    }
                    if (right < 0 || right > 0xffff) {
                        throw new IllegalArgumentException(text);
                    }
                    return RouteDistinguisher.of(Ipv4Address.parse(left), (int) right);
                },
                "a route distinguisher is as 65000:1 or 10.0.0.1:1");
    }

    private int splitLength() {
        String text = words.next();
        long length = text.startsWith("/") ? Words.decimal(text.substring(1), 128) : -1;
        if (length < 0) {
            words.fail("a length is wanted, as /24");
        }
        return (int) Math.max(0, length);
    }

    private void check(AddressFamily family, boolean announced) {
        if (!announced) {
            return;
        }
        boolean labeled = family.safi() == 4 || family.safi() == 128;
        String missing = attributes.nextHop() instanceof Gateway.Unsaid
                ? "next-hop"
                : labeled && labels.isEmpty() ? "label" : family.safi() == 128 && distinguisher == null ? "rd" : null;
        if (missing != null) {
            words.next();
            words.fail("an announcement of this family needs " + missing);
        }
    }

    private List<Prefix> parts(Prefix prefix) {
        int bits = splitLength - prefix.length();
        if (bits <= 0) {
            return List.of(prefix);
        }
        if (splitLength > prefix.address().bits() || bits > Integer.numberOfTrailingZeros(SPLIT_MAX)) {
            words.fail("a split makes at most " + SPLIT_MAX + " routes");
            return List.of();
        }
        var parts = new ArrayList<Prefix>();
        for (int i = 0; i < 1 << bits; i++) {
            parts.add(new Prefix(plus(prefix.address(), i, splitLength), splitLength));
        }
        return parts;
    }

    /// The {@code index}-th network of {@code length} bits from {@code base} on.
    private static IpAddress plus(IpAddress base, int index, int length) {
        return switch (base) {
            case Ipv4Address v4 -> new Ipv4Address(v4.value() + (index << (32 - length)));
            case Ipv6Address v6 -> {
                int shift = 128 - length;
                long low = shift >= 64 ? 0 : (long) index << shift;
                long high = shift >= 64 ? (long) index << (shift - 64) : shift == 0 ? 0 : (long) index >>> (64 - shift);
                yield new Ipv6Address(v6.high() + high, v6.low() + low);
            }
        };
    }

    private Route to(Prefix prefix, AddressFamily family) {
        var nlri = new Octets();
        RouteDistinguisher rd = distinguisher;
        nlri.u8(24 * labels.size() + (rd == null ? 0 : 64) + prefix.length());
        for (int i = 0; i < labels.size(); i++) {
            nlri.u24(labels.get(i) << 4 | (i == labels.size() - 1 ? 1 : 0));
        }
        if (rd != null) {
            nlri.u64(rd.value());
        }
        byte[] address = prefix.address().toArray();
        Bytes octets = nlri.bytes(address, (prefix.length() + 7) / 8).toBytes();
        return attributes.route(family, prefix, pathId, octets);
    }
}
