package slash32.bgp.wire;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.EvpnRoute.EthernetAutoDiscoveryRoute;
import slash32.bgp.wire.EvpnRoute.EthernetSegmentRoute;
import slash32.bgp.wire.EvpnRoute.InclusiveMulticastRoute;
import slash32.bgp.wire.EvpnRoute.IpPrefixRoute;
import slash32.bgp.wire.EvpnRoute.MacIpRoute;
import slash32.bgp.wire.EvpnRoute.UnknownRoute;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;

/// EVPN routes between bytes and values (RFC 7432 §7, RFC 9136 §3.1).
final class EvpnCodec {
    private EvpnCodec() {}

    /// The next route; null if it is malformed or cut short.
    static @Nullable EvpnRoute decode(Reader in) {
        if (in.remaining() < 2) {
            return null;
        }
        int type = in.u8();
        int length = in.u8();
        if (length > in.remaining()) {
            return null;
        }
        Reader value = in.slice(length);
        return switch (type) {
            case 1 -> length == 25 ? autoDiscovery(value) : null;
            case 2 -> macIp(value);
            case 3 -> length == 17 || length == 29 ? inclusiveMulticast(value) : null;
            case 4 -> length == 23 || length == 35 ? segment(value) : null;
            case 5 -> length == 34 || length == 58 ? ipPrefix(value) : null;
            default -> new UnknownRoute(type, value.rest());
        };
    }

    private static EvpnRoute autoDiscovery(Reader value) {
        return new EthernetAutoDiscoveryRoute(distinguisher(value), esi(value), value.u32(), label(value));
    }

    private static @Nullable EvpnRoute macIp(Reader value) {
        if (value.remaining() < 33) {
            return null;
        }
        RouteDistinguisher distinguisher = distinguisher(value);
        Esi esi = esi(value);
        long tag = value.u32();
        int macBits = value.u8();
        var mac = new MacAddress((long) value.u16() << 32 | value.u32());
        int addressBits = value.u8();
        boolean shaped = macBits == 48 && (addressBits == 0 || addressBits == 32 || addressBits == 128);
        int labels = value.remaining() - addressBits / 8;
        if (!shaped || (labels != 3 && labels != 6)) {
            return null;
        }
        IpAddress address = addressBits == 0 ? null : address(addressBits, value);
        int label = label(value);
        return new MacIpRoute(
                distinguisher, esi, tag, mac, address, label, labels == 6 ? label(value) : EvpnRoute.NO_LABEL);
    }

    private static @Nullable EvpnRoute inclusiveMulticast(Reader value) {
        RouteDistinguisher distinguisher = distinguisher(value);
        long tag = value.u32();
        IpAddress originator = sized(value);
        return originator == null ? null : new InclusiveMulticastRoute(distinguisher, tag, originator);
    }

    private static @Nullable EvpnRoute segment(Reader value) {
        RouteDistinguisher distinguisher = distinguisher(value);
        Esi esi = esi(value);
        IpAddress originator = sized(value);
        return originator == null ? null : new EthernetSegmentRoute(distinguisher, esi, originator);
    }

    private static @Nullable EvpnRoute ipPrefix(Reader value) {
        int bits = value.remaining() == 34 ? 32 : 128;
        RouteDistinguisher distinguisher = distinguisher(value);
        Esi esi = esi(value);
        long tag = value.u32();
        int length = value.u8();
        IpAddress address = address(bits, value);
        IpAddress gateway = address(bits, value);
        return length > bits
                ? null
                : new IpPrefixRoute(distinguisher, esi, tag, Prefix.containing(address, length), gateway, label(value));
    }

    private static RouteDistinguisher distinguisher(Reader value) {
        return new RouteDistinguisher(value.i64());
    }

    private static Esi esi(Reader value) {
        return new Esi(value.slice(Esi.BYTES).rest());
    }

    private static int label(Reader value) {
        return value.u8() << 16 | value.u16();
    }

    private static IpAddress address(int bits, Reader value) {
        return bits == 32 ? new Ipv4Address(value.i32()) : new Ipv6Address(value.i64(), value.i64());
    }

    /// An octet with the bits of the address that fills the rest; null if it says otherwise.
    private static @Nullable IpAddress sized(Reader value) {
        int bits = value.u8();
        return bits == 8 * value.remaining() ? address(bits, value) : null;
    }

    static void encode(EvpnRoute route, ByteArrayOutputStream out) {
        var value = new ByteArrayOutputStream(64);
        int type = switch (route) {
            case EthernetAutoDiscoveryRoute(RouteDistinguisher distinguisher, Esi esi, long tag, int label) -> {
                head(distinguisher, esi, value);
                MessageEncoder.i32((int) tag, value);
                label(label, value);
                yield 1;
            }
            case MacIpRoute mac -> {
                macIp(mac, value);
                yield 2;
            }
            case InclusiveMulticastRoute(RouteDistinguisher distinguisher, long tag, IpAddress originator) -> {
                MessageEncoder.i64(distinguisher.value(), value);
                MessageEncoder.i32((int) tag, value);
                sized(originator, value);
                yield 3;
            }
            case EthernetSegmentRoute(RouteDistinguisher distinguisher, Esi esi, IpAddress originator) -> {
                head(distinguisher, esi, value);
                sized(originator, value);
                yield 4;
            }
            case IpPrefixRoute(
                    RouteDistinguisher distinguisher,
                    Esi esi,
                    long tag,
                    Prefix prefix,
                    IpAddress gateway,
                    int label) -> {
                head(distinguisher, esi, value);
                MessageEncoder.i32((int) tag, value);
                value.write(prefix.length());
                value.writeBytes(prefix.address().toArray());
                value.writeBytes(gateway.toArray());
                label(label, value);
                yield 5;
            }
            case UnknownRoute(int other, Bytes octets) -> {
                value.writeBytes(octets.toArray());
                yield other;
            }
        };
        out.write(type);
        out.write(value.size());
        out.writeBytes(value.toByteArray());
    }

    private static void macIp(MacIpRoute route, ByteArrayOutputStream out) {
        head(route.distinguisher(), route.esi(), out);
        MessageEncoder.i32((int) route.tag(), out);
        out.write(48);
        out.writeBytes(route.mac().toArray());
        IpAddress address = route.address();
        if (address == null) {
            out.write(0);
        } else {
            sized(address, out);
        }
        label(route.label(), out);
        if (route.secondLabel() != EvpnRoute.NO_LABEL) {
            label(route.secondLabel(), out);
        }
    }

    private static void head(RouteDistinguisher distinguisher, Esi esi, ByteArrayOutputStream out) {
        MessageEncoder.i64(distinguisher.value(), out);
        out.writeBytes(esi.octets().toArray());
    }

    private static void sized(IpAddress address, ByteArrayOutputStream out) {
        out.write(address.bits());
        out.writeBytes(address.toArray());
    }

    private static void label(int label, ByteArrayOutputStream out) {
        out.write(label >>> 16);
        MessageEncoder.u16(label, out);
    }
}
