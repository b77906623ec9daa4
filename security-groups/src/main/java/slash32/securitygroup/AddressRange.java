package slash32.securitygroup;

import static slash32.securitygroup.InvalidRuleException.require;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// What an address group may list: a prefix, an address, or a range of addresses.
public final class AddressRange {
    private AddressRange() {}

    /// Reads {@code 10.0.0.0/8}, {@code 10.0.0.1} or {@code 10.0.0.5-10.0.0.9} as the fewest prefixes that cover it.
    ///
    /// @throws IllegalArgumentException naming the text
    public static List<Prefix> parse(String text) {
        int dash = text.indexOf('-');
        if (dash < 0) {
            return List.of(Prefix.parse(text));
        }
        IpAddress first = IpAddress.parse(text.substring(0, dash));
        IpAddress last = IpAddress.parse(text.substring(dash + 1));
        require(first.bits() == last.bits(), "addresses", "is of two families: " + text);
        BigInteger from = new BigInteger(1, first.toArray());
        BigInteger to = new BigInteger(1, last.toArray());
        require(from.compareTo(to) <= 0, "addresses", "ends before it begins: " + text);
        var prefixes = new ArrayList<Prefix>();
        while (from.compareTo(to) <= 0) {
            int left = to.subtract(from).add(BigInteger.ONE).bitLength() - 1;
            int aligned = from.signum() == 0 ? first.bits() : from.getLowestSetBit();
            int host = Math.min(left, aligned);
            prefixes.add(new Prefix(address(from, first.bits() / 8), first.bits() - host));
            from = from.add(BigInteger.ONE.shiftLeft(host));
        }
        return prefixes;
    }

    private static IpAddress address(BigInteger value, int bytes) {
        byte[] digits = value.toByteArray();
        byte[] address = new byte[bytes];
        int length = Math.min(digits.length, bytes);
        System.arraycopy(digits, digits.length - length, address, bytes - length, length);
        return IpAddress.of(address);
    }
}
