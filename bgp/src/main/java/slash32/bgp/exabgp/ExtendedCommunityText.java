package slash32.bgp.exabgp;

import java.math.BigInteger;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An extended community as ExaBGP prints it.
///
/// @param value its octets as a number
/// @param words what it says; null for one without words
/// @param hex its octets, upper-case
record ExtendedCommunityText(BigInteger value, @Nullable String words, String hex, ApiVersion api) {
    private static final Map<Integer, String> TUNNELS = Map.of(
            0,
            "Default",
            1,
            "L2TPv3",
            2,
            "GRE",
            7,
            "IP-in-IP",
            8,
            "VXLAN",
            9,
            "NVGRE",
            10,
            "MPLS",
            12,
            "VXLAN-GPE",
            13,
            "MPLS-in-UDP");
    private static final Map<Integer, String> DIRECTIONS = Map.of(1, "input", 2, "output", 3, "input-output");

    /// Eight octets.
    static ExtendedCommunityText of(Octets in, ApiVersion api) {
        String hex = in.apart().hex();
        return new ExtendedCommunityText(number(hex), words(in, api), hex, api);
    }

    /// Twenty octets (RFC 5701).
    static ExtendedCommunityText ofIpv6(Octets in, ApiVersion api) {
        String hex = in.apart().hex();
        int kind = (in.u8() & 0xf) << 8 | in.u8();
        String words = null;
        if (kind == 0x00c) {
            String address = in.ipv6();
            words = (in.u16() & 1) != 0
                    ? "copy-to-nexthop-ietf " + address + " (with copy)"
                    : "redirect-to-nexthop-ietf " + address;
        }
        return new ExtendedCommunityText(number(hex), words, hex, api);
    }

    private static BigInteger number(String hex) {
        return hex.isEmpty() ? BigInteger.ZERO : new BigInteger(hex, 16);
    }

    /// The lower four bits of the type and the subtype choose the words; the T bit does not.
    private static @Nullable String words(Octets in, ApiVersion api) {
        int type = in.u8();
        int kind = (type & 0xf) << 8 | in.u8();
        String long4 = api == ApiVersion.V6 ? "" : "L";
        return switch (kind) {
            case 0x002 -> "target:" + in.u16() + ":" + in.u32();
            case 0x102 -> "target:" + in.ipv4() + ":" + in.u16();
            case 0x202 -> "target:" + in.u32() + long4 + ":" + in.u16();
            case 0x003 -> "origin:" + in.u16() + ":" + in.ipv4();
            case 0x103 -> { // ExaBGP puts the address last, though it comes first
                String address = in.ipv4();
                yield "origin:" + in.u16() + ":" + address;
            }
            case 0x203 -> "origin:" + in.u32() + long4 + ":" + in.u16();
            case 0x004 -> "bandwith:" + in.u16() + ":" + rounded(in);
            case 0x006 -> rate(in);
            case 0x007 -> action((int) in.number(6) & 0xff);
            case 0x008 -> "redirect:" + in.u16() + ":" + in.u32();
            case 0x009 -> "mark " + ((int) in.number(6) & 0xff);
            case 0x00a -> "l2info:" + in.u8() + ":" + in.u8() + ":" + in.u16() + ":" + in.u16();
            case 0x10c -> {
                String address = in.ipv4();
                yield (in.u16() & 1) != 0
                        ? "copy-to-nexthop-ietf " + address + " (with copy)"
                        : "redirect-to-nexthop-ietf " + address;
            }
            case 0x208 -> "redirect:" + in.u32() + ":" + in.u16();
            case 0x30c -> {
                int tunnel = (int) in.number(6) & 0xffff;
                yield "encap:" + TUNNELS.getOrDefault(tunnel, "encap:UNKNOWN-" + tunnel);
            }
            case 0x314 -> "consistentHashSortOrder:" + in.u32();
            case 0x600 -> {
                boolean sticky = in.u8() == 1;
                in.u8();
                yield "mac-mobility:" + in.u32() + (sticky ? ":sticky" : "");
            }
            case 0x702 -> {
                long as = in.u32();
                int target = in.u16();
                int direction = target >>> 14;
                yield "interface-set:" + DIRECTIONS.getOrDefault(direction, "" + direction) + ":" + as + ":"
                        + (target & 0x1fff);
            }
            case 0x800 -> (in.number(6) & 1) != 0 ? "copy-to-nexthop" : "redirect-to-nexthop";
            default -> null;
        };
    }

    private static String rate(Octets in) {
        in.u16();
        return "rate-limit:" + String.format(Locale.ROOT, "%.0f", Math.floor(Float.intBitsToFloat((int) in.u32())));
    }

    private static String rounded(Octets in) {
        return String.format(Locale.ROOT, "%.0f", Math.rint(Float.intBitsToFloat((int) in.u32())));
    }

    private static String action(int bits) {
        boolean sample = (bits & 2) != 0;
        boolean terminal = (bits & 1) != 0;
        return "action " + (sample ? "sample" : "") + (sample && terminal ? "-" : "") + (terminal ? "terminal" : "");
    }

    /// Its words, or its octets.
    String text() {
        return words == null ? "0x" + hex : words;
    }

    String json() {
        String string = words == null && api == ApiVersion.V4 ? "" : text();
        return "{ \"value\": " + value + ", \"string\": \"" + string + "\" }";
    }
}
