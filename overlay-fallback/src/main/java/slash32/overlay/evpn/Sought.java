package slash32.overlay.evpn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.overlay.evpn.EvpnAction.Destination;

/// What a segment knows of a MAC that somebody says to have an address.
///
/// @param at where frames to the MAC go; null if nobody who says to have it may be sent to
/// @param vteps nodes that say to have the MAC with this address
/// @param sequence how often it has moved, as who has it says
/// @param frozen it moved too often and stays where it was (RFC 7432 §15.1)
/// @param communities that the address is announced with, by the port here or by the best claim
public record Sought(
        Segment segment,
        IpAddress address,
        MacAddress mac,
        @Nullable Destination at,
        List<IpAddress> vteps,
        long sequence,
        boolean frozen,
        List<LargeCommunity> communities) {
    public Sought {
        vteps = List.copyOf(vteps);
        communities = List.copyOf(communities);
    }
}
