package slash32.bgp.exabgp.command;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The components of a flow specification that are lists of comparisons: by which operators, with which values, in how
/// many octets (RFC 8955 §4.2.2, RFC 8956 §3).
///
/// @param binary compared bit by bit
/// @param octetsMax 1, 2 or 4
/// @param named words for values
/// @param wanted what is said to somebody who writes another
record FlowValues(int type, boolean binary, int octetsMax, long max, Map<String, Integer> named, String wanted) {
    private static final Map<String, Integer> NUMERIC_OPERATORS =
            Map.of("", 1, "=", 1, ">", 2, "<", 4, ">=", 3, "<=", 5, "!=", 6);
    private static final Map<String, Integer> BINARY_OPERATORS = Map.of("", 0, "=", 1, "!", 2, "!=", 3);

    private static final Map<String, FlowValues> ROWS = new HashMap<>();

    static {
        var protocols = row(
                3,
                false,
                1,
                0xff,
                "a protocol",
                Map.ofEntries(
                        Map.entry("icmp", 1),
                        Map.entry("igmp", 2),
                        Map.entry("tcp", 6),
                        Map.entry("egp", 8),
                        Map.entry("udp", 17),
                        Map.entry("rsvp", 46),
                        Map.entry("gre", 47),
                        Map.entry("esp", 50),
                        Map.entry("ah", 51),
                        Map.entry("ospf", 89),
                        Map.entry("ipip", 94),
                        Map.entry("pim", 103),
                        Map.entry("sctp", 132)));
        ROWS.put("protocol", protocols);
        ROWS.put("next-header", protocols);
        Map<String, Integer> ports = Map.ofEntries(
                Map.entry("ftp-data", 20),
                Map.entry("ftp", 21),
                Map.entry("ssh", 22),
                Map.entry("telnet", 23),
                Map.entry("smtp", 25),
                Map.entry("domain", 53),
                Map.entry("bootps", 67),
                Map.entry("bootpc", 68),
                Map.entry("tftp", 69),
                Map.entry("http", 80),
                Map.entry("kerberos", 88),
                Map.entry("pop3", 110),
                Map.entry("ntp", 123),
                Map.entry("imap", 143),
                Map.entry("snmp", 161),
                Map.entry("snmptrap", 162),
                Map.entry("bgp", 179),
                Map.entry("ldap", 389),
                Map.entry("https", 443));
        ROWS.put("port", row(4, false, 2, 0xffff, "a port", ports));
        ROWS.put("destination-port", row(5, false, 2, 0xffff, "a port", ports));
        ROWS.put("source-port", row(6, false, 2, 0xffff, "a port", ports));
        ROWS.put(
                "icmp-type",
                row(
                        7,
                        false,
                        1,
                        0xff,
                        "an ICMP type",
                        Map.ofEntries(
                                Map.entry("echo-reply", 0),
                                Map.entry("unreachable", 3),
                                Map.entry("source-quench", 4),
                                Map.entry("redirect", 5),
                                Map.entry("echo-request", 8),
                                Map.entry("router-advertisement", 9),
                                Map.entry("router-solicit", 10),
                                Map.entry("time-exceeded", 11),
                                Map.entry("parameter-problem", 12),
                                Map.entry("timestamp", 13),
                                Map.entry("timestamp-reply", 14),
                                Map.entry("info-request", 15),
                                Map.entry("info-reply", 16),
                                Map.entry("mask-request", 17),
                                Map.entry("mask-reply", 18),
                                Map.entry("traceroute", 30),
                                Map.entry("experimental-mobility", 41),
                                Map.entry("extended-echo-request", 42),
                                Map.entry("extended-echo-reply", 43),
                                Map.entry("experimental-one", 253),
                                Map.entry("experimental-two", 254))));
        ROWS.put(
                "icmp-code",
                row(
                        8,
                        false,
                        1,
                        0xff,
                        "an ICMP code",
                        Map.ofEntries(
                                Map.entry("network-unreachable", 0), Map.entry("host-unreachable", 1),
                                Map.entry("protocol-unreachable", 2), Map.entry("port-unreachable", 3),
                                Map.entry("fragmentation-needed", 4), Map.entry("source-route-failed", 5),
                                Map.entry("destination-network-unknown", 6), Map.entry("destination-host-unknown", 7),
                                Map.entry("source-host-isolated", 8), Map.entry("destination-network-prohibited", 9),
                                Map.entry("destination-host-prohibited", 10),
                                        Map.entry("network-unreachable-for-tos", 11),
                                Map.entry("host-unreachable-for-tos", 12),
                                        Map.entry("communication-prohibited-by-filtering", 13),
                                Map.entry("host-precedence-violation", 14),
                                        Map.entry("precedence-cutoff-in-effect", 15),
                                Map.entry("redirect-for-network", 0), Map.entry("redirect-for-host", 1),
                                Map.entry("redirect-for-tos-and-net", 2), Map.entry("redirect-for-tos-and-host", 3),
                                Map.entry("ttl-eq-zero-during-transit", 0),
                                        Map.entry("ttl-eq-zero-during-reassembly", 1),
                                Map.entry("required-option-missing", 1), Map.entry("ip-header-bad", 2))));
        ROWS.put(
                "tcp-flags",
                row(
                        9,
                        true,
                        2,
                        0xffff,
                        "TCP flags as syn+ack",
                        Map.ofEntries(
                                Map.entry("fin", 1),
                                Map.entry("syn", 2),
                                Map.entry("rst", 4),
                                Map.entry("push", 8),
                                Map.entry("ack", 16),
                                Map.entry("urg", 32),
                                Map.entry("urgent", 32),
                                Map.entry("ece", 64),
                                Map.entry("cwr", 128),
                                Map.entry("ns", 256))));
        ROWS.put("packet-length", row(10, false, 2, 0xffff, "a length", Map.of()));
        ROWS.put("dscp", row(11, false, 1, 0x3f, "a DSCP", Map.of()));
        ROWS.put("traffic-class", row(11, false, 1, 0xff, "a traffic class", Map.of()));
        ROWS.put(
                "fragment",
                row(
                        12,
                        true,
                        2,
                        0xffff,
                        "fragment's words",
                        Map.of(
                                "not-a-fragment",
                                0,
                                "dont-fragment",
                                1,
                                "is-fragment",
                                2,
                                "first-fragment",
                                4,
                                "last-fragment",
                                8)));
        ROWS.put("flow-label", row(13, false, 4, 0xfffff, "a flow label", Map.of()));
    }

