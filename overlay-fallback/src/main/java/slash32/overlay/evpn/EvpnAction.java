package slash32.overlay.evpn;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Vni;

/// What {@link EvpnNode} wants done, in its order.
public sealed interface EvpnAction {
    /// For BGP: the only route targets that are imported.
    record Import(Set<ExtendedCommunity> targets) implements EvpnAction {
        public Import {
            targets = Set.copyOf(targets);
        }
    }

    /// For BGP.
    record Announce(List<EvpnPath> paths) implements EvpnAction {
        public Announce {
            paths = List.copyOf(paths);
        }
    }

    /// For BGP.
    record Withdraw(List<EvpnRoute> routes) implements EvpnAction {
        public Withdraw {
            routes = List.copyOf(routes);
        }
    }

    /// For the disk: the sequence number with which a MAC is announced from here; null once it is no longer a port's.
    record Remember(MacKey mac, @Nullable Long sequence) implements EvpnAction {}

    /// For the kernel: where frames to a MAC go; null for nowhere in particular.
    record Forward(MacKey mac, @Nullable Destination to) implements EvpnAction {}

    /// For the kernel: what a question for an address is answered with; null if it is not.
    record Answer(Vni vni, IpAddress address, @Nullable MacAddress mac) implements EvpnAction {}

    /// For the kernel: whether flooded frames are copied to a node.
    record Flood(Vni vni, IpAddress vtep, boolean wanted) implements EvpnAction {}

    /// For the kernel, and then for BGP: an address that the segment's gateway leads to is at this port; null if it is
    /// here no more.
    record Lead(Vni vni, IpAddress address, @Nullable Port port) implements EvpnAction {}

    /// For the rules of groups: the large communities that the node which has an address announces it with; none if no
    /// other node has it.
    record Label(Vni vni, IpAddress address, List<LargeCommunity> communities) implements EvpnAction {
        public Label {
            communities = List.copyOf(communities);
        }
    }

    /// For people: a MAC moved too often and stays where it is (RFC 7432 §15.1).
    ///
    /// @param at where; null once it may move again
    record Freeze(MacKey mac, @Nullable Destination at) implements EvpnAction {}

    /// For people: a node has more routes in a segment than are taken of one, or no longer.
    record Exceed(Vni vni, IpAddress vtep, boolean now) implements EvpnAction {}

    /// Where a MAC is.
    sealed interface Destination {
        /// At a guest's interface.
        record Local(InterfaceName device) implements Destination {}

        /// At another node.
        record Remote(IpAddress vtep) implements Destination {}
    }
}
