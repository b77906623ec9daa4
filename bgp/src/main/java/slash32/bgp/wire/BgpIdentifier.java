package slash32.bgp.wire;

import slash32.net.Ipv4Address;

/// A BGP Identifier, or a CLUSTER_ID: four octets unique in the AS, written as an IPv4 address (RFC 6286 §2.1).
///
/// @param value the 32 bits; zero is representable because a peer can send it, and is refused in negotiation
public record BgpIdentifier(int value) implements Comparable<BgpIdentifier> {

    /// Parses a dotted quad.
    ///
    /// @throws IllegalArgumentException naming the text, if it is not one
    public static BgpIdentifier parse(String text) {
        return new BgpIdentifier(Ipv4Address.parse(text).value());
    }

    /// As unsigned integers in host byte order (RFC 4271 §6.8).
    @Override
    public int compareTo(BgpIdentifier other) {
        return Integer.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return new Ipv4Address(value).toString();
    }
}