    private static FlowValues row(
            int type, boolean binary, int octetsMax, long max, String what, Map<String, Integer> named) {
        String operators = binary ? "=, !, != or nothing" : "=, <, >, <=, >=, != or nothing";
        return new FlowValues(
                type, binary, octetsMax, max, named, operators + " and " + what + " are wanted, joined by &");
    }

    /// The component of this name; null if there is none.
    static @Nullable FlowValues named(String name) {
        return ROWS.get(name);
    }

    /// -1 for what is none.
    int operator(String signs) {
        return (binary ? BINARY_OPERATORS : NUMERIC_OPERATORS).getOrDefault(signs, -1);
    }

    /// A number, a name, or some of them joined by "+" where they are bits; -1 for what is none.
    long value(String text) {
        long sum = 0;
        for (String part : text.split("\\+", -1)) {
            Integer known = named.get(part.toLowerCase(Locale.ROOT).replace('_', '-'));
            long value = known != null ? known : part.startsWith("0x") ? hex(part) : Words.decimal(part, max);
            if (value < 0) {
                return -1;
            }
            sum += value;
        }
        return sum <= max ? sum : -1;
    }

    private static long hex(String text) {
        try {
            return text.length() > 6 ? -1 : Long.parseLong(text.substring(2), 16);
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    int octets(long value) {
        return value <= 0xff ? 1 : value <= 0xffff ? 2 : octetsMax;
    }
}
