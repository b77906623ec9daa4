package slash32.overlay.evpn;

import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;

/// How a segment's frames are carried. All nodes of a segment have to say the same port: EVPN does not tell it.
///
/// @param local the VTEP's own address; null for the node's underlay address
/// @param port UDP, of packets both ways
public record Encapsulation(@Nullable Ipv4Address local, int port) {
    /// The port that IANA gave to VXLAN (RFC 7348 §5).
    public static final int VXLAN_PORT = 4789;

    /// Around a packet of a guest, without a tag: IPv4, UDP, VXLAN, and the guest's Ethernet header.
    public static final int AROUND_BYTES = 20 + 8 + 8 + 14;

    public static final Encapsulation DEFAULT = new Encapsulation(null, VXLAN_PORT);
}
