package slash32.bgp.exabgp;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A flow specification as ExaBGP prints it: each component, and all of it as one string.
final class FlowText {
    private static final int AND = 0x40;
    private static final int END = 0x80;

    private static final String[] NAMES = {
        "",
        "destination",
        "source",
        "protocol",
        "port",
        "destination-port",
        "source-port",
        "icmp-type",
        "icmp-code",
        "tcp-flags",
        "packet-length",
        "dscp",
        "fragment",
        "flow-label"
    };
    private static final String[] NUMERIC = {"false", "=", ">", ">=", "<", "<=", "!=", "true"};
    private static final String[] BINARY = {"", "=", "!", "!="};

    /// One value of a component.
    ///
    /// @param text as it stands in the string
    /// @param bits the names of a bit mask, with the operator before each; else empty
    private record Value(int operator, String text, List<String> bits) {}

    private FlowText() {}

    /// The next flow specification; null if it is malformed, which skips it.
    static @Nullable String next(Octets in, ApiVersion api, boolean ipv6, boolean vpn, String nextHop) {
        int length = in.u8();
        if (length >= 0xf0) {
            length = (length & 0xf) << (api == ApiVersion.V4 ? 16 : 8) | in.u8();
        }
        if (length > in.remaining()) {
            in.fail(3, 10);
            return null;
        }
        Octets value = in.upTo(length).apart();
        String distinguisher = vpn ? RouteText.distinguisher(value) : "";
        var components = new TreeMap<Integer, List<Value>>();
        int last = 0;
        while (value.hasMore()) {
            int type = value.u8();
            if (type < 1 || type > (ipv6 ? 13 : 12) || type < last) {
                value.fail(3, 10);
            }
            last = type;
            List<Value> values = components.computeIfAbsent(type, _ -> new ArrayList<>());
            if (type <= 2) {
                values.add(new Value(0, prefix(ipv6, value), List.of()));
            } else {
                comparisons(type, api, value, values);
            }
        }
        return value.refusal() == null ? text(components, ipv6, api, distinguisher, nextHop) : null;
    }

    private static String prefix(boolean ipv6, Octets in) {
        int bits = in.u8();
        int offset = ipv6 ? in.u8() : 0;
        return in.prefix(ipv6, bits) + (ipv6 ? "/" + offset : "");
    }

    private static void comparisons(int type, ApiVersion api, Octets in, List<Value> into) {
        boolean more = true;
        while (more) {
            int octet = in.u8();
            more = (octet & END) == 0 && in.refusal() == null;
            int operator = octet & 0x4f;
            long operand = in.upTo(1 << (octet >>> 4 & 3)).numberOfAll();
            into.add(
                    type == 9 || type == 12
                            ? mask(type, api, operator, operand)
                            : number(type, api, operator, operand));
        }
    }

    private static Value mask(int type, ApiVersion api, int operator, long operand) {
        List<String> names = type == 9 ? Names.tcpFlags(operand) : Names.fragment(operand);
        int plain = operator & 0xf;
        String and = (operator & AND) != 0 ? "&" : "";
        boolean known = plain < BINARY.length;
        String sign = known ? and + BINARY[plain] : "";
        List<String> bits = api == ApiVersion.V4
                ? names.stream().map(name -> sign + name).toList()
                : List.of(sign + String.join("+", names));
        String text = (known ? sign : "%02X".formatted(operator)) + String.join("+", names);
        return new Value(operator, text, bits);
    }

    private static Value number(int type, ApiVersion api, int operator, long operand) {
        int plain = operator & 0xf;
        boolean and = (operator & AND) != 0;
        String name = switch (type) {
            case 3 -> Names.protocol(operand, api);
            case 7 -> Names.icmpType(operand, api);
            default -> Long.toString(operand);
        };
        if (!and && (plain == 0 || plain == 7)) {
            return new Value(operator, NUMERIC[plain], List.of());
        }
        String sign = plain < NUMERIC.length ? (and ? "&" : "") + NUMERIC[plain] : "%02X".formatted(operator);
        return new Value(operator, sign + name, List.of());
    }

    private static String text(
            Map<Integer, List<Value>> components, boolean ipv6, ApiVersion api, String distinguisher, String nextHop) {
        String json = components.entrySet().stream()
                .map(entry ->
                        " \"" + name(entry.getKey(), ipv6) + "\": [ " + list(entry.getKey(), entry.getValue()) + " ]")
                .collect(Collectors.joining(","));
        String string = components.entrySet().stream()
                .map(entry -> " " + name(entry.getKey(), ipv6) + " " + line(entry.getValue()))
                .collect(Collectors.joining());
        boolean hops = !nextHop.isEmpty() && api != ApiVersion.V6;
        String rd = distinguisher.isEmpty()
                ? ""
                : " rd " + distinguisher.substring("\"rd\": \"".length(), distinguisher.length() - 1);
        return "{" + json + (distinguisher.isEmpty() ? "" : ", " + distinguisher)
                + (hops ? ", \"next-hop\": \"" + nextHop + "\"" : "") + ", \"string\": \"flow" + string + rd
                + (hops ? " next-hop " + nextHop : "") + "\" }";
    }

    private static String list(int type, List<Value> values) {
        String all = joined(
                values,
                ", ",
                value -> mask(type)
                        ? value.bits().stream().map(bit -> "\"" + bit + "\"").collect(Collectors.joining(", "))
                        : "\"" + value.text() + "\"");
        String text = type == 12 ? all.replace("!is-fragment", "not-a-fragment") : all;
        return text.replace("\"\"", "");
    }

    private static boolean mask(int type) {
        return type == 9 || type == 12;
    }

    private static String line(List<Value> values) {
        String line = joined(values, " ", Value::text);
        return values.size() > 1 ? "[ " + line + " ]" : line;
    }

    /// The values with {@code separator} before each that begins a new alternative.
    private static String joined(List<Value> values, String separator, Function<Value, String> text) {
        var all = new StringBuilder();
        for (int i = 0; i < values.size(); i++) {
            all.append(i > 0 && (values.get(i).operator() & AND) == 0 ? separator : "");
            all.append(text.apply(values.get(i)));
        }
        return all.toString();
    }

    private static String name(int type, boolean ipv6) {
        return switch (type) {
            case 1, 2 -> NAMES[type] + (ipv6 ? "-ipv6" : "-ipv4");
            case 3 -> ipv6 ? "next-header" : NAMES[3];
            case 11 -> ipv6 ? "traffic-class" : NAMES[11];
            default -> NAMES[type];
        };
    }
}
