package slash32.netlink.route;

import java.util.function.Function;
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

    /// The event in {@code message}; null for one of a kind that we don't follow, and for {@link BridgeEvent}s: a link
    /// that
    /// leaves a bridge is said to be removed, but is not.
    static @Nullable RouteEvent parse(Message message) {
        if (BridgeEvent.isOfBridge(message)) {
            return null;
        }
        return switch (message.type()) {
            case Rt.RTM_NEWLINK -> of(Link.parse(message), LinkChanged::new);
            case Rt.RTM_DELLINK -> of(Link.parse(message), LinkRemoved::new);
            case Rt.RTM_NEWADDR -> of(InterfaceAddress.parse(message), AddressAdded::new);
            case Rt.RTM_DELADDR -> of(InterfaceAddress.parse(message), AddressRemoved::new);
            case Rt.RTM_NEWNEIGH -> of(NeighborEntry.parse(message), NeighborChanged::new);
            case Rt.RTM_DELNEIGH -> of(NeighborEntry.parse(message), NeighborRemoved::new);
            case Rt.RTM_NEWROUTE -> of(Route.parse(message), RouteAdded::new);
            case Rt.RTM_DELROUTE -> of(Route.parse(message), RouteRemoved::new);
            case Rt.RTM_NEWNEXTHOP -> of(Nexthop.parse(message), NexthopChanged::new);
            case Rt.RTM_DELNEXTHOP -> of(Nexthop.parse(message), NexthopRemoved::new);
            default -> null;
        };
    }

    private static <T> @Nullable RouteEvent of(@Nullable T parsed, Function<T, RouteEvent> event) {
        return parsed == null ? null : event.apply(parsed);
    }
}
