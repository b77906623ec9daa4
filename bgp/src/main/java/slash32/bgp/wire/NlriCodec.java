package slash32.bgp.wire;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// NLRI of the families that are not plain prefixes, between bytes and values.
final class NlriCodec {
    private NlriCodec() {}

    /// The routes in {@code in}, of {@code family}; null if one of them is malformed or cut short (RFC 7606 §5.3).
    ///
    /// @param withdrawn they are withdrawn, where labels may be a stand-in
    static @Nullable List<Nlri> decode(AddressFamily family, boolean pathIds, boolean withdrawn, Reader in) {
        if (family.kind() == AddressFamily.Kind.OPAQUE) {
            return in.remaining() == 0
                    ? List.of()
                    : List.of(new Nlri.Opaque(in.slice(in.remaining()).rest()));
        }
        var routes = new ArrayList<Nlri>();
        while (in.remaining() > 0) {
            if (pathIds && in.remaining() < 4) {
                return null;
            }
            int pathId = pathIds ? in.i32() : 0;
            Nlri route = in.remaining() == 0 ? null : one(family, pathId, withdrawn, in);
            if (route == null) {
                return null;
            }
            routes.add(route);
        }
        return routes;
    }

    /// The next route in {@code in}, behind its path identifier.
    static @Nullable Nlri one(AddressFamily family, int pathId, boolean withdrawn, Reader in) {
        boolean ipv6 = family.afi() == 2;
        return switch (family.kind()) {
            case PREFIX -> {
                Prefix prefix = prefix(ipv6, in.u8(), in);
                yield prefix == null ? null : new Nlri.Plain(pathId, prefix);
            }
            case LABELED, VPN -> labeled(pathId, ipv6, family.kind() == AddressFamily.Kind.VPN, withdrawn, in);
            case RT_CONSTRAIN -> membership(pathId, in);
            case FLOWSPEC, FLOWSPEC_VPN ->
                FlowSpecCodec.decode(pathId, ipv6, family.kind() == AddressFamily.Kind.FLOWSPEC_VPN, in);
            case EVPN -> {
                EvpnRoute route = EvpnCodec.decode(in);
                yield route == null ? null : new Nlri.Evpn(pathId, route);
            }
            case OPAQUE -> throw new IllegalArgumentException(family + " has no routes that can be told apart");
        };
    }

    /// A prefix of {@code bits}; bits past its length are cleared.
    private static @Nullable Prefix prefix(boolean ipv6, int bits, Reader in) {
        int octets = (bits + 7) / 8;
        int width = ipv6 ? 16 : 4;
        if (bits > 8 * width || octets > in.remaining()) {
            return null;
        }
        byte[] address = Arrays.copyOf(in.slice(octets).rest().toArray(), width);
        return Prefix.containing(IpAddress.of(address), bits);
    }

    private static @Nullable Nlri labeled(int pathId, boolean ipv6, boolean vpn, boolean withdrawn, Reader in) {
        int bits = in.u8();
        var labels = new ArrayList<Integer>(1);
        boolean more = true;
        while (more) {
            if (bits < 24 || in.remaining() < 3) {
                return null;
            }
            int label = in.u8() << 16 | in.u16();
            labels.add(label);
            bits -= 24;
            boolean standsIn = withdrawn && (label == Nlri.Labeled.WITHDRAWN || label == 0);
            more = (label & 1) == 0 && !standsIn;
        }
        if (!vpn) {
            Prefix prefix = prefix(ipv6, bits, in);
            return prefix == null ? null : new Nlri.Labeled(pathId, labels, prefix);
        }
        if (bits < 64 || in.remaining() < 8) {
            return null;
        }
        var distinguisher = new RouteDistinguisher(in.i64());
        Prefix prefix = prefix(ipv6, bits - 64, in);
        return prefix == null ? null : new Nlri.Vpn(pathId, labels, distinguisher, prefix);
    }

    /// RFC 4684 §4: the default, or at least the origin AS.
    private static @Nullable Nlri membership(int pathId, Reader in) {
        int bits = in.u8();
        int octets = (bits + 7) / 8;
        if (bits > 96 || (bits > 0 && bits < 32) || octets > in.remaining()) {
            return null;
        }
        byte[] whole = Arrays.copyOf(in.slice(octets).rest().toArray(), 12);
        var reader = new Reader(whole, 0, 12);
        long origin = reader.u32();
        int targetBits = Math.max(0, bits - 32);
        long target = targetBits == 0 ? 0 : reader.i64() & (-1L << (64 - targetBits));
        return new Nlri.Membership(pathId, bits, origin, new ExtendedCommunity(target));
    }

    /// The route as it is withdrawn: with a stand-in for its labels (RFC 8277 §2.4).
    static Nlri withdrawal(Nlri route) {
        List<Integer> label = List.of(Nlri.Labeled.WITHDRAWN);
        return switch (route) {
            case Nlri.Labeled(int pathId, List<Integer> _, Prefix prefix) -> new Nlri.Labeled(pathId, label, prefix);
            case Nlri.Vpn(int pathId, List<Integer> _, RouteDistinguisher distinguisher, Prefix prefix) ->
                new Nlri.Vpn(pathId, label, distinguisher, prefix);
            default -> route;
        };
    }

    /// Writes one route as it stands in an attribute.
    static void encode(Nlri route, boolean pathIds, ByteArrayOutputStream out) {
        if (pathIds && !(route instanceof Nlri.Opaque)) {
            MessageEncoder.i32(route.pathId(), out);
        }
        switch (route) {
            case Nlri.Plain(int _, Prefix prefix) -> prefix(prefix.length(), prefix, out);
            case Nlri.Labeled(int _, List<Integer> labels, Prefix prefix) -> {
                out.write(24 * labels.size() + prefix.length());
                labels(labels, out);
                address(prefix, out);
            }
            case Nlri.Vpn(int _, List<Integer> labels, RouteDistinguisher distinguisher, Prefix prefix) -> {
                out.write(24 * labels.size() + 64 + prefix.length());
                labels(labels, out);
                MessageEncoder.i64(distinguisher.value(), out);
                address(prefix, out);
            }
            case Nlri.Membership(int _, int bits, long originAs, ExtendedCommunity target) -> {
                var whole = new ByteArrayOutputStream(12);
                MessageEncoder.i32((int) originAs, whole);
                MessageEncoder.i64(target.value(), whole);
                out.write(bits);
                out.write(whole.toByteArray(), 0, (bits + 7) / 8);
            }
            case Nlri.FlowSpec flow -> FlowSpecCodec.encode(flow, out);
            case Nlri.Evpn(int _, EvpnRoute evpn) -> EvpnCodec.encode(evpn, out);
            case Nlri.Opaque(Bytes octets) -> out.writeBytes(octets.toArray());
        }
    }

    private static void prefix(int bits, Prefix prefix, ByteArrayOutputStream out) {
        out.write(bits);
        address(prefix, out);
    }

    private static void address(Prefix prefix, ByteArrayOutputStream out) {
        out.write(prefix.address().toArray(), 0, (prefix.length() + 7) / 8);
    }

    private static void labels(List<Integer> labels, ByteArrayOutputStream out) {
        for (int label : labels) {
            out.write(label >>> 16);
            MessageEncoder.u16(label, out);
        }
    }
}
