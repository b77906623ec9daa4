package slash32.bgp.wire;

import java.util.Comparator;

/// A large community (RFC 8092).
///
/// @param administrator Global Administrator, an AS number; each part is 0 to 4294967295
/// @param function Local Data Part 1
/// @param value Local Data Part 2
public record LargeCommunity(long administrator, long function, long value) implements Comparable<LargeCommunity> {
    private static final Comparator<LargeCommunity> ORDER = Comparator.comparingLong(LargeCommunity::administrator)
            .thenComparingLong(LargeCommunity::function)
            .thenComparingLong(LargeCommunity::value);

    public LargeCommunity {
        if (isNotUnsigned32(administrator) || isNotUnsigned32(function) || isNotUnsigned32(value)) {
            throw new IllegalArgumentException("parts of a large community are 0 to 4294967295, were " + administrator
                    + ":" + function + ":" + value);
        }
    }

    private static boolean isNotUnsigned32(long part) {
        return part >>> 32 != 0;
    }

    @Override
    public int compareTo(LargeCommunity other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return administrator + ":" + function + ":" + value;
    }
}
