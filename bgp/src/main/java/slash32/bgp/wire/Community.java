package slash32.bgp.wire;

/// A standard community (RFC 1997).
///
/// @param value the 32 bits, by convention an AS number and a number of that AS's choice
public record Community(int value) implements Comparable<Community> {
    public static final Community NO_EXPORT = new Community(0xffff_ff01);
    public static final Community NO_ADVERTISE = new Community(0xffff_ff02);
    public static final Community NO_EXPORT_SUBCONFED = new Community(0xffff_ff03);

    @Override
    public int compareTo(Community other) {
        return Integer.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return (value >>> 16) + ":" + (value & 0xffff);
    }
}
