package slash32.bgp.wire;

import slash32.net.Ipv4Address;

/// A BGP Identifier: four octets, not zero, unique within the AS (RFC 6286 §2.1).
public record BgpIdentifier(int value) implements Comparable<BgpIdentifier> {
    public BgpIdentifier {
        if (value == 0) {
            throw new IllegalArgumentException("a BGP Identifier must not be 0.0.0.0");
        }
    }

    /// Written out, as {@link Ipv4Address#equals} is.
    @Override
    public boolean equals(Object other) {
        return other instanceof BgpIdentifier that && value == that.value;
    }

    @Override
    public int hashCode() {
        return value;
    }

    @Override
    public int compareTo(BgpIdentifier other) {
        return Integer.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return new Ipv4Address(value).toString();
    }
}
