package slash32.bgp.policy;

import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;

/// Prefixes inside another, of some lengths: 10.0.0.0/8 with ge 24 and le 32.
///
/// @param longerThan least length, at least that of {@code within} ("ge")
/// @param shorterThan greatest length ("le")
public record PrefixRange(Prefix within, int longerThan, int shorterThan) {
    public PrefixRange {
        int longest = within.isIpv4() ? 32 : 128;
        if (longerThan < within.length() || shorterThan < longerThan || shorterThan > longest) {
            throw new IllegalArgumentException("lengths must be " + within.length() + " <= ge <= le <= " + longest
                    + ", are " + longerThan + " and " + shorterThan);
        }
    }

    /// Just this prefix.
    public static PrefixRange exactly(Prefix prefix) {
        return new PrefixRange(prefix, prefix.length(), prefix.length());
    }

    /// True if the prefix, in the form of {@link slash32.bgp.wire.NlriSlice.Visitor}, is in the range.
    boolean covers(boolean ipv4, long high, long low, int length) {
        return ipv4 == within.isIpv4()
                && length >= longerThan
                && length <= shorterThan
                && ((high ^ high(within)) & mask(Math.min(within.length(), 64))) == 0
                && ((low ^ low(within)) & mask(Math.max(within.length() - 64, 0))) == 0;
    }

    private static long high(Prefix prefix) {
        return switch (prefix.address()) {
            case Ipv4Address v4 -> (long) v4.value() << 32;
            case Ipv6Address v6 -> v6.high();
        };
    }

    private static long low(Prefix prefix) {
        return prefix.address() instanceof Ipv6Address v6 ? v6.low() : 0;
    }

    private static long mask(int length) {
        return length == 0 ? 0 : -1L << (64 - length);
    }
}
