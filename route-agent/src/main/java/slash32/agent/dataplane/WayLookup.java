package slash32.agent.dataplane;

import java.io.IOException;
import java.util.ArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import slash32.agent.status.KernelWay;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.netlink.message.Message;
import slash32.netlink.message.Request;
import slash32.netlink.route.Link;
import slash32.netlink.route.NeighborEntry;
import slash32.netlink.route.Route;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;

/// Asks the kernel where it sends a packet next: three short questions.
final class WayLookup {
    private final NetlinkSocket rtnl;

    WayLookup(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    private record Neighbor(NeighborEntry entry, String state) {}

    KernelWay to(IpAddress destination) {
        try {
            Route route = ask(Route.lookup(destination), Route::parse);
            if (route == null || route.link() == null) {
                return KernelWay.none("the kernel's route to it leads to no link");
            }
            Link link = ask(Link.get(route.link()), Link::parse);
            if (link == null) {
                return KernelWay.none("its link is gone");
            }
            IpAddress next = route.gateway() == null ? destination : route.gateway();
            return way(link.name(), route.gateway(), neighbor(link, next));
        } catch (IOException e) {
            return KernelWay.none(String.valueOf(e.getMessage()));
        }
    }

    private static KernelWay way(InterfaceName device, @Nullable IpAddress gateway, @Nullable Neighbor neighbor) {
        return neighbor == null
                ? new KernelWay(device, gateway, null, "none", null)
                : new KernelWay(device, gateway, neighbor.entry().mac(), neighbor.state(), null);
    }

    private @Nullable Neighbor neighbor(Link link, IpAddress address) throws IOException {
        try {
            return ask(NeighborEntry.get(link.index(), address), message -> {
                NeighborEntry entry = NeighborEntry.parse(message);
                return entry == null ? null : new Neighbor(entry, NeighborEntry.state(message));
            });
        } catch (KernelException e) {
            if (e.is(Errno.ENOENT)) {
                return null;
            }
            throw e;
        }
    }

    private <T> @Nullable T ask(Request request, Function<Message, @Nullable T> parser) throws IOException {
        var found = new ArrayList<T>(1);
        rtnl.get(request, message -> {
            T parsed = parser.apply(message);
            if (parsed != null) {
                found.add(parsed);
            }
        });
        return found.isEmpty() ? null : found.getFirst();
    }
}
