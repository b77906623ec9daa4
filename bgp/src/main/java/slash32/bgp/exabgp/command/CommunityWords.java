package slash32.bgp.exabgp.command;

import java.math.BigInteger;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import slash32.net.Bytes;
import slash32.net.Ipv4Address;

/// Communities of the three kinds, one or some between brackets.
final class CommunityWords {
    private static final Map<String, Long> STANDARD = Map.of(
            "no-export", 0xffff_ff01L,
            "no-advertise", 0xffff_ff02L,
            "no-export-subconfed", 0xffff_ff03L,
            "nopeer", 0xffff_ff04L,
            "no-peer", 0xffff_ff04L,
            "blackhole", 0xffff_029aL);

    private static final int TARGET = 0x0002;
    private static final int TARGET_OF_4_OCTETS = 0x0202;
    private static final int ORIGIN = 0x0003;
    private static final int ORIGIN_OF_4_OCTETS = 0x0203;
    private static final int BANDWIDTH = 0x4004;
    private static final int RATE_LIMIT = 0x8006;
    private static final int REDIRECT = 0x8008;
    private static final int LAYER_2 = 0x800a;
    private static final int REDIRECT_TO_NEXT_HOP = 0x0800;

    private CommunityWords() {}

    /// RFC 1997.
    static Octets standard(Words words) {
        var out = new Octets();
        words.listOf(each -> each.parsed(CommunityWords::community, "a community is as 65000:1, a name or a number"))
                .forEach(value -> out.u32(value == null ? 0 : value));
        return out;
    }

    private static Long community(String text) {
        Long named = STANDARD.get(text.toLowerCase(Locale.ROOT));
        if (named != null) {
            return named;
        }
        int colon = text.indexOf(':');
        if (colon > 0) {
            return number(text.substring(0, colon), 0xffff) << 16 | number(text.substring(colon + 1), 0xffff);
        }
        return text.startsWith("0x") ? hex(text, 8) : number(text, 0xffff_ffffL);
    }

    /// RFC 8092; one that is given twice counts once.
    static Octets large(Words words) {
        var all = new LinkedHashSet<Bytes>();
        words.listOf(each -> each.parsed(CommunityWords::largeCommunity, "a large community is as 65000:1:2"))
                .forEach(value -> all.add(value == null ? Bytes.EMPTY : value));
        var out = new Octets();
        all.forEach(out::bytes);
        return out;
    }

    private static Bytes largeCommunity(String text) {
        var out = new Octets();
        String[] parts = text.split(":", -1);
        if (parts.length == 3) {
            for (String part : parts) {
                out.u32(number(part, 0xffff_ffffL));
            }
            return out.toBytes();
        }
        var all = new BigInteger(text);
        if (parts.length != 1 || all.signum() < 0 || all.bitLength() > 96) {
            throw new IllegalArgumentException(text);
        }
        return out.u32(all.shiftRight(64).longValue()).u64(all.longValue()).toBytes();
    }

    /// RFC 4360.
    static Octets extended(Words words) {
        var out = new Octets();
        words.listOf(each -> each.parsed(
                        CommunityWords::extendedCommunity,
                        "an extended community is as target:65000:1, origin:…, redirect:…, bandwidth:…, l2info:…,"
                                + " rate-limit:…, redirect-to-nexthop or 0x and 16 digits"))
                .forEach(value -> out.bytes(value == null ? Bytes.EMPTY : value));
        return out;
    }

    private static Bytes extendedCommunity(String text) {
        var out = new Octets();
        if (text.startsWith("0x")) {
            if (text.length() != 18) {
                throw new IllegalArgumentException(text);
            }
            return Bytes.fromHex(text.substring(2));
        }
        if (text.equals("redirect-to-nexthop")) {
            return out.u16(REDIRECT_TO_NEXT_HOP).u16(0).u32(0).toBytes();
        }
        String[] parts = text.split(":", -1);
        int first = parts.length == 2 && !parts[0].equals("rate-limit") ? 0 : 1;
        String kind = first == 0 ? "target" : parts[0];
        int wanted = kind.equals("l2info") ? 4 : kind.equals("rate-limit") ? 1 : 2;
        if (parts.length - first != wanted) {
            throw new IllegalArgumentException(text);
        }
        return switch (kind) {
            case "target" -> administered(TARGET, TARGET_OF_4_OCTETS, parts[first], parts[first + 1]);
            case "origin" -> administered(ORIGIN, ORIGIN_OF_4_OCTETS, parts[first], parts[first + 1]);
            case "target4" -> wide(TARGET_OF_4_OCTETS, parts[1], parts[2]);
            case "origin4" -> wide(ORIGIN_OF_4_OCTETS, parts[1], parts[2]);
            case "redirect" ->
                out.u16(REDIRECT)
                        .u16((int) number(parts[1], 0xffff))
                        .u32(number(parts[2], 0xffff_ffffL))
                        .toBytes();
            case "bandwidth" ->
                out.u16(BANDWIDTH)
                        .u16((int) number(parts[1], 0xffff))
                        .u32(Float.floatToIntBits((float) number(parts[2], 0xffff_ffffL)))
                        .toBytes();
            case "rate-limit" -> rateLimit(number(parts[1], Long.MAX_VALUE)).toBytes();
            case "l2info" ->
                out.u16(LAYER_2)
                        .u8((int) number(parts[1], 0xff))
                        .u8((int) number(parts[2], 0xff))
                        .u16((int) number(parts[3], 0xffff))
                        .u16((int) number(parts[4], 0xffff))
                        .toBytes();
            default -> throw new IllegalArgumentException(text);
        };
    }

    /// RFC 8955 §7.3, of AS 0.
    static Octets rateLimit(long octetsPerSecond) {
        return new Octets().u16(RATE_LIMIT).u16(0).u32(Float.floatToIntBits((float) octetsPerSecond));
    }

    /// "65000:1", "4200000000:1", "65000L:1", "10.0.0.1:5" or "65000:10.0.0.1".
    private static Bytes administered(int narrow, int wide, String global, String local) {
        boolean globalAddress = global.indexOf('.') >= 0;
        boolean localAddress = local.indexOf('.') >= 0;
        var out = new Octets().u16(narrow);
        if (globalAddress) {
            return out.address(Ipv4Address.parse(global))
                    .u16((int) number(local, 0xffff))
                    .toBytes();
        }
        if (localAddress) {
            return out.u16((int) number(global, 0xffff))
                    .address(Ipv4Address.parse(local))
                    .toBytes();
        }
        long number = number(withoutMark(global), 0xffff_ffffL);
        return global.toUpperCase(Locale.ROOT).endsWith("L") || number > 0xffff
                ? wide(wide, global, local)
                : out.u16((int) number)
                        .u32(number(withoutMark(local), 0xffff_ffffL))
                        .toBytes();
    }

    private static Bytes wide(int type, String global, String local) {
        return new Octets()
                .u16(type)
                .u32(number(withoutMark(global), 0xffff_ffffL))
                .u16((int) number(withoutMark(local), 0xffff))
                .toBytes();
    }

    private static String withoutMark(String number) {
        return number.toUpperCase(Locale.ROOT).endsWith("L") ? number.substring(0, number.length() - 1) : number;
    }

    private static long number(String text, long max) {
        long number = Words.decimal(text, max);
        if (number < 0) {
            throw new IllegalArgumentException(text);
        }
        return number;
    }

    private static long hex(String text, int digitsMax) {
        if (text.length() > 2 + digitsMax) {
            throw new IllegalArgumentException(text);
        }
        return Long.parseLong(text.substring(2), 16);
    }
}
