package slash32.agent.intent;

import java.util.HashSet;
import java.util.List;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.overlay.evpn.Port;

/// An interface of an endpoint in a segment, with what the platform assigned to it there.
///
/// @param device the TAP's name on this host
/// @param mac the guest's, unicast
/// @param addresses that are answered for it by ARP and ND, at most 64, none twice; empty for a guest that speaks no
///     IP, or for more addresses than are its own, such as a router
/// @param sticky the MAC is never believed to be elsewhere (RFC 7432 §15.2)
public record SegmentPort(
        SegmentRef segment, InterfaceName device, MacAddress mac, List<IpAddress> addresses, boolean sticky) {
    private static final int MAX_ADDRESSES = 64;

    public SegmentPort {
        addresses = List.copyOf(addresses);
        if (mac.isGroup() || mac.value() == 0) {
            throw new InvalidFieldException("mac", "must be a unicast address, was " + mac);
        }
        if (addresses.size() > MAX_ADDRESSES) {
            throw new InvalidFieldException(
                    "addresses", "must be at most " + MAX_ADDRESSES + ", were " + addresses.size());
        }
        var seen = new HashSet<IpAddress>();
        for (int i = 0; i < addresses.size(); i++) {
            IpAddress address = addresses.get(i);
            if (address.isMulticast() || address.isLoopback() || address.isUnspecified()) {
                throw new InvalidFieldException("addresses[" + i + "]", "must be a unicast address, was " + address);
            }
            if (!seen.add(address)) {
                throw new InvalidFieldException("addresses[" + i + "]", "is there twice: " + address);
            }
        }
    }

    Port port() {
        return new Port(device, mac, addresses, sticky);
    }
}
