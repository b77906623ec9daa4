package slash32.overlay.guard;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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
/// @param limitedPorts those of them that only some of the nodes of other sites may send frames to, sealed
/// @param mtuBytes of the packets that fit into {@code way}
/// @param inside what guests' packets may be in there; with one of these, its protocol between the underlay addresses
///     is the overlay's alone
/// @param admin null for a node that takes no part in an admin network
public record GuardTerms(
        Way way,
        Ipv4Address underlay,
        Ipv4Address external,
        List<Prefix> guests,
        Set<Integer> openPorts,
        Set<Integer> tunnelPorts,
        Set<Integer> limitedPorts,
        int mtuBytes,
        List<Inside> inside,
        @Nullable Admin admin) {
    public GuardTerms {
        guests = List.copyOf(guests);
        openPorts = Set.copyOf(openPorts);
        tunnelPorts = Set.copyOf(tunnelPorts);
        limitedPorts = Set.copyOf(limitedPorts);
        inside = List.copyOf(inside);
    }

    /// This node's part in the network between hypervisors (docs/adr/0040).
    ///
    /// @param network all addresses of nodes in it, of IPv4 and at least one bit
    /// @param tcpPorts that nothing there goes to or comes from: those of BGP
    /// @param udpPorts that nothing there goes to: those of BFD, and of frames of segments
    public record Admin(Ipv4Address address, Prefix network, Set<Integer> tcpPorts, Set<Integer> udpPorts) {
        public Admin {
            tcpPorts = Set.copyOf(tcpPorts);
            udpPorts = Set.copyOf(udpPorts);
            if (!network.contains(address)) {
                throw new IllegalArgumentException(address + " is not in " + network);
            }
        }
    }

    /// What leads nowhere if it has no route.
    List<Prefix> nowhereElse() {
        return admin == null
                ? guests
                : Stream.concat(guests.stream(), Stream.of(admin.network)).toList();
    }

    boolean externalAlone() {
        return !external.equals(underlay);
    }
}
