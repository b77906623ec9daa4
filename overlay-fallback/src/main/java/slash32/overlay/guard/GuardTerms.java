package slash32.overlay.guard;

import java.util.List;
import java.util.Set;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;

/// What the guard of a node is told once.
///
/// @param way the one way to other sites, whether its devices are there or not
/// @param underlay this node's address within its site
/// @param external where other sites reach it; may be the same
/// @param guests all addresses that guests of the fabric have: what is in them and has no route leads nowhere
/// @param openPorts of TCP that stay open on {@code external}: the operator's way in
/// @param tunnelPorts UDP ports of this node's overlays, which other sites get nothing on in the clear
/// @param mtuBytes of the packets that fit into {@code way}
public record GuardTerms(
        Way way,
        Ipv4Address underlay,
        Ipv4Address external,
        List<Prefix> guests,
        Set<Integer> openPorts,
        Set<Integer> tunnelPorts,
        int mtuBytes) {
    public GuardTerms {
        guests = List.copyOf(guests);
        openPorts = Set.copyOf(openPorts);
        tunnelPorts = Set.copyOf(tunnelPorts);
    }

    boolean externalAlone() {
        return !external.equals(underlay);
    }
}
