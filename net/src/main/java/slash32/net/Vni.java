package slash32.net;

/// A VXLAN Network Identifier (RFC 7348 §5).
///
/// @param value 1 to 16777215
public record Vni(int value) implements Comparable<Vni> {
    public Vni {
        if (value < 1 || value > 0xff_ffff) {
            throw new IllegalArgumentException("a VNI must be 1 to 16777215, was " + value);
        }
    }

    @Override
    public int compareTo(Vni other) {
        return Integer.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Integer.toString(value);
    }
}
