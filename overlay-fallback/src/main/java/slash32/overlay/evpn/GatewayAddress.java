package slash32.overlay.evpn;

import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;

/// An address of a segment's gateway, with the prefix that the segment's guests take to be on their link.
///
/// @param length of the prefix, which leaves room for guests
public record GatewayAddress(IpAddress address, int length) {
    public GatewayAddress {
        if (address.isMulticast() || address.isLoopback() || address.isLinkLocal() || address.isUnspecified()) {
            throw new IllegalArgumentException(
                    "a gateway's address is a unicast one that packets are routed by, not " + address);
        }
        int most = address.bits() - 2;
        if (length < 1 || length > most) {
            throw new IllegalArgumentException(
                    "the prefix length of gateway " + address + " must be 1 to " + most + ", was " + length);
        }
        if (Prefix.containing(address, length).address().equals(address)) {
            throw new IllegalArgumentException(address + "/" + length + " is a prefix, not a gateway's address in it");
        }
        if (address instanceof Ipv4Address(int value) && (value | (-1 << (Integer.SIZE - length))) == -1) {
            throw new IllegalArgumentException(address + "/" + length + " is its prefix's broadcast address");
        }
    }

    /// Parses {@code address/length}.
    ///
    /// @throws IllegalArgumentException naming the text and what is wrong with it
    public static GatewayAddress parse(String text) {
        int slash = text.indexOf('/');
        String digits = text.substring(slash + 1);
        if (slash < 0 || !digits.matches("[0-9]{1,3}")) {
            throw new IllegalArgumentException(
                    "not an address with its prefix length, such as 10.5.0.1/24: '" + text + "'");
        }
        return new GatewayAddress(IpAddress.parse(text.substring(0, slash)), Integer.parseInt(digits));
    }

    public Prefix prefix() {
        return Prefix.containing(address, length);
    }

    @Override
    public String toString() {
        return address + "/" + length;
    }
}
