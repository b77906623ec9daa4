package slash32.bgp.wire;

import slash32.net.Ipv6Address;

/// An extended community of twenty octets, administered by an IPv6 address (RFC 5701 §2).
///
/// @param type the first octet; 0x40 in it says non-transitive
/// @param number Local Administrator, 0 to 65535
public record Ipv6ExtendedCommunity(int type, int subtype, Ipv6Address administrator, int number) {
    static final int BYTES = 20;

    static Ipv6ExtendedCommunity decode(Reader in) {
        return new Ipv6ExtendedCommunity(in.u8(), in.u8(), new Ipv6Address(in.i64(), in.i64()), in.u16());
    }

    /// "target:2001:db8::1:5" for a route target, or all parts.
    @Override
    public String toString() {
        String kind = type == 0 && subtype == ExtendedCommunity.ROUTE_TARGET
                ? "target"
                : type == 0 && subtype == ExtendedCommunity.ROUTE_ORIGIN
                        ? "origin"
                        : "0x%02x%02x".formatted(type, subtype);
        return kind + ":" + administrator + ":" + number;
    }
}
