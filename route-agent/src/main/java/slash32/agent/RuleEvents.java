package slash32.agent;

import java.io.IOException;
import slash32.netlink.netfilter.NftEvent;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.Subscription;
import slash32.securitygroup.nft.ForeignChanges;

/// Thread {@code rule-events}: tells when a stranger changed our rules. Needed only where the kernel lets strangers.
final class RuleEvents implements AutoCloseable {
    private final Subscription subscription;
    private final ForeignChanges changes = new ForeignChanges();
    private final Runnable changed;

    /// Subscribes in the calling thread's network namespace.
    ///
    /// @param ownPort of the socket that the rules are written by
    /// @param changed run when our rules may not be what we made them, without waiting
    RuleEvents(int ownPort, Runnable changed) throws IOException {
        this.changed = changed;
        subscription = Subscription.openToOthers(NetlinkProtocol.NETFILTER, ownPort, NftEvent.MULTICAST_GROUP);
    }

    /// Listens until {@link #close}.
    void run() throws IOException {
        boolean[] foreign = new boolean[1];
        while (true) {
            foreign[0] = false;
            switch (subscription.receive(message -> foreign[0] |= changes.on(message))) {
                case EVENTS -> {
                    if (foreign[0]) {
                        changed.run();
                    }
                }
                case OVERRUN -> changed.run();
                case CLOSED -> {
                    return;
                }
            }
        }
    }

    @Override
    public void close() {
        subscription.close();
    }
}
