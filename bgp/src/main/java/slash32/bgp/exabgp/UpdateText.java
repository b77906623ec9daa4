package slash32.bgp.exabgp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import slash32.bgp.wire.AddressFamily;

/// An UPDATE as ExaBGP prints it: the value of "message".
final class UpdateText {
    /// Octets of next hop that ExaBGP 4.2 takes, by family.
    private static final Map<String, List<Integer>> NEXT_HOP_BYTES = Map.ofEntries(
            Map.entry("ipv4 unicast", List.of(4)),
            Map.entry("ipv4 multicast", List.of(4)),
            Map.entry("ipv4 nlri-mpls", List.of(4)),
            Map.entry("ipv4 mpls-vpn", List.of(12)),
            Map.entry("ipv4 flow", List.of(0, 4)),
            Map.entry("ipv4 flow-vpn", List.of(0, 4)),
            Map.entry("ipv4 rtc", List.of(4, 16)),
            Map.entry("ipv6 unicast", List.of(16, 32)),
            Map.entry("ipv6 nlri-mpls", List.of(16, 32)),
            Map.entry("ipv6 mpls-vpn", List.of(24, 40)),
            Map.entry("ipv6 flow", List.of(0, 16, 32)),
            Map.entry("ipv6 flow-vpn", List.of(0, 16, 32)),
            Map.entry("l2vpn vpls", List.of(4)),
            Map.entry("l2vpn evpn", List.of(4)),
            Map.entry("bgp-ls bgp-ls", List.of(4)));
    /// What later versions take besides.
    private static final Map<String, List<Integer>> MORE_NEXT_HOP_BYTES = Map.of(
            "ipv4 unicast", List.of(16, 32),
            "ipv4 multicast", List.of(16, 32),
            "ipv4 nlri-mpls", List.of(16, 32),
            "ipv4 mpls-vpn", List.of(24),
            "ipv4 mcast-vpn", List.of(4),
            "ipv6 unicast", List.of(4),
            "ipv6 multicast", List.of(16, 32),
            "ipv6 mcast-vpn", List.of(4, 16),
            "l2vpn evpn", List.of(16),
            "bgp-ls bgp-ls", List.of(16));
    private static final int END_OF_RIB_BYTES = 11;
    private static final AddressFamily LINK_STATE = new AddressFamily(16388, 71);
    private static final AddressFamily LINK_STATE_VPN = new AddressFamily(16388, 72);

    private final DecodeContext context;
    private final Map<AddressFamily, Map<String, List<String>>> announced = new LinkedHashMap<>();
    private final Map<AddressFamily, List<String>> withdrawn = new LinkedHashMap<>();

    private UpdateText(DecodeContext context) {
        this.context = context;
    }

    /// The text of {@code body}; its fault says whether ExaBGP refuses it.
    static String decode(Octets body, DecodeContext context) {
        if (body.remaining() == 4 && body.apart().u32() == 0) {
            return endOfRib(AddressFamily.IPV4_UNICAST, context);
        }
        if (body.remaining() == END_OF_RIB_BYTES && body.apart().number(8) == 0x0000_0007_900f_0003L) {
            body.number(8);
            return endOfRib(new AddressFamily(body.u16(), body.u8()), context);
        }
        return new UpdateText(context).text(body);
    }

    private static String endOfRib(AddressFamily family, DecodeContext context) {
        return context.api() == ApiVersion.V6
                ? "{ \"update\": {  } }"
                : "{ \"eor\": { \"afi\" : \"" + Names.afi(family) + "\", \"safi\" : \""
                        + Names.safi(family, context.api()) + "\" } }";
    }

    private String text(Octets body) {
        Octets gone = part(body);
        Octets block = part(body);
        AttributesText attributes = AttributesText.decode(block, context);
        var multiprotocol = new UpdateText(context);
        AddressFamily family = multiprotocol.multiprotocol(attributes);
        AddressFamily v4 = AddressFamily.IPV4_UNICAST;
        routes(v4, gone, true, List.of());
        routes(v4, body, false, List.of(attributes.nextHop()));
        multiprotocol.withdrawn.forEach((other, routes) -> withdrawn.merge(other, routes, (a, b) -> joined(a, b)));
        multiprotocol.announced.forEach(
                (other, hops) -> hops.forEach((hop, routes) -> routes.forEach(route -> add(other, false, hop, route))));
        String json = attributes.json(announced.size() + withdrawn.size() > 1);
        if (attributes.isEmpty() && isEmpty()) {
            return endOfRib(family, context);
        }
        return "{ \"update\": { "
                + (json.isEmpty() ? "" : "\"attribute\": { " + json + " }")
                + (json.isEmpty() || isEmpty() ? "" : ", ")
                + announcedText()
                + (announced.isEmpty() || withdrawn.isEmpty() ? "" : ", ")
                + withdrawnText()
                + " } }";
    }

