package slash32.agent.intent;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;
import slash32.overlay.choice.Carriage;
import slash32.overlay.choice.SiteId;
import slash32.overlay.evpn.Encapsulation;

/// A named way to other nodes: for frames of segments, and for routed packets to other sites if it says what they go
/// in. Nodes state the same port, and the same carriage.
///
/// @param address where this node takes its packets; null for the underlay address
/// @param port UDP
/// @param mtuBytes the most that its segments may have
/// @param sites where it holds; empty for everywhere
/// @param carriage of routed packets between its sites; null if it says nothing of them
public record OverlayRule(
        String name,
        @Nullable Ipv4Address address,
        int port,
        int mtuBytes,
        Set<SiteId> sites,
        @Nullable Carriage carriage) {
    /// The rule that is there though nobody states it.
    public static final String DEFAULT_NAME = "default";

    /// What VXLAN leaves of 1500 octets over IPv4.
    public static final int DEFAULT_MTU_BYTES = 1_500 - Encapsulation.AROUND_BYTES;

    public static final OverlayRule DEFAULT =
            new OverlayRule(DEFAULT_NAME, null, Encapsulation.VXLAN_PORT, DEFAULT_MTU_BYTES, Set.of(), null);

    public OverlayRule {
        sites = Set.copyOf(sites);
    }

    public boolean holdsIn(SiteId site) {
        return sites.isEmpty() || sites.contains(site);
    }

    public Encapsulation encapsulation() {
        return new Encapsulation(address, port, sites);
    }
}
