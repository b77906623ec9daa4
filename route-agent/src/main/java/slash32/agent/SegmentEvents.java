package slash32.agent;

import java.io.IOException;
import slash32.netlink.message.Message;
import slash32.netlink.route.BridgeEvent;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.Subscription;

/// Thread {@code overlay-events}: carries what the kernel reports of links, their addresses, bridges and their
/// entries to the segments' loop. What that loop does itself is among it: the kernel does not say who changed a
/// bridge.
final class SegmentEvents implements AutoCloseable {
    private final Subscription subscription;
    private final SegmentLoop segments;

    /// Subscribes in the calling thread's network namespace.
    SegmentEvents(SegmentLoop segments) throws IOException {
        this.segments = segments;
        subscription = Subscription.open(
                NetlinkProtocol.ROUTE,
                Rt.RTNLGRP_LINK,
                Rt.RTNLGRP_NEIGH,
                Rt.RTNLGRP_IPV4_IFADDR,
                Rt.RTNLGRP_IPV6_IFADDR);
    }

    /// Carries events until {@link #close}.
    void run() throws IOException {
        while (true) {
            switch (subscription.receive(this::take)) {
                case EVENTS -> {}
                case OVERRUN -> segments.eventsLost();
                case CLOSED -> {
                    return;
                }
            }
        }
    }

    private void take(Message message) {
        RouteEvent event = RouteEvent.parse(message);
        if (event != null) {
            segments.observed(event);
            return;
        }
        BridgeEvent ofBridge = BridgeEvent.parse(message);
        if (ofBridge != null) {
            segments.observed(ofBridge);
        }
    }

    @Override
    public void close() {
        subscription.close();
    }
}
