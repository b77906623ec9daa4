package slash32.overlay.evpn;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;
import slash32.overlay.choice.SiteId;

/// How a segment's frames are carried. All nodes of a segment have to say the same port: EVPN does not tell it.
///
/// @param local the VTEP's own address; null for the node's underlay address
/// @param port UDP, of packets both ways
/// @param sites whose nodes it is for; empty for all
public record Encapsulation(@Nullable Ipv4Address local, int port, Set<SiteId> sites) {
    /// The port that IANA gave to VXLAN (RFC 7348 §5).
    public static final int VXLAN_PORT = 4789;

    /// Around a packet of a guest, without a tag: IPv4, UDP, VXLAN, and the guest's Ethernet header.
    public static final int AROUND_BYTES = 20 + 8 + 8 + 14;

    public static final Encapsulation DEFAULT = new Encapsulation(null, VXLAN_PORT, Set.of());

    public Encapsulation {
        sites = Set.copyOf(sites);
    }

    /// Whether frames go to nodes of this site, and are taken as theirs.
    public boolean serves(SiteId site) {
        return sites.isEmpty() || sites.contains(site);
    }
}
