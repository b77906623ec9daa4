package slash32.bgp.wire;

/// A large community (RFC 8092 §3): three unsigned 32-bit numbers.
///
/// @param administrator an AS number
/// @param function Local Data Part 1
/// @param value Local Data Part 2
public record LargeCommunity(long administrator, long function, long value) implements Comparable<LargeCommunity> {
    private static final long MAX = 0xffff_ffffL;

    public LargeCommunity {
        if (administrator < 0 || administrator > MAX || function < 0 || function > MAX || value < 0 || value > MAX) {
            throw new IllegalArgumentException("each part of a large community must be 0 to 4294967295, was "
                    + administrator + ":" + function + ":" + value);
        }
    }

    @Override
    public int compareTo(LargeCommunity other) {
        int byAdministrator = Long.compare(administrator, other.administrator);
        int byFunction = Long.compare(function, other.function);
        return byAdministrator != 0 ? byAdministrator : byFunction != 0 ? byFunction : Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return administrator + ":" + function + ":" + value;
    }
}
