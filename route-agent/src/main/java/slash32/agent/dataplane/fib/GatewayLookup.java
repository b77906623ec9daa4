package slash32.agent.dataplane.fib;

import java.io.IOException;
import java.util.ArrayList;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;
import slash32.netlink.message.Request;
import slash32.netlink.route.Nexthop.Target;
import slash32.netlink.route.Route;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;

/// Finds the gateway and the link that the underlay reaches a next hop by, as the kernel's routes are now.
final class GatewayLookup {
    private final Rtnl rtnl;
    private final NexthopObjects objects;
    private final ToIntFunction<IpAddress> ownedCovering;
    private final NextHop hop;

    /// @param ownedCovering the nexthop object of our longest route that an address is in; 0 for none
    GatewayLookup(Rtnl rtnl, NexthopObjects objects, ToIntFunction<IpAddress> ownedCovering, NextHop hop) {
        this.rtnl = rtnl;
        this.objects = objects;
        this.ownedCovering = ownedCovering;
        this.hop = hop;
    }

    /// Writes what it finds into the next hop.
    void run() throws IOException {
        if (hop.overlay != null) {
            hop.viaId = 0;
            hop.reach = hop.overlay;
            return;
        }
        InterfaceIndex link = hop.address instanceof Ipv6Address v6 ? v6.link() : null;
        if (link != null && hop.address instanceof Ipv6Address v6) { // no route leads to it: its link is known
            hop.viaId = 0;
            hop.reach = new Target.Gateway(v6.withoutLink(), link, true);
            return;
        }
        Route route = ask(Route.match(hop.address));
        if (route == null) {
            return;
        }
        hop.viaId = 0;
        if (NexthopObjects.isOurs(route.nexthopId())) {
            through(route.nexthopId());
        } else if (route.type() != Rt.RTN_UNICAST) {
            unreachable("its route " + route.prefix() + " is of this host or drops");
        } else if (route.link() != null) {
            out(route);
        } else { // a nexthop object of others, or several paths: take the one that the kernel takes
            Route path = ask(Route.lookup(hop.address));
            if (path != null && path.link() != null) {
                out(path);
            } else if (path != null) {
                unreachable("its route " + route.prefix() + " names no link");
            }
        }
    }

    /// Recursion: the next hop is behind another next hop, as behind a leaf that announces a default route.
    private void through(int id) {
        if (id == hop.id) {
            return; // a route of ours that covers its own next hop: it says nothing that we did not say
        }
        hop.viaId = id;
        Target target = objects.present(id);
        if (target instanceof Target.Group(var members)) {
            target = objects.present(members.getFirst()); // one of equals
        }
        if (target instanceof Target.Gateway gateway) {
            hop.reach = gateway;
        } else {
            unreachable("the next hop of its route is dropped");
        }
    }

    private void out(Route route) {
        if (route.link() != null) {
            // on-link: the lookup has just said so, and the kernel would else judge it by a route of ours to itself
            hop.reach = new Target.Gateway(route.gateway() == null ? hop.address : route.gateway(), route.link(), true);
        }
    }

    private void unreachable(String why) {
        hop.reach = null;
        hop.obstacle = why;
    }

    private @Nullable Route ask(Request request) throws IOException {
        var found = new ArrayList<Route>(1);
        try {
            rtnl.get(request, message -> {
                Route route = Route.parse(message);
                if (route != null) {
                    found.add(route);
                }
            });
        } catch (KernelException e) {
            if (e.is(Errno.EAGAIN) || e.is(Errno.ENOBUFS)) {
                throw e; // no answer, rather than a negative one
            }
            hop.viaId = 0;
            int id = e.is(Errno.EINVAL) ? ownedCovering.applyAsInt(hop.address) : 0;
            if (id != 0) { // what the kernel says of a blackhole
                through(id);
            } else {
                unreachable(String.valueOf(e.getMessage()));
            }
            return null;
        }
        if (found.isEmpty()) {
            hop.viaId = 0;
            unreachable("its route is not in the main table");
            return null;
        }
        return found.getFirst();
    }
}
