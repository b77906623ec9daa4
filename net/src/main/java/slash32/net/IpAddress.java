package slash32.net;

/// An IPv4 or IPv6 address, without a zone unless {@link Ipv6Address#onLink} gave it one.
///
/// Parsing never resolves names. IPv4-mapped IPv6 text stays an {@link Ipv6Address}.
public sealed interface IpAddress extends Comparable<IpAddress> permits Ipv4Address, Ipv6Address {

    /// Parses dotted-quad IPv4 (four decimal parts, no leading zeros) or RFC 4291 §2.2 IPv6 text.
    ///
    /// @throws IllegalArgumentException naming the text, if it is neither
    static IpAddress parse(String text) {
        return text.indexOf(':') >= 0 ? Ipv6Address.parse(text) : Ipv4Address.parse(text);
    }

    /// The address in {@code bytes}, in network order.
    ///
    /// @throws IllegalArgumentException if there are neither 4 nor 16 bytes
    static IpAddress of(byte[] bytes) {
        return switch (bytes.length) {
            case 4 -> Ipv4Address.of(bytes);
            case 16 -> Ipv6Address.of(bytes);
            default -> throw new IllegalArgumentException("an IP address has 4 or 16 bytes, got " + bytes.length);
        };
    }

    /// 4 or 16 bytes in network order; a fresh array.
    byte[] toArray();

    /// 32 or 128.
    int bits();

    /// This address with no bits set past the first {@code length}, of which there are at most {@link #bits}.
    IpAddress masked(int length);

    default boolean isIpv4() {
        return this instanceof Ipv4Address;
    }

    /// Multicast: 224.0.0.0/4 or ff00::/8.
    boolean isMulticast();

    boolean isLoopback();

    /// Link-local unicast: 169.254.0.0/16 or fe80::/10.
    boolean isLinkLocal();

    /// The address as its link has it ({@link Ipv6Address#onLink}).
    default IpAddress withoutLink() {
        return this;
    }

    /// 0.0.0.0 or ::.
    boolean isUnspecified();

    /// The /32 or /128 of this address.
    default Prefix hostPrefix() {
        return new Prefix(this, bits());
    }

    /// IPv4 before IPv6, then numerically unsigned.
    @Override
    default int compareTo(IpAddress other) {
        return switch (this) {
            case Ipv4Address mine ->
                other instanceof Ipv4Address theirs ? Integer.compareUnsigned(mine.value(), theirs.value()) : -1;
            case Ipv6Address mine -> other instanceof Ipv6Address theirs ? compareUnsigned(mine, theirs) : 1;
        };
    }

    private static int compareUnsigned(Ipv6Address mine, Ipv6Address theirs) {
        int high = Long.compareUnsigned(mine.high(), theirs.high());
        return high != 0 ? high : Long.compareUnsigned(mine.low(), theirs.low());
    }
}
