package slash32.overlay.evpn;

import java.util.List;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;

/// A guest's interface in a segment, with what the platform assigned to it.
///
/// @param mac a unicast address
/// @param addresses that others are answered for by ARP and ND; none for a guest that speaks no IP
/// @param sticky the MAC is never believed to be elsewhere (RFC 7432 §15.2)
/// @param grouped it has security groups: IP passes only as far as their rules, which are not this module's, judged
///     it, and nothing with a tag does
/// @param communities that its routes are announced with, at most {@link #MAX_COMMUNITIES}
public record Port(
        InterfaceName device,
        MacAddress mac,
        List<IpAddress> addresses,
        boolean sticky,
        boolean grouped,
        List<LargeCommunity> communities) {
    /// As many groups as a port may be in.
    static final int MAX_COMMUNITIES = 64;

    public Port {
        addresses = List.copyOf(addresses);
        communities = List.copyOf(communities);
        if (communities.size() > MAX_COMMUNITIES) {
            throw new IllegalArgumentException(
                    "a port has at most " + MAX_COMMUNITIES + " communities, were " + communities.size());
        }
        if (mac.isGroup() || mac.value() == 0) {
            throw new IllegalArgumentException("a port's MAC must be a unicast address, was " + mac);
        }
        if (mac.equals(MacAddress.GATEWAY)) {
            throw new IllegalArgumentException(mac + " is the MAC of all gateways, not of a port");
        }
    }

    /// One without security groups.
    public Port(InterfaceName device, MacAddress mac, List<IpAddress> addresses, boolean sticky) {
        this(device, mac, addresses, sticky, false, List.of());
    }
}
