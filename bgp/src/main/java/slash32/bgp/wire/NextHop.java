package slash32.bgp.wire;

import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;

/// The next hop field of MP_REACH_NLRI (RFC 4760 §3, RFC 2545 §3, RFC 4659 §3.2.1, RFC 8950 §3).
///
/// @param address where to; null for flow specifications, which have none, and for families that we don't know
/// @param linkLocal the link-local address beside a global one (RFC 2545 §3)
/// @param octets the field as it came, of a family that we don't know; else empty
record NextHop(@Nullable IpAddress address, @Nullable Ipv6Address linkLocal, Bytes octets) {
    private static final NextHop NONE = new NextHop(null, null, Bytes.EMPTY);
    private static final int RD_BYTES = 8;

    /// The next hop of {@code family}; null if the field's length is none of that family's.
    static @Nullable NextHop decode(AddressFamily family, boolean extended, Reader field) {
        boolean four = family.afi() != 2;
        boolean sixteen = family.afi() != 1 || extended;
        return switch (family.kind()) {
            case PREFIX, LABELED -> addresses(field, 0, four, sixteen);
            case VPN -> addresses(field, RD_BYTES, four, sixteen);
            case EVPN, RT_CONSTRAIN -> addresses(field, 0, true, true);
            case FLOWSPEC, FLOWSPEC_VPN -> NONE; // RFC 8955 §4: of no meaning
            case OPAQUE -> new NextHop(null, null, field.rest());
        };
    }

    private static @Nullable NextHop addresses(Reader field, int lead, boolean four, boolean sixteen) {
        int length = field.remaining();
        if (four && length == lead + 4) {
            field.slice(lead);
            return new NextHop(new slash32.net.Ipv4Address(field.i32()), null, Bytes.EMPTY);
        }
        if (!sixteen || (length != lead + 16 && length != 2 * lead + 32)) {
            return null;
        }
        field.slice(lead);
        Ipv6Address global = new Ipv6Address(field.i64(), field.i64()).withoutLink();
        if (field.remaining() == 0) {
            return new NextHop(global, null, Bytes.EMPTY);
        }
        field.slice(lead);
        return new NextHop(global, new Ipv6Address(field.i64(), field.i64()).withoutLink(), Bytes.EMPTY);
    }

    /// The field's octets for {@code family}.
    static Bytes encode(AddressFamily family, PathAttributes attributes) {
        IpAddress address = attributes.nextHop();
        if (!family.needsNextHop()) {
            return Bytes.EMPTY;
        }
        if (address == null) {
            return attributes.opaqueNextHop();
        }
        byte[] global = address.withoutLink().toArray();
        Ipv6Address linkLocal = address.isIpv4() ? null : attributes.linkLocalNextHop();
        int lead = family.kind() == AddressFamily.Kind.VPN ? RD_BYTES : 0;
        byte[] field = new byte[(lead + global.length) * (linkLocal == null ? 1 : 2)];
        System.arraycopy(global, 0, field, lead, global.length);
        if (linkLocal != null) {
            System.arraycopy(linkLocal.toArray(), 0, field, 2 * lead + 16, 16);
        }
        return Bytes.copyOf(field);
    }

    /// True if routes can be sent there, or need no next hop.
    ///
    /// BIRD writes :: before a link-local address that has no global one beside it.
    boolean isUsable() {
        boolean onLink = linkLocal != null && linkLocal.canBeOnLink();
        return address == null || AttributeDecoders.isHost(address) || (address.isUnspecified() && onLink);
    }
}
