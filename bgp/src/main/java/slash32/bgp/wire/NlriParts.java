package slash32.bgp.wire;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import slash32.bgp.wire.EvpnRoute.EthernetAutoDiscoveryRoute;
import slash32.bgp.wire.EvpnRoute.IpPrefixRoute;
import slash32.bgp.wire.EvpnRoute.MacIpRoute;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;

/// A route taken apart: its key, which tells it from others, and what else its NLRI says, which belongs to the path
/// like an attribute: labels (RFC 8277 §2.5, RFC 7432 §7.1), the ESI and labels of a MAC (RFC 7432 §7.2), the ESI,
/// gateway and label of an EVPN prefix (RFC 9136 §3.1).
public final class NlriParts {
    private NlriParts() {}

    /// The route without its path identifier and what is not part of its key.
    public static Nlri key(Nlri route) {
        return switch (route) {
            case Nlri.Plain(int _, Prefix prefix) -> new Nlri.Plain(0, prefix);
            case Nlri.Labeled(int _, List<Integer> _, Prefix prefix) -> new Nlri.Labeled(0, List.of(), prefix);
            case Nlri.Vpn(int _, List<Integer> _, RouteDistinguisher distinguisher, Prefix prefix) ->
                new Nlri.Vpn(0, List.of(), distinguisher, prefix);
            case Nlri.Membership(int _, int bits, long originAs, ExtendedCommunity target) ->
                new Nlri.Membership(0, bits, originAs, target);
            case Nlri.FlowSpec(int _, boolean ipv6, RouteDistinguisher distinguisher, List<FlowComponent> components) ->
                new Nlri.FlowSpec(0, ipv6, distinguisher, components);
            case Nlri.Evpn(int _, EvpnRoute evpn) -> new Nlri.Evpn(0, key(evpn));
            case Nlri.Opaque opaque -> opaque;
        };
    }

    private static EvpnRoute key(EvpnRoute route) {
        return switch (route) {
            case EthernetAutoDiscoveryRoute auto ->
                new EthernetAutoDiscoveryRoute(auto.distinguisher(), auto.esi(), auto.tag(), 0);
            case MacIpRoute mac ->
                new MacIpRoute(
                        mac.distinguisher(), Esi.ZERO, mac.tag(), mac.mac(), mac.address(), 0, EvpnRoute.NO_LABEL);
            case IpPrefixRoute prefix ->
                new IpPrefixRoute(
                        prefix.distinguisher(),
                        Esi.ZERO,
                        prefix.tag(),
                        prefix.prefix(),
                        prefix.gateway().isIpv4() ? new Ipv4Address(0) : new Ipv6Address(0, 0),
                        0);
            case EvpnRoute whole -> whole;
        };
    }

    /// What the NLRI says besides the key; see {@link PathAttributes#nlriData}.
    public static Bytes data(Nlri route) {
        var out = new ByteArrayOutputStream(32);
        switch (route) {
            case Nlri.Labeled labeled -> labeled.labels().forEach(label -> label(label, out));
            case Nlri.Vpn vpn -> vpn.labels().forEach(label -> label(label, out));
            case Nlri.Evpn(int _, EvpnRoute evpn) -> data(evpn, out);
            default -> {}
        }
        return out.size() == 0 ? Bytes.EMPTY : Bytes.copyOf(out.toByteArray());
    }

    private static void data(EvpnRoute route, ByteArrayOutputStream out) {
        switch (route) {
            case EthernetAutoDiscoveryRoute auto -> label(auto.label(), out);
            case MacIpRoute mac -> {
                out.writeBytes(mac.esi().octets().toArray());
                label(mac.label(), out);
                if (mac.secondLabel() != EvpnRoute.NO_LABEL) {
                    label(mac.secondLabel(), out);
                }
            }
            case IpPrefixRoute prefix -> {
                out.writeBytes(prefix.esi().octets().toArray());
                out.writeBytes(prefix.gateway().toArray());
                label(prefix.label(), out);
            }
            default -> {}
        }
    }

    /// The route as it stands in an attribute.
    ///
    /// @param pathId with its path identifier
    public static byte[] octets(Nlri route, boolean pathId) {
        var out = new ByteArrayOutputStream(64);
        NlriCodec.encode(route, pathId, out);
        return out.toByteArray();
    }

    /// The route of {@code key} as it came.
    ///
    /// @param data of {@link #data}; empty for a withdrawal, where it says nothing
    public static Nlri joined(Nlri key, Bytes data, int pathId) {
        var in = Reader.of(data);
        return switch (key) {
            case Nlri.Plain(int _, Prefix prefix) -> new Nlri.Plain(pathId, prefix);
            case Nlri.Labeled(int _, List<Integer> _, Prefix prefix) -> new Nlri.Labeled(pathId, labels(in), prefix);
            case Nlri.Vpn(int _, List<Integer> _, RouteDistinguisher distinguisher, Prefix prefix) ->
                new Nlri.Vpn(pathId, labels(in), distinguisher, prefix);
            case Nlri.Membership(int _, int bits, long originAs, ExtendedCommunity target) ->
                new Nlri.Membership(pathId, bits, originAs, target);
            case Nlri.FlowSpec(int _, boolean ipv6, RouteDistinguisher distinguisher, List<FlowComponent> components) ->
                new Nlri.FlowSpec(pathId, ipv6, distinguisher, components);
            case Nlri.Evpn(int _, EvpnRoute evpn) ->
                new Nlri.Evpn(pathId, in.remaining() == 0 ? evpn : joined(evpn, in));
            case Nlri.Opaque opaque -> opaque;
        };
    }

    private static EvpnRoute joined(EvpnRoute key, Reader in) {
        return switch (key) {
            case EthernetAutoDiscoveryRoute auto ->
                new EthernetAutoDiscoveryRoute(auto.distinguisher(), auto.esi(), auto.tag(), label(in));
            case MacIpRoute mac ->
                new MacIpRoute(
                        mac.distinguisher(),
                        new Esi(in.slice(Esi.BYTES).rest()),
                        mac.tag(),
                        mac.mac(),
                        mac.address(),
                        label(in),
                        in.remaining() > 0 ? label(in) : EvpnRoute.NO_LABEL);
            case IpPrefixRoute prefix -> {
                var esi = new Esi(in.slice(Esi.BYTES).rest());
                IpAddress gateway =
                        prefix.gateway().isIpv4() ? new Ipv4Address(in.i32()) : new Ipv6Address(in.i64(), in.i64());
                yield new IpPrefixRoute(prefix.distinguisher(), esi, prefix.tag(), prefix.prefix(), gateway, label(in));
            }
            case EvpnRoute whole -> whole;
        };
    }

    private static List<Integer> labels(Reader in) {
        var labels = new ArrayList<Integer>(1);
        while (in.remaining() > 0) {
            labels.add(label(in));
        }
        return labels;
    }

    private static int label(Reader in) {
        return in.u8() << 16 | in.u16();
    }

    private static void label(int label, ByteArrayOutputStream out) {
        out.write(label >>> 16);
        MessageEncoder.u16(label, out);
    }
}
