package slash32.netlink.route;

import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Message;

/// Something that the kernel reports to the multicast groups of NETLINK_ROUTE.
///
/// An IPv4 route that goes because its link went down or away is not reported: a {@link LinkChanged} that is not up, or
/// a {@link LinkRemoved}, stands for it.
public sealed interface RouteEvent {
    record LinkChanged(Link link) implements RouteEvent {}

    record LinkRemoved(Link link) implements RouteEvent {}

    record AddressAdded(InterfaceAddress address) implements RouteEvent {}

    record AddressRemoved(InterfaceAddress address) implements RouteEvent {}

    record NeighborChanged(NeighborEntry entry) implements RouteEvent {}

    record NeighborRemoved(NeighborEntry entry) implements RouteEvent {}

    record RouteAdded(Route route) implements RouteEvent {}

    record RouteRemoved(Route route) implements RouteEvent {}

    record NexthopChanged(Nexthop nexthop) implements RouteEvent {}

    record NexthopRemoved(Nexthop nexthop) implements RouteEvent {}

    /// The event in {@code message}; null for one of a kind that we don't follow.
    static @Nullable RouteEvent parse(Message message) {
        return switch (message.type()) {
            case Rt.RTM_NEWLINK -> Link.parse(message) instanceof Link link ? new LinkChanged(link) : null;
            case Rt.RTM_DELLINK -> Link.parse(message) instanceof Link link ? new LinkRemoved(link) : null;
            case Rt.RTM_NEWADDR ->
                InterfaceAddress.parse(message) instanceof InterfaceAddress address ? new AddressAdded(address) : null;
            case Rt.RTM_DELADDR ->
                InterfaceAddress.parse(message) instanceof InterfaceAddress address
                        ? new AddressRemoved(address)
                        : null;
            case Rt.RTM_NEWNEIGH ->
                NeighborEntry.parse(message) instanceof NeighborEntry entry ? new NeighborChanged(entry) : null;
            case Rt.RTM_DELNEIGH ->
                NeighborEntry.parse(message) instanceof NeighborEntry entry ? new NeighborRemoved(entry) : null;
            case Rt.RTM_NEWROUTE -> Route.parse(message) instanceof Route route ? new RouteAdded(route) : null;
            case Rt.RTM_DELROUTE -> Route.parse(message) instanceof Route route ? new RouteRemoved(route) : null;
            case Rt.RTM_NEWNEXTHOP ->
                Nexthop.parse(message) instanceof Nexthop nexthop ? new NexthopChanged(nexthop) : null;
            case Rt.RTM_DELNEXTHOP ->
                Nexthop.parse(message) instanceof Nexthop nexthop ? new NexthopRemoved(nexthop) : null;
            default -> null;
        };
    }
}
