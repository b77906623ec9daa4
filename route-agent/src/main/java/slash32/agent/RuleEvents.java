package slash32.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import slash32.netlink.message.Message;
import slash32.netlink.netfilter.ForeignChanges;
import slash32.netlink.netfilter.NftEvent;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.Subscription;

/// Thread {@code rule-events}: tells when a stranger changed our rules. Needed only where the kernel lets strangers.
final class RuleEvents implements AutoCloseable {
    private final Subscription subscription;
    private final List<Watched> watched;
    private final List<ForeignChanges> changes;

    /// Tables that others may change.
    ///
    /// @param ownPort of the socket that they are written by
    /// @param changed run when they may not be what we made them, without waiting
    record Watched(Collection<TableId> tables, int ownPort, Runnable changed) {}

    /// Subscribes in the calling thread's network namespace.
    RuleEvents(Collection<Watched> watched) throws IOException {
        this.watched = List.copyOf(watched);
        changes = watched.stream().map(each -> new ForeignChanges(each.tables)).toList();
        List<Integer> ours = watched.stream().map(Watched::ownPort).toList();
        subscription = Subscription.openToOthers(NetlinkProtocol.NETFILTER, ours, NftEvent.MULTICAST_GROUP);
    }

    /// Listens until {@link #close}.
    void run() throws IOException {
        var changed = new ArrayList<Watched>();
        while (true) {
            changed.clear();
            switch (subscription.receive(message -> on(message, changed))) {
                case EVENTS -> changed.forEach(each -> each.changed.run());
                case OVERRUN -> watched.forEach(each -> each.changed.run());
                case CLOSED -> {
                    return;
                }
            }
        }
    }

    private void on(Message message, List<Watched> changed) {
        for (int i = 0; i < watched.size(); i++) {
            if (changes.get(i).on(message) && !changed.contains(watched.get(i))) {
                changed.add(watched.get(i));
            }
        }
    }

    @Override
    public void close() {
        subscription.close();
    }
}
