package slash32.net;

/// An address prefix with no bits set past its length.
///
/// @param address the first address of the prefix
/// @param length 0 to 32 for IPv4, 0 to 128 for IPv6
public record Prefix(IpAddress address, int length) implements Comparable<Prefix> {

    public Prefix {
        if (length < 0 || length > address.bits()) {
            throw new IllegalArgumentException(
                    "prefix length of " + address + " must be 0 to " + address.bits() + ", was " + length);
        }
        if (!address.masked(length).equals(address)) {
            throw new IllegalArgumentException(address + "/" + length + " has bits set past its length; the prefix is "
                    + address.masked(length) + "/" + length);
        }
    }

    /// Parses {@code address/length}; a bare address is a host prefix.
    ///
    /// @throws IllegalArgumentException naming the text and what is wrong with it
    public static Prefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return IpAddress.parse(text).hostPrefix();
        }
        String digits = text.substring(slash + 1);
        if (digits.isEmpty() || digits.length() > 3 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("not a prefix: '" + text + "'");
        }
        return new Prefix(IpAddress.parse(text.substring(0, slash)), Integer.parseInt(digits));
    }

    /// The prefix of this length that {@code address} is in.
    public static Prefix containing(IpAddress address, int length) {
        return new Prefix(address.masked(length), length);
    }

    public boolean isIpv4() {
        return address.isIpv4();
    }

    /// True for a /32 or a /128.
    public boolean isHost() {
        return length == address.bits();
    }

    public boolean contains(IpAddress candidate) {
        return candidate.bits() == address.bits() && candidate.masked(length).equals(address);
    }

    /// True if every address of {@code other} is in this prefix.
    public boolean covers(Prefix other) {
        return other.length >= length && contains(other.address);
    }

    /// Written out, as {@link Ipv4Address#equals} is.
    @Override
    public boolean equals(Object other) {
        return other instanceof Prefix that && length == that.length && address.equals(that.address);
    }

    @Override
    public int hashCode() {
        return 31 * address.hashCode() + length;
    }

    /// By address, then shorter first.
    @Override
    public int compareTo(Prefix other) {
        int byAddress = address.compareTo(other.address);
        return byAddress != 0 ? byAddress : Integer.compare(length, other.length);
    }

    @Override
    public String toString() {
        return address + "/" + length;
    }
}
