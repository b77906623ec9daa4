package slash32.bgp.exabgp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Capability;

/// An OPEN as ExaBGP prints it: a capability given more than once is one entry, with all families.
final class OpenText {
    private static final int PARAMETER_CAPABILITIES = 2;
    private static final int EXTENDED_PARAMETERS = 255;
    private static final int ROUTE_REFRESH_OF_CISCO = 128;
    /// draft-ietf-idr-operational-message, which ExaBGP alone speaks.
    private static final int OPERATIONAL = 185;

    private final ApiVersion api;
    private long as;
    private final Map<Integer, String> capabilities = new LinkedHashMap<>();
    private final List<String> families = new ArrayList<>();

    private OpenText(ApiVersion api) {
        this.api = api;
    }

    static String decode(Octets body, ApiVersion api) {
        return new OpenText(api).text(body);
    }

    private String text(Octets body) {
        int version = body.u8();
        as = body.u16();
        int holdSeconds = body.u16();
        String identifier = body.ipv4();
        if (version != 4) {
            body.fail(2, 1);
        }
        parameters(body);
        String all = capabilities.entrySet().stream()
                .map(entry -> "\"" + entry.getKey() + "\": { " + entry.getValue() + " }")
                .collect(Collectors.joining(", "));
        return "\"open\": { \"version\": " + version + ", \"asn\": " + as + ", \"hold_time\": " + holdSeconds
                + ", \"router_id\": \"" + identifier + "\", \"capabilities\": { " + all + " } }";
    }

    private void parameters(Octets body) {
        int length = body.u8();
        boolean wide = length != 0 && body.remaining() >= 3 && body.peek(0) == EXTENDED_PARAMETERS;
        if (wide) {
            body.u8();
            length = body.u16();
        }
        if (length > body.remaining()) {
            body.fail(2, 0);
        }
        Octets parameters = body.upTo(length);
        while (parameters.hasMore()) {
            int type = parameters.u8();
            int size = wide ? parameters.u16() : parameters.u8();
            if (size > parameters.remaining() || type != PARAMETER_CAPABILITIES) {
                parameters.fail(2, 0);
            }
            Octets parameter = parameters.upTo(size);
            while (parameter.hasMore()) {
                int code = parameter.u8();
                int octets = parameter.u8();
                if (octets > parameter.remaining()) {
                    parameter.fail(2, 0);
                }
                capability(code, parameter.upTo(octets));
            }
        }
    }

    private void capability(int code, Octets value) {
        if (code == Capability.CODE_MULTIPROTOCOL) {
            families.add("\"" + family(new AddressFamily(value.u16(), value.u16() & 0xff)) + "\"");
        }
        capabilities.put(
                code,
                switch (code) {
                    case Capability.CODE_MULTIPROTOCOL ->
                        "\"name\": \"multiprotocol\", \"families\": [ " + String.join(", ", families) + " ]";
                    case Capability.CODE_ROUTE_REFRESH -> {
                        capabilities.computeIfPresent(ROUTE_REFRESH_OF_CISCO, (_, _) -> routeRefresh("RFC"));
                        yield routeRefresh("RFC");
                    }
                    case ROUTE_REFRESH_OF_CISCO ->
                        routeRefresh(capabilities.containsKey(Capability.CODE_ROUTE_REFRESH) ? "RFC" : "Cisco");
                    case Capability.CODE_EXTENDED_NEXT_HOP -> nextHops(value);
                    case Capability.CODE_EXTENDED_MESSAGE -> "\"name\": \"extended-message\", \"size\": 65535";
                    case Capability.CODE_GRACEFUL_RESTART -> gracefulRestart(value);
                    case Capability.CODE_FOUR_OCTET_AS -> {
                        long number = value.u32();
                        as = api == ApiVersion.V6 ? as : number;
                        yield "\"name\": \"asn4\", \"asn4\": " + number;
                    }
                    case Capability.CODE_ADD_PATH -> addPath(value);
                    case Capability.CODE_ENHANCED_ROUTE_REFRESH -> "\"name\": \"enhanced-route-refresh\"";
                    case OPERATIONAL -> "\"name\": \"operational\"";
                    case Capability.CODE_FQDN ->
                        "\"host-name\": \"" + string(value) + "\", \"domain-name\": \"" + string(value) + "\"";
                    case Capability.CODE_SOFTWARE_VERSION -> "\"software\": \"" + string(value) + "\"";
                    default ->
                        "\"name\": \"unknown\", \"iana\": \"" + iana(code) + "\", \"value\": " + code + ", \"raw\": \""
                                + value.hex() + "\"";
                });
    }

    private static String routeRefresh(String variant) {
        return "\"name\": \"route-refresh\", \"variant\": \"" + variant + "\"";
    }

    private static String iana(int code) {
        if (code >= 128) {
            return "reserved";
        }
        return code >= 71 ? "unassigned" : "unknown";
    }

    private static String family(AddressFamily family) {
        String afi = Names.afi(family);
        return (afi.startsWith("unknown") ? "unknown-afi-0x" + Integer.toHexString(family.afi()) : afi) + "/"
                + Names.safi(family, ApiVersion.V6);
    }

    private static String nextHops(Octets value) {
        var conversions = new ArrayList<String>();
        while (value.hasMore()) {
            String family = family(new AddressFamily(value.u16(), value.u16()));
            conversions.add("\"" + family + "/" + Names.afi(new AddressFamily(value.u16(), 1)) + "\"");
        }
        return "\"name\": \"nexthop\", \"conversion\": [ " + String.join(", ", conversions) + " ]";
    }

    private static String gracefulRestart(Octets value) {
        int flags = value.u16();
        var kept = new ArrayList<String>();
        while (value.hasMore()) {
            String family = family(new AddressFamily(value.u16(), value.u8()));
            kept.add("\"" + family + "\": [ " + ((value.u8() & 0x80) != 0 ? "\"restart\" " : "") + "]");
        }
        return "\"name\": \"graceful restart\", \"time\": " + (flags & 0xfff) + ", \"address-family-flags\": { "
                + String.join(", ", kept) + " }, \"restart-flags\": [ "
                + ((flags & 0x8000) != 0 ? "\"forwarding\" " : "")
                + "]";
    }

    private static String addPath(Octets value) {
        var text = new StringBuilder("\"name\": \"addpath\"");
        while (value.hasMore()) {
            String family = family(new AddressFamily(value.u16(), value.u8()));
            int mode = value.u8();
            String name = switch (mode) {
                case 1 -> "receive";
                case 2 -> "send";
                case 3 -> "send/receive";
                default -> "";
            };
            if (!name.isEmpty()) {
                text.append(", \"").append(family).append("\": \"").append(name).append('"');
            }
        }
        return text.toString();
    }

    private static String string(Octets value) {
        return Quoted.content(value.hasMore() ? value.upTo(value.u8()) : value);
    }
}
