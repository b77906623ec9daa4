package slash32.bgp.exabgp;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;

/// One route as ExaBGP prints it, by its family.
final class RouteText {
    private static final String[] EVPN_NAMES = {
        "",
        "Ethernet Auto-Discovery",
        "MAC/IP advertisement",
        "Inclusive Multicast Ethernet Tag",
        "Ethernet Segment",
        "IP Prefix Advertisement"
    };
    private static final String ZERO_ESI = "00:00:00:00:00:00:00:00:00:00";

    private final ApiVersion api;
    private final AddressFamily family;
    private final boolean withdrawn;
    private final boolean pathIds;

    RouteText(ApiVersion api, AddressFamily family, boolean withdrawn, boolean pathIds) {
        this.api = api;
        this.family = family;
        this.withdrawn = withdrawn;
        this.pathIds = pathIds;
    }

    /// The next route of {@code in}; null for one that ExaBGP skips.
    @Nullable
    String next(Octets in, String nextHop) {
        boolean ipv6 = family.afi() == 2;
        return switch (family.safi()) {
            case 1, 2, 4, 128 -> prefix(in, ipv6);
            case 70 -> evpn(in);
            case 65 -> vpls(in);
            case 132 -> membership(in);
            case 133, 134 -> FlowText.next(in, api, ipv6, family.safi() == 134, nextHop);
            case 5 -> MulticastVpnText.next(in);
            case 71, 72 -> LinkStateText.next(in, api, family.safi() == 72, nextHop);
            default -> {
                in.fail(3, 0);
                yield null;
            }
        };
    }

    private String prefix(Octets in, boolean ipv6) {
        String pathId = "";
        if (pathIds) {
            if (in.remaining() <= 4) {
                in.fail(0, 0);
            }
            pathId = ", \"path-information\": \"" + in.ipv4() + "\"";
        }
        int bits = in.u8();
        var labels = new ArrayList<Integer>();
        int distinguisherBits = family.safi() == 128 ? 64 : 0;
        if (family.safi() == 4 || family.safi() == 128) {
            boolean more = true;
            while (more && bits - distinguisherBits >= 24) {
                int label = in.u24();
                labels.add(label);
                bits -= 24;
                more = (label & 1) == 0 && label != 0 && !(label == 0x80_0000 && withdrawn);
            }
        }
        String distinguisher = "";
        if (distinguisherBits > 0) {
            bits -= distinguisherBits;
            distinguisher = ", " + distinguisher(in);
        }
        if (bits < 0) {
            in.fail(3, 10);
        }
        String network = in.prefix(ipv6, Math.max(0, bits));
        return "{ \"nlri\": \"" + network + "\"" + pathId + labels(labels, api.isAtLeast(ApiVersion.V6)) + distinguisher
                + " }";
    }

    /// Labels of three octets each, with the octets beside the label if {@code raw} says so and they are not zero.
    static String labels(List<Integer> labels, boolean raw) {
        if (labels.isEmpty()) {
            return "";
        }
        var text = new StringBuilder(", \"label\": [ ");
        for (int i = 0; i < labels.size(); i++) {
            int label = labels.get(i);
            text.append(i == 0 ? "[" : ", [").append(label >>> 4);
            text.append(raw && label != 0 ? ", " + label : "").append(']');
        }
        return text.append(" ]").toString();
    }

    static String distinguisher(Octets in) {
        Octets octets = in.upTo(8);
        int type = octets.peek(0) << 8 | octets.peek(1);
        if (type > 2) {
            return "\"rd\": \"0x" + octets.hex() + "\"";
        }
        octets.u16();
        String text = switch (type) {
            case 0 -> octets.u16() + ":" + octets.u32();
            case 1 -> octets.ipv4() + ":" + octets.u16();
            default -> octets.u32() + ":" + octets.u16();
        };
        return "\"rd\": \"" + text + "\"";
    }

