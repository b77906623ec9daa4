package slash32.net;

/// The kernel's number of a link; unique in a namespace while the link exists, reused afterwards.
///
/// @param value positive
public record InterfaceIndex(int value) implements Comparable<InterfaceIndex> {
    public InterfaceIndex {
        if (value <= 0) {
            throw new IllegalArgumentException("an interface index is positive, was " + value);
        }
    }

    /// Written out, as {@link Ipv4Address#equals} is.
    @Override
    public boolean equals(Object other) {
        return other instanceof InterfaceIndex that && value == that.value;
    }

    @Override
    public int hashCode() {
        return value;
    }

    @Override
    public int compareTo(InterfaceIndex other) {
        return Integer.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Integer.toString(value);
    }
}
