package slash32.bgp.wire;

import slash32.net.Ipv4Address;

/// A route distinguisher (RFC 4364 §4.2).
///
/// @param value the eight octets, the first most significant
public record RouteDistinguisher(long value) implements Comparable<RouteDistinguisher> {
    /// Type 1: an address and a number of 16 bits.
    public static RouteDistinguisher of(Ipv4Address administrator, int number) {
        return new RouteDistinguisher(1L << 48 | (administrator.value() & 0xffff_ffffL) << 16 | (number & 0xffffL));
    }

    /// Type 0 if the AS number fits two octets, else type 2.
    ///
    /// @param number 32 bits beside an AS number of two octets, 16 bits beside a longer one
    public static RouteDistinguisher of(long administrator, long number) {
        boolean two = administrator <= 0xffff;
        if (administrator < 0 || administrator > 0xffff_ffffL || number < 0 || number > (two ? 0xffff_ffffL : 0xffff)) {
            throw new IllegalArgumentException("no route distinguisher holds " + administrator + ":" + number);
        }
        return new RouteDistinguisher(two ? administrator << 32 | number : 2L << 48 | administrator << 16 | number);
    }

    public int type() {
        return (int) (value >>> 48);
    }

    @Override
    public int compareTo(RouteDistinguisher other) {
        return Long.compareUnsigned(value, other.value);
    }

    /// "65000:10", "10.0.0.1:5", or the octets of a type that is none of the three.
    @Override
    public String toString() {
        return switch (type()) {
            case 0 -> (value >>> 32 & 0xffff) + ":" + (value & 0xffff_ffffL);
            case 1 -> new Ipv4Address((int) (value >>> 16)) + ":" + (value & 0xffff);
            case 2 -> (value >>> 16 & 0xffff_ffffL) + ":" + (value & 0xffff);
            default -> "0x%016x".formatted(value);
        };
    }
}
