package slash32.bgp.exabgp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import slash32.bgp.wire.AddressFamily;

/// ExaBGP's words for the numbers of the protocols.
final class Names {
    private static final Map<Integer, String> AFIS = Map.of(1, "ipv4", 2, "ipv6", 25, "l2vpn", 16388, "bgp-ls");
    private static final Map<Integer, String> SAFIS = Map.ofEntries(
            Map.entry(1, "unicast"),
            Map.entry(2, "multicast"),
            Map.entry(4, "nlri-mpls"),
            Map.entry(5, "mcast-vpn"),
            Map.entry(65, "vpls"),
            Map.entry(70, "evpn"),
            Map.entry(71, "bgp-ls"),
            Map.entry(72, "bgp-ls-vpn"),
            Map.entry(85, "mup"),
            Map.entry(128, "mpls-vpn"),
            Map.entry(132, "rtc"),
            Map.entry(133, "flow"),
            Map.entry(134, "flow-vpn"));

    /// Not known before 5.0.0.
    private static final Set<Integer> NEW_SAFIS = Set.of(5, 85);

    private static final Map<Integer, String> PROTOCOLS = Map.ofEntries(
            Map.entry(1, "icmp"),
            Map.entry(2, "igmp"),
            Map.entry(6, "tcp"),
            Map.entry(8, "egp"),
            Map.entry(17, "udp"),
            Map.entry(46, "rsvp"),
            Map.entry(47, "gre"),
            Map.entry(50, "esp"),
            Map.entry(51, "ah"),
            Map.entry(89, "ospf"),
            Map.entry(94, "ipip"),
            Map.entry(103, "pim"),
            Map.entry(132, "sctp"));

    private static final Map<Integer, String> ICMP_TYPES = Map.ofEntries(
            Map.entry(0, "echo-reply"),
            Map.entry(3, "unreachable"),
            Map.entry(4, "source-quench"),
            Map.entry(5, "redirect"),
            Map.entry(8, "echo-request"),
            Map.entry(9, "router-advertisement"),
            Map.entry(10, "router-solicit"),
            Map.entry(11, "time-exceeded"),
            Map.entry(12, "parameter-problem"),
            Map.entry(13, "timestamp"),
            Map.entry(14, "timestamp-reply"),
            Map.entry(15, "info-request"),
            Map.entry(16, "info-reply"),
            Map.entry(17, "mask-request"),
            Map.entry(18, "mask-reply"),
            Map.entry(30, "traceroute"),
            Map.entry(41, "experimental-mobility"),
            Map.entry(42, "extended-echo-request"),
            Map.entry(43, "extended-echo-reply"),
            Map.entry(253, "experimental-one"),
            Map.entry(254, "experimental-two"));

    /// In the order in which ExaBGP names the bits.
    private static final Map<Integer, String> TCP_FLAGS =
            ordered(1, "fin", 2, "syn", 4, "rst", 8, "push", 16, "ack", 32, "urg", 64, "ece", 128, "cwr", 256, "ns");

    private static final Map<Integer, String> FRAGMENT =
            ordered(0, "not-a-fragment", 1, "dont-fragment", 2, "is-fragment", 4, "first-fragment", 8, "last-fragment");

    private static final Map<Integer, String> ATTRIBUTES = Map.ofEntries(
            Map.entry(1, "origin"),
            Map.entry(2, "as-path"),
            Map.entry(3, "next-hop"),
            Map.entry(4, "med"),
            Map.entry(5, "local-preference"),
            Map.entry(6, "atomic-aggregate"),
            Map.entry(7, "aggregator"),
            Map.entry(8, "community"),
            Map.entry(9, "originator-id"),
            Map.entry(10, "cluster-list"),
            Map.entry(14, "mp-reach-nlri"),
            Map.entry(15, "mp-unreach-nlri"),
            Map.entry(16, "extended-community"),
            Map.entry(17, "as4-path"),
            Map.entry(18, "as4-aggregator"),
            Map.entry(22, "pmsi-tunnel"),
            Map.entry(23, "tunnel-encaps"),
            Map.entry(25, "extended-community-ipv6"),
            Map.entry(26, "aigp"),
            Map.entry(29, "bgp-ls"),
            Map.entry(32, "large-community"),
            Map.entry(40, "bgp-prefix-sid"));

    private Names() {}

    private static Map<Integer, String> ordered(Object... pairs) {
        var map = new LinkedHashMap<Integer, String>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((Integer) pairs[i], (String) pairs[i + 1]);
        }
        return map;
    }

    static String afi(AddressFamily family) {
        return AFIS.getOrDefault(family.afi(), "unknown-afi-0x0x" + Integer.toHexString(family.afi()));
    }

    static String safi(AddressFamily family, ApiVersion api) {
        String name = api == ApiVersion.V4 && NEW_SAFIS.contains(family.safi()) ? null : SAFIS.get(family.safi());
        return name == null ? "unknown safi " + family.safi() : name;
    }

    static String family(AddressFamily family, ApiVersion api) {
        return afi(family) + " " + safi(family, api);
    }

    static String attribute(int code) {
        String known = ATTRIBUTES.get(code);
        return known == null ? "unknown-attribute-0x" + Integer.toHexString(code) : known;
    }

    static String protocol(long number, ApiVersion api) {
        return named(PROTOCOLS, number, "protocol", api);
    }

    static String icmpType(long number, ApiVersion api) {
        return named(ICMP_TYPES, number, "icmp type", api);
    }

    private static String named(Map<Integer, String> names, long number, String kind, ApiVersion api) {
        String known = number > Integer.MAX_VALUE ? null : names.get((int) number);
        return known != null ? known : api == ApiVersion.V6 ? "" + number : "unknown " + kind + " type " + number;
    }

    static List<String> tcpFlags(long bits) {
        return bits(bits, TCP_FLAGS, "tcp flag");
    }

    static List<String> fragment(long bits) {
        return bits(bits, FRAGMENT, "fragment");
    }

    private static List<String> bits(long bits, Map<Integer, String> names, String kind) {
        var set = new ArrayList<String>();
        long left = bits;
        for (Map.Entry<Integer, String> name : names.entrySet()) {
            int bit = name.getKey();
            if ((left & bit) != 0 || left == bit) {
                set.add(name.getValue());
                left -= bit;
            }
        }
        if (left != 0) {
            set.add(
                    bits <= Integer.MAX_VALUE && names.containsKey((int) bits)
                            ? names.get((int) bits)
                            : "unknown " + kind + " type " + bits);
        }
        return set;
    }
}
