package slash32.bgp.wire;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.Capability.AddPathMode;
import slash32.bgp.wire.Capability.LongLived;
import slash32.net.Asn;
import slash32.net.Bytes;

/// Capabilities between bytes and values.
///
/// A malformed capability on which the meaning of later messages rests refuses the OPEN; one that only offers
/// something, or is for people, is kept as bytes and so is not taken up.
final class CapabilityCodec {
    private CapabilityCodec() {}

    /// One capability; null if it is malformed and the OPEN must be refused.
    static @Nullable Capability decode(int code, Reader value) {
        Bytes bytes = value.rest();
        Capability unknown = new Capability.Unknown(code, bytes);
        return switch (code) {
            case Capability.CODE_MULTIPROTOCOL -> {
                if (value.remaining() != 4) {
                    yield null;
                }
                int afi = value.u16();
                value.u8();
                yield new Capability.Multiprotocol(new AddressFamily(afi, value.u8()));
            }
            case Capability.CODE_ROUTE_REFRESH -> value.remaining() == 0 ? new Capability.RouteRefresh() : null;
            case Capability.CODE_FOUR_OCTET_AS -> value.remaining() == 4 ? fourOctetAs(value, unknown) : null;
            case Capability.CODE_GRACEFUL_RESTART -> gracefulRestart(value);
            case Capability.CODE_ROLE -> value.remaining() == 1 ? role(value, unknown) : null;
            case Capability.CODE_EXTENDED_NEXT_HOP -> value.remaining() % 6 == 0 ? extendedNextHop(value) : unknown;
            case Capability.CODE_EXTENDED_MESSAGE ->
                value.remaining() == 0 ? new Capability.ExtendedMessage() : unknown;
            case Capability.CODE_ADD_PATH -> value.remaining() % 4 == 0 ? addPath(value) : unknown;
            case Capability.CODE_ENHANCED_ROUTE_REFRESH ->
                value.remaining() == 0 ? new Capability.EnhancedRouteRefresh() : unknown;
            case Capability.CODE_LONG_LIVED_GRACEFUL_RESTART -> value.remaining() % 7 == 0 ? llgr(value) : unknown;
            case Capability.CODE_FQDN -> fqdn(value, unknown);
            case Capability.CODE_SOFTWARE_VERSION -> softwareVersion(value, unknown);
            default -> unknown;
        };
    }

    private static Capability fourOctetAs(Reader value, Capability unknown) {
        long number = value.u32();
        return number == 0 ? unknown : new Capability.FourOctetAs(new Asn(number));
    }

    /// RFC 9234 §4.1: a role that is not assigned is kept as bytes; it matches none.
    private static Capability role(Reader value, Capability unknown) {
        PeerRole role = PeerRole.of(value.u8());
        return role == null ? unknown : new Capability.Role(role);
    }

    private static @Nullable Capability gracefulRestart(Reader value) {
        if (value.remaining() < 2 || (value.remaining() - 2) % 4 != 0) {
            return null;
        }
        int flagsAndTime = value.u16();
        var forwarding = new LinkedHashMap<AddressFamily, Boolean>();
        while (value.remaining() > 0) {
            var family = new AddressFamily(value.u16(), value.u8());
            forwarding.put(family, (value.u8() & 0x80) != 0);
        }
        return new Capability.GracefulRestart(
                (flagsAndTime & 0x8000) != 0, (flagsAndTime & 0x4000) != 0, flagsAndTime & 0xfff, forwarding);
    }

    private static Capability extendedNextHop(Reader value) {
        var encodings = new ArrayList<Capability.ExtendedNextHop.Encoding>();
        while (value.remaining() > 0) {
            var family = new AddressFamily(value.u16(), value.u16() & 0xff);
            encodings.add(new Capability.ExtendedNextHop.Encoding(family, value.u16()));
        }
        return new Capability.ExtendedNextHop(encodings);
    }

    /// RFC 7911 §4: a family whose mode is none of the three is not understood.
    private static Capability addPath(Reader value) {
        var families = new LinkedHashMap<AddressFamily, AddPathMode>();
        while (value.remaining() > 0) {
            var family = new AddressFamily(value.u16(), value.u8());
            int mode = value.u8();
            for (AddPathMode known : AddPathMode.values()) {
                if (known.code() == mode) {
                    families.put(family, known);
                }
            }
        }
        return new Capability.AddPath(families);
    }

    private static Capability llgr(Reader value) {
        var families = new LinkedHashMap<AddressFamily, LongLived>();
        while (value.remaining() > 0) {
            var family = new AddressFamily(value.u16(), value.u8());
            boolean forwarding = (value.u8() & 0x80) != 0;
            families.put(family, new LongLived(forwarding, value.u8() << 16 | value.u16()));
        }
        return new Capability.LongLivedGracefulRestart(families);
    }

