package slash32.overlay.esp.path;

import slash32.overlay.ike.exchange.ChildSa;

/// One Child SA as it is now. Octets are of what is inside ESP.
///
/// @param used packets to the peer go out on it
public record SaStatus(
        ChildSa child,
        boolean used,
        long inboundPackets,
        long inboundOctets,
        long outboundPackets,
        long outboundOctets) {}
