package slash32.bgp.wire;

/// An extended community (RFC 4360).
///
/// @param value the eight octets, type first
public record ExtendedCommunity(long value) implements Comparable<ExtendedCommunity> {

    /// The type octet without the IANA authority and transitivity bits.
    public int type() {
        return (int) (value >>> 56) & 0x3f;
    }

    /// The second octet, a sub-type for the extended types.
    public int subtype() {
        return (int) (value >>> 48) & 0xff;
    }

    /// False for a community that must not leave the AS (RFC 4360 §2).
    public boolean isTransitive() {
        return (value >>> 62 & 1) == 0;
    }

    @Override
    public int compareTo(ExtendedCommunity other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return "0x%016x".formatted(value);
    }
}