    private boolean isEmpty() {
        return announced.isEmpty() && withdrawn.isEmpty();
    }

    private static List<String> joined(List<String> first, List<String> second) {
        var all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    /// Reads what the multiprotocol attributes say, withdrawals first; returns their family, or IPv4 unicast.
    private AddressFamily multiprotocol(AttributesText attributes) {
        AddressFamily family = AddressFamily.IPV4_UNICAST;
        Octets unreach = attributes.unreach();
        Octets reach = attributes.reach();
        if (unreach != null) {
            family = new AddressFamily(unreach.u16(), unreach.u8());
            known(family, unreach);
            routes(family, unreach, true, List.of());
        }
        if (reach != null) {
            var reached = new AddressFamily(reach.u16(), reach.u8());
            reach(reached, reach);
            family = unreach == null ? reached : family;
        }
        return family;
    }

    /// Two octets of length, and as many octets as they say.
    private static Octets part(Octets body) {
        int length = body.u16();
        if (length > body.remaining()) {
            body.fail(3, 1);
        }
        return body.upTo(length);
    }

    private void known(AddressFamily family, Octets in) {
        String name = Names.family(family, context.api());
        boolean later = context.api() != ApiVersion.V4 && MORE_NEXT_HOP_BYTES.containsKey(name);
        boolean withdrawn = name.equals("ipv6 multicast") || name.equals("bgp-ls bgp-ls-vpn"); // alone
        if (!NEXT_HOP_BYTES.containsKey(name) && !later && !withdrawn) {
            in.fail(3, 0);
        }
    }

    private void reach(AddressFamily family, Octets in) {
        known(family, in);
        String name = Names.family(family, context.api());
        int length = in.u8();
        boolean more = context.api() != ApiVersion.V4
                && MORE_NEXT_HOP_BYTES.getOrDefault(name, List.of()).contains(length);
        if (!more && !NEXT_HOP_BYTES.getOrDefault(name, List.of()).contains(length)) {
            in.fail(3, 0);
        }
        int lead = family.safi() == 128 ? 8 : 0;
        if (lead > 0 && in.apart().u32() != 0) {
            in.fail(3, 0);
        }
        in.upTo(lead);
        Octets field = in.upTo(length - lead);
        var nextHops = new ArrayList<String>();
        while (field.hasMore()) {
            nextHops.add(field.upTo(16).address());
        }
        if (context.api() == ApiVersion.V6 && nextHops.size() > 1) {
            nextHops.removeLast(); // the link-local one
        }
        if (in.u8() != 0 || !in.hasMore()) {
            in.fail(3, 0);
        }
        routes(family, in, false, nextHops.isEmpty() ? List.of("") : nextHops);
    }

    private void routes(AddressFamily family, Octets in, boolean gone, List<String> nextHops) {
        boolean pathIds = context.addPath().contains(family);
        var text = new RouteText(context.api(), family, gone, pathIds);
        while (in.hasMore()) {
            for (int i = 0; i < nextHops.size() - 1; i++) {
                add(family, gone, nextHops.get(i), text.next(in.apart(), nextHops.get(i)));
            }
            String last = nextHops.isEmpty() ? "" : nextHops.getLast();
            add(family, gone, last, text.next(in, last));
        }
    }

    private void add(AddressFamily of, boolean gone, String nextHop, @org.jspecify.annotations.Nullable String route) {
        if (route == null) {
            return;
        }
        AddressFamily family = of.equals(LINK_STATE_VPN) ? LINK_STATE : of; // by this name in all versions
        if (gone) {
            withdrawn.computeIfAbsent(family, _ -> new ArrayList<>()).add(route);
        } else {
            announced
                    .computeIfAbsent(family, _ -> new LinkedHashMap<>())
                    .computeIfAbsent(nextHop.isEmpty() ? "no-nexthop" : nextHop, _ -> new ArrayList<>())
                    .add(route);
        }
    }

    private String announcedText() {
        return announced.isEmpty()
                ? ""
                : announced.entrySet().stream()
                        .map(entry -> "\"" + Names.family(entry.getKey(), context.api()) + "\": { "
                                + entry.getValue().entrySet().stream()
                                        .map(hop -> "\"" + hop.getKey() + "\": [ " + String.join(", ", hop.getValue())
                                                + " ]")
                                        .collect(Collectors.joining(", "))
                                + " }")
                        .collect(Collectors.joining(", ", "\"announce\": { ", " }"));
    }

    private String withdrawnText() {
        return withdrawn.isEmpty()
                ? ""
                : withdrawn.entrySet().stream()
                        .map(entry -> "\"" + Names.family(entry.getKey(), context.api()) + "\": [ "
                                + String.join(", ", entry.getValue()) + " ]")
                        .collect(Collectors.joining(", ", "\"withdraw\": { ", " }"));
    }
}
