package slash32.net;

/// A four-octet Autonomous System number (RFC 6793).
///
/// @param value 1 to 4294967295
public record Asn(long value) implements Comparable<Asn> {
    /// AS_TRANS, which stands for a four-octet number toward a two-octet speaker (RFC 6793 §9).
    public static final Asn TRANS = new Asn(23456);

    public Asn {
        if (value < 1 || value > 0xffff_ffffL) {
            throw new IllegalArgumentException("an AS number must be 1 to 4294967295, was " + value);
        }
    }

    /// True if a two-octet speaker can express it.
    public boolean fitsTwoOctets() {
        return value <= 0xffff;
    }

    /// Written out, as {@link Ipv4Address#equals} is.
    @Override
    public boolean equals(Object other) {
        return other instanceof Asn that && value == that.value;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(value);
    }

    @Override
    public int compareTo(Asn other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
