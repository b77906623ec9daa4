package slash32.bgp.exabgp.command;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;

/// What the octets of a command depend on beside its words.
///
/// @param internal the peer is of our AS
/// @param fourOctetAs AS numbers are four octets
/// @param addPath families whose routes have path identifiers
/// @param self what "next-hop self" is for IPv4 routes; null if that can't be said
/// @param self6 the same for IPv6 ones
/// @param maxMessageBytes 4096, or 65535 (RFC 8654)
public record EncodeContext(
        boolean internal,
        boolean fourOctetAs,
        Set<AddressFamily> addPath,
        Asn localAs,
        @Nullable Ipv4Address self,
        @Nullable Ipv6Address self6,
        int maxMessageBytes) {
    public EncodeContext {
        addPath = Set.copyOf(addPath);
    }

    /// True if {@code gateway} means an address here.
    boolean knows(Gateway gateway, boolean ipv4) {
        return !(gateway instanceof Gateway.Self) || (ipv4 ? self : self6) != null;
    }

    /// What ExaBGP writes for {@code gateway}; 0.0.0.0 where nothing is said.
    IpAddress address(Gateway gateway, boolean ipv4) {
        IpAddress own = ipv4 ? self : self6;
        return switch (gateway) {
            case Gateway.At(IpAddress address) -> address;
            case Gateway.Self() when own != null -> own;
            case Gateway.Self _, Gateway.Unsaid _ -> new Ipv4Address(0);
        };
    }
}