    private static Capability fqdn(Reader value, Capability unknown) {
        String host = text(value);
        String domain = host == null ? null : text(value);
        return host == null || domain == null || value.remaining() > 0 ? unknown : new Capability.Fqdn(host, domain);
    }

    private static Capability softwareVersion(Reader value, Capability unknown) {
        String text = text(value);
        return text == null || value.remaining() > 0 ? unknown : new Capability.SoftwareVersion(text);
    }

    /// A length octet and as much UTF-8 that comes back as it was; null if it is not there.
    private static @Nullable String text(Reader value) {
        int length = value.remaining() == 0 ? 256 : value.u8();
        if (length > value.remaining()) {
            return null;
        }
        Bytes bytes = value.slice(length).rest();
        String text = new String(bytes.toArray(), StandardCharsets.UTF_8);
        return Bytes.copyOf(text.getBytes(StandardCharsets.UTF_8)).equals(bytes) ? text : null;
    }

    /// Writes code, length and value.
    static void encode(Capability capability, ByteArrayOutputStream out) {
        var value = new ByteArrayOutputStream(16);
        int code = switch (capability) {
            case Capability.Multiprotocol(AddressFamily family) -> {
                MessageEncoder.u16(family.afi(), value);
                value.write(0);
                value.write(family.safi());
                yield Capability.CODE_MULTIPROTOCOL;
            }
            case Capability.RouteRefresh() -> Capability.CODE_ROUTE_REFRESH;
            case Capability.ExtendedNextHop(var encodings) -> {
                encodings.forEach(encoding -> {
                    MessageEncoder.u16(encoding.family().afi(), value);
                    MessageEncoder.u16(encoding.family().safi(), value);
                    MessageEncoder.u16(encoding.nextHopAfi(), value);
                });
                yield Capability.CODE_EXTENDED_NEXT_HOP;
            }
            case Capability.ExtendedMessage() -> Capability.CODE_EXTENDED_MESSAGE;
            case Capability.Role(PeerRole role) -> {
                value.write(role.code());
                yield Capability.CODE_ROLE;
            }
            case Capability.FourOctetAs(Asn asn) -> {
                MessageEncoder.i32((int) asn.value(), value);
                yield Capability.CODE_FOUR_OCTET_AS;
            }
            case Capability.GracefulRestart restart -> {
                int flags = (restart.restarted() ? 0x8000 : 0) | (restart.notifications() ? 0x4000 : 0);
                MessageEncoder.u16(flags | restart.restartSeconds(), value);
                inOrder(restart.forwarding(), value, kept -> value.write(kept ? 0x80 : 0));
                yield Capability.CODE_GRACEFUL_RESTART;
            }
            case Capability.LongLivedGracefulRestart(var families) -> {
                inOrder(families, value, family -> {
                    value.write(family.forwarding() ? 0x80 : 0);
                    value.write(family.staleSeconds() >>> 16);
                    MessageEncoder.u16(family.staleSeconds(), value);
                });
                yield Capability.CODE_LONG_LIVED_GRACEFUL_RESTART;
            }
            case Capability.AddPath(var families) -> {
                inOrder(families, value, mode -> value.write(mode.code()));
                yield Capability.CODE_ADD_PATH;
            }
            case Capability.EnhancedRouteRefresh() -> Capability.CODE_ENHANCED_ROUTE_REFRESH;
            case Capability.Fqdn(String host, String domain) -> {
                text(host, value);
                text(domain, value);
                yield Capability.CODE_FQDN;
            }
            case Capability.SoftwareVersion(String text) -> {
                text(text, value);
                yield Capability.CODE_SOFTWARE_VERSION;
            }
            case Capability.Unknown(int other, Bytes bytes) -> {
                value.writeBytes(bytes.toArray());
                yield other;
            }
        };
        if (value.size() > 255) {
            throw new IllegalArgumentException(
                    "capability " + code + " of " + value.size() + " octets is longer than 255");
        }
        out.write(code);
        out.write(value.size());
        out.writeBytes(value.toByteArray());
    }

    private static <V> void inOrder(
            Map<AddressFamily, V> families, ByteArrayOutputStream out, java.util.function.Consumer<V> rest) {
        families.entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(entry -> {
            MessageEncoder.u16(entry.getKey().afi(), out);
            out.write(entry.getKey().safi());
            rest.accept(entry.getValue());
        });
    }

    private static void text(String text, ByteArrayOutputStream out) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write(bytes.length);
        out.writeBytes(bytes);
    }
}
