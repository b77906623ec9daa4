package slash32.lab.cable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.netlink.message.Message;
import slash32.netlink.route.Link;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.Subscription;

/// Tells each cable when its interface comes, and costs the others nothing.
///
/// One thread runs {@link #run}; any thread asks and waits.
public final class LinkWatch {
    private final Subscription events;
    private final NetlinkSocket rtnl;
    private final Map<InterfaceName, Semaphore> bells = new ConcurrentHashMap<>();

    private LinkWatch(Subscription events, NetlinkSocket rtnl) {
        this.events = events;
        this.rtnl = rtnl;
    }

    /// Watches the calling thread's network namespace; what happens before {@link #run} is not missed.
    public static LinkWatch open() throws IOException {
        Subscription events = Subscription.open(NetlinkProtocol.ROUTE, Rt.RTNLGRP_LINK);
        try {
            return new LinkWatch(events, NetlinkSocket.open(NetlinkProtocol.ROUTE));
        } catch (IOException e) {
            events.close();
            throw e;
        }
    }

    /// Carries news until this process ends.
    public void run() throws IOException {
        Subscription.Outcome outcome = Subscription.Outcome.EVENTS;
        while (outcome != Subscription.Outcome.CLOSED) {
            outcome = events.receive(this::take);
            if (outcome == Subscription.Outcome.OVERRUN) {
                bells.values().forEach(LinkWatch::ring);
            }
        }
    }

    private void take(Message message) {
        Semaphore bell =
                RouteEvent.parse(message) instanceof RouteEvent.LinkChanged(Link link) ? bells.get(link.name()) : null;
        if (bell != null) {
            ring(bell);
        }
    }

    /// One ring is enough, however much has happened.
    private static void ring(Semaphore bell) {
        if (bell.availablePermits() == 0) {
            bell.release();
        }
    }

    /// Waits until something was reported of the interface since the last time that this was asked.
    void await(InterfaceName name) throws InterruptedException {
        bell(name).acquire();
    }

    private Semaphore bell(InterfaceName name) {
        return bells.computeIfAbsent(name, _ -> new Semaphore(0));
    }

    /// The interface of this name as it is now; null if there is none. News of it are kept from here on.
    synchronized @Nullable InterfaceIndex find(InterfaceName name) throws IOException {
        bell(name); // before the look, so that nothing falls between it and a wait
        var found = new ArrayList<InterfaceIndex>();
        try {
            rtnl.get(Link.get(name), message -> {
                Link link = Link.parse(message);
                if (link != null) {
                    found.add(link.index());
                }
            });
        } catch (KernelException e) {
            if (!e.errno().equals(Errno.ENODEV)) {
                throw e;
            }
        }
        return found.isEmpty() ? null : found.getFirst();
    }
}
