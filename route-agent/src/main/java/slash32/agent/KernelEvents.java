package slash32.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.Subscription;

/// Thread {@code kernel-events}: carries what the kernel reports of links, addresses, neighbours, routes and nexthop
/// objects to the kernel's loop.
final class KernelEvents implements AutoCloseable {
    private final Subscription subscription;
    private final Consumer<RouteEvent> events;
    private final Runnable lost;

    /// Subscribes in the calling thread's network namespace.
    ///
    /// @param ownPorts of the sockets that the kernel's loop has written by: what it did itself is no news
    /// @param events takes each event, without waiting
    /// @param lost run when events were lost
    KernelEvents(List<Integer> ownPorts, Consumer<RouteEvent> events, Runnable lost) throws IOException {
        this.events = events;
        this.lost = lost;
        subscription = Subscription.openToOthers(
                NetlinkProtocol.ROUTE,
                ownPorts,
                Rt.RTNLGRP_LINK,
                Rt.RTNLGRP_NEIGH,
                Rt.RTNLGRP_IPV4_IFADDR,
                Rt.RTNLGRP_IPV6_IFADDR,
                Rt.RTNLGRP_IPV4_ROUTE,
                Rt.RTNLGRP_IPV6_ROUTE,
                Rt.RTNLGRP_NEXTHOP);
    }

    /// Carries events until {@link #close}.
    void run() throws IOException {
        var batch = new ArrayList<RouteEvent>();
        while (true) {
            Subscription.Outcome outcome = subscription.receive(message -> {
                RouteEvent event = RouteEvent.parse(message);
                if (event != null) {
                    batch.add(event);
                }
            });
            switch (outcome) {
                case EVENTS -> batch.forEach(events);
                case OVERRUN -> lost.run();
                case CLOSED -> {
                    return;
                }
            }
            batch.clear();
        }
    }

    @Override
    public void close() {
        subscription.close();
    }
}
