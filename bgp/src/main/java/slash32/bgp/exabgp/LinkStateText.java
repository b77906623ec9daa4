package slash32.bgp.exabgp;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import slash32.net.Ipv6Address;

/// A route of BGP-LS (RFC 9552 §5.2) as ExaBGP prints it: nodes, links and prefixes in their parts, others as they are.
///
/// 4.0.1 has descriptors as the members of one object, later versions have a list.
final class LinkStateText {
    private static final int NODE = 1;
    private static final int LINK = 2;
    private static final int IPV4_PREFIX = 3;
    private static final int IPV6_PREFIX = 4;
    private static final int PROTOCOLS = 6;

    private static final int LOCAL_NODE = 256;
    private static final int REMOTE_NODE = 257;
    private static final int LINK_IDENTIFIERS = 258;
    private static final int IPV4_INTERFACE = 259;
    private static final int IPV4_NEIGHBOR = 260;
    private static final int IPV6_INTERFACE = 261;
    private static final int IPV6_NEIGHBOR = 262;
    private static final int MULTI_TOPOLOGY = 263;
    private static final int OSPF_ROUTE_TYPE = 264;
    private static final int IP_REACHABILITY = 265;

    private static final int AUTONOMOUS_SYSTEM = 512;
    private static final int BGP_LS_IDENTIFIER = 513;
    private static final int OSPF_AREA = 514;
    private static final int IGP_ROUTER = 515;

    private final ApiVersion api;
    private final boolean vpn;
    private final String nextHop;

    private LinkStateText(ApiVersion api, boolean vpn, String nextHop) {
        this.api = api;
        this.vpn = vpn;
        this.nextHop = nextHop;
    }

    static String next(Octets in, ApiVersion api, boolean vpn, String nextHop) {
        int code = in.u16();
        int length = in.u16();
        return new LinkStateText(api, vpn, nextHop).route(code, in.upTo(length));
    }

    private String route(int code, Octets value) {
        if (code < NODE || code > IPV6_PREFIX) {
            return unknown(code, value);
        }
        String distinguisher = vpn ? RouteText.distinguisher(value) : "";
        int protocol = value.u8();
        if (protocol < 1 || protocol > PROTOCOLS) {
            value.fail(0, 0);
        }
        String name = switch (code) {
            case NODE -> "node";
            case LINK -> "link";
            case IPV4_PREFIX -> "prefix-v4";
            default -> "prefix-v6";
        };
        String head = "{ \"ls-nlri-type\": \"bgpls-" + name + "\", \"l3-routing-topology\": "
                + Long.toUnsignedString(value.number(8)) + ", \"protocol-id\": " + protocol + ", ";
        return head
                + switch (code) {
                    case NODE -> node(value, protocol, distinguisher);
                    case LINK -> link(value, protocol, distinguisher);
                    default -> prefix(value, protocol, code == IPV6_PREFIX, distinguisher);
                }
                + " }";
    }

    /// Its type and length as the one octet each that ExaBGP has for them.
    private String unknown(int code, Octets value) {
        int length = value.remaining();
        boolean unnamed = nextHop.isEmpty() && api == ApiVersion.V4; // ExaBGP 4.2 fails to write a withdrawal
        if (code > 0xff || length > 0xff || unnamed) {
            value.fail(0, 0);
        }
        return "{ \"code\": %d, \"parsed\": false, \"raw\": \"%02X%02X%s\" }"
                .formatted(code, code, length, value.hex());
    }

    private String node(Octets value, int protocol, String distinguisher) {
        int type = value.u16();
        if (type != LOCAL_NODE) {
            value.fail(0, 0);
        }
        Octets descriptors = value.upTo(value.u16());
        return "\"node-descriptors\": " + descriptors(descriptors, protocol) + hop() + also(distinguisher);
    }

    private String hop() {
        String shown = nextHop.isEmpty() ? "None" : nextHop;
        return api.isAtLeast(ApiVersion.V6) ? "" : ", \"nexthop\": \"" + shown + "\"";
    }

    private static String also(String member) {
        return member.isEmpty() ? "" : ", " + member;
    }

