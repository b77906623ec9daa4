package slash32.agent.intent;

import org.jspecify.annotations.Nullable;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.overlay.choice.SiteId;

/// Who this node is in the fabric.
///
/// @param underlay its address, NEXT_HOP of its IPv4 routes
/// @param underlay6 NEXT_HOP of its IPv6 routes; null for a node that can have no IPv6 endpoints
public record Node(
        Asn asn,
        SiteId site,
        Ipv4Address underlay,
        @Nullable Ipv6Address underlay6) {

    /// The underlay address of the family of {@code address}; null if this node has none.
    public @Nullable IpAddress underlayFor(IpAddress address) {
        return address.isIpv4() ? underlay : underlay6;
    }
}