    private @Nullable String evpn(Octets in) {
        int code = in.peek(0);
        int length = in.peek(1);
        if (in.remaining() < 2) {
            in.fail(0, 0);
            return null;
        }
        String raw = in.apart().upTo(length + 2).hex();
        Octets value = in.upTo(length + 2);
        value.u16();
        String head = "{ \"code\": " + code + ", \"parsed\": true, \"raw\": \"" + raw + "\", \"name\": \"";
        return switch (code) {
            case 1 ->
                head + EVPN_NAMES[1] + "\", " + distinguisher(value) + ", " + esi(value) + ", " + tag(value)
                        + evpnLabel(value) + " }";
            case 2 -> macIp(head, length, value);
            case 3 -> {
                String rest = distinguisher(value) + ", " + tag(value);
                yield head + EVPN_NAMES[3] + "\", " + rest + ", \"ip\": \"" + sizedAddress(value) + "\" }";
            }
            case 4 ->
                head + EVPN_NAMES[4] + "\", " + distinguisher(value) + ", " + esi(value) + ", \"ip\": \""
                        + sizedAddress(value) + "\" }";
            case 5 -> ipPrefix(head, length, value);
            default -> "{ \"code\": " + code + ", \"parsed\": false, \"raw\": \"" + raw + "\" }";
        };
    }

    private static String macIp(String head, int length, Octets value) {
        String lead = distinguisher(value) + ", " + esi(value) + ", " + tag(value);
        if (value.u8() > 48) {
            value.fail(3, 5);
        }
        String mac = value.upTo(6).hex().replaceAll("..(?!$)", "$0:");
        int addressBits = value.u8();
        int octets = length <= 36 ? 0 : length <= 40 ? 4 : 16;
        boolean fits = length == 33 || length == 36 || length == 37 || length == 40 || length == 49 || length == 52;
        if (!fits || (octets == 0 && addressBits != 0)) {
            value.fail(3, 5);
        }
        String ip = octets == 0 ? "" : ", \"ip\": \"" + value.upTo(octets).address() + "\"";
        return head + EVPN_NAMES[2] + "\", " + lead + ", \"mac\": \"" + mac + "\"" + evpnLabel(value) + ip + " }";
    }

    private static String ipPrefix(String head, int length, Octets value) {
        String lead = distinguisher(value) + ", " + esi(value) + ", " + tag(value);
        int bits = value.u8();
        if (length != 34 && length != 58) {
            value.fail(3, 5);
        }
        int octets = length == 34 ? 4 : 16;
        String ip = value.upTo(octets).address();
        String gateway = value.upTo(octets).address();
        return head + EVPN_NAMES[5] + "\", " + lead + evpnLabel(value) + ", \"ip\": \"" + ip + "\", \"iplen\": " + bits
                + ", \"gateway\": \"" + gateway + "\" }";
    }

    private static String sizedAddress(Octets value) {
        int bits = value.u8();
        if (bits != 32 && bits != 128) {
            value.fail(3, 5);
        }
        return value.upTo(bits / 8).address();
    }

    private static String esi(Octets value) {
        String text = value.upTo(10).lowerHex().substring(2).replaceAll("..(?!$)", "$0:");
        return "\"esi\": \"" + (text.equals(ZERO_ESI) ? "-" : text) + "\"";
    }

    private static String tag(Octets value) {
        return "\"ethernet-tag\": " + value.u32();
    }

    private static String evpnLabel(Octets value) {
        return labels(List.of(value.u24()), true);
    }

    private static String vpls(Octets in) {
        int length = in.u16();
        if (in.remaining() != length) {
            in.fail(3, 10);
        }
        String distinguisher = distinguisher(in);
        int endpoint = in.u16();
        int offset = in.u16();
        int size = in.u16();
        return "{ " + distinguisher + ", \"endpoint\": " + endpoint + ", \"base\": " + (in.u24() >>> 4)
                + ", \"offset\": " + offset + ", \"size\": " + size + " }";
    }

    /// Versions before 6.0.0 have no text for these.
    private @Nullable String membership(Octets in) {
        int bits = in.u8();
        if (!api.isAtLeast(ApiVersion.V6) || (bits > 0 && bits < 32)) {
            in.fail(0, 0);
            return null;
        }
        if (bits == 0) {
            return "{ \"origin\": 0, \"route-target\": null }";
        }
        long origin = in.u32();
        String target = ExtendedCommunityText.of(in.upTo(8), api).text();
        return "{ \"origin\": " + origin + ", \"route-target\": \"" + target + "\" }";
    }
}