    private String link(Octets value, int protocol, String distinguisher) {
        boolean later = api.isAtLeast(ApiVersion.V5);
        String local = objects(List.of());
        String remote = objects(List.of());
        var interfaces = new ArrayList<String>();
        var neighbors = new ArrayList<String>();
        var topologies = new ArrayList<String>();
        var identifiers = new ArrayList<String>();
        while (value.hasMore()) {
            int type = value.u16();
            int length = value.u16();
            Octets tlv = value.upTo(type == LINK_IDENTIFIERS ? 8 : length);
            switch (type) {
                case LOCAL_NODE -> local = descriptors(tlv, protocol);
                case REMOTE_NODE -> remote = descriptors(tlv, protocol);
                case LINK_IDENTIFIERS ->
                    identifiers.add("{ \"link-local-id\": " + tlv.u32() + ", \"link-remote-id\": " + tlv.u32() + " }");
                case IPV4_INTERFACE, IPV6_INTERFACE -> interfaces.add("\"" + tlv.address() + "\"");
                case IPV4_NEIGHBOR, IPV6_NEIGHBOR -> neighbors.add("\"" + tlv.address() + "\"");
                default -> {
                    if (type != MULTI_TOPOLOGY || !later) {
                        tlv.fail(0, 0); // ExaBGP 4.2 never ends
                    }
                    while (tlv.hasMore()) {
                        topologies.add("" + tlv.u16());
                    }
                }
            }
        }
        String nodes = "\"local-node-descriptors\": " + local + ", \"remote-node-descriptors\": " + remote;
        if (!later) {
            return nodes + ", \"interface-address\": " + addresses("interface-address", interfaces)
                    + ", \"neighbor-address\": " + addresses("neighbor-address", neighbors)
                    + also(distinguisher);
        }
        return nodes + ", \"interface-addresses\": " + interfaces + ", \"neighbor-addresses\": " + neighbors
                + ", \"multi-topology-ids\": " + topologies + ", \"link-identifiers\": " + identifiers
                + also(distinguisher);
    }

    private static String addresses(String name, List<String> addresses) {
        return addresses.stream()
                .map(address -> "\"" + name + "\": " + address)
                .collect(Collectors.joining(", ", "{ ", " }"));
    }

    private String prefix(Octets value, int protocol, boolean ipv6, String distinguisher) {
        String node = "";
        String routeType = "";
        String reachability = "";
        while (value.hasMore()) {
            int type = value.u16();
            Octets tlv = value.upTo(value.u16());
            switch (type) {
                case LOCAL_NODE -> node = descriptors(tlv, protocol);
                case OSPF_ROUTE_TYPE -> routeType = ", \"ospf-route-type\": " + tlv.numberOfAll();
                case IP_REACHABILITY -> reachability = reachability(tlv, ipv6);
                default -> tlv.fail(0, 0); // ExaBGP 4.2 never ends
            }
        }
        if (node.isEmpty() || reachability.isEmpty()) {
            value.fail(0, 0);
        }
        return "\"node-descriptors\": " + node + ", " + reachability + hop() + routeType + also(distinguisher);
    }

    private String reachability(Octets tlv, boolean ipv6) {
        int bits = tlv.u8();
        int octets = ipv6 ? 16 : 4;
        if (tlv.remaining() > octets) {
            tlv.fail(0, 0);
        }
        int missing = octets - tlv.remaining();
        var address = new Octets(HexFormat.of().parseHex(tlv.hex() + "00".repeat(missing)), 0, octets);
        String network = ipv6 ? new Ipv6Address(address.number(8), address.number(8)).toString() : address.ipv4();
        String prefix = network + "/" + bits;
        return "\"ip-reachability-tlv\": \"" + (api.isAtLeast(ApiVersion.V6) ? prefix : network)
                + "\", \"ip-reach-prefix\": \"" + prefix + "\"";
    }

    private String descriptors(Octets in, int protocol) {
        var texts = new ArrayList<String>();
        while (in.hasMore()) {
            int type = in.u16();
            int length = in.u16();
            Octets value = in.upTo(length);
            texts.add(
                    switch (type) {
                        case AUTONOMOUS_SYSTEM -> "\"autonomous-system\": " + four(value);
                        case BGP_LS_IDENTIFIER -> "\"bgp-ls-identifier\": \"" + four(value) + "\"";
                        case OSPF_AREA -> "\"ospf-area-id\": \"" + value.address() + "\"";
                        case IGP_ROUTER -> router(value, length, protocol);
                        default -> {
                            value.fail(0, 0);
                            yield "";
                        }
                    });
        }
        return objects(texts);
    }

    private static long four(Octets value) {
        if (value.remaining() != 4) {
            value.fail(3, 5);
        }
        return value.u32();
    }

    /// A router's address in OSPF and its system id in IS-IS; a pseudonode's has more.
    private String router(Octets value, int length, int protocol) {
        boolean later = api.isAtLeast(ApiVersion.V5);
        boolean ospf = protocol == 3 || protocol == 6;
        boolean isis = protocol == 1 || protocol == 2;
        if (!(ospf && (length == 4 || length == 8)) && !(isis && (length == 6 || length == 7))) {
            value.fail(0, 0);
        }
        String all = value.apart().hex().toLowerCase(Locale.ROOT);
        String id = ospf ? value.ipv4() : value.upTo(6).hex().toLowerCase(Locale.ROOT);
        String router = "\"router-id\": \"" + (later && isis ? all : id) + "\"";
        if (length == 4 || length == 6) {
            return router;
        }
        String more = ospf ? "\"designated-router-id\": \"" + value.ipv4() + "\"" : "\"psn\": \"" + value.u8() + "\"";
        return later ? router + ", " + more : more + ", " + router;
    }

    private String objects(List<String> members) {
        return api == ApiVersion.V4
                ? "{ " + String.join(", ", members) + " }"
                : members.stream().map(one -> "{ " + one + " }").toList().toString();
    }
}
