package slash32.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import slash32.netlink.netfilter.ForeignChanges;
import slash32.netlink.netfilter.NftEvent;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.Subscription;
import slash32.securitygroup.compile.Layout;

/// When transactions on our tables were in force, by System.nanoTime; those that are heard of together have one
/// time.
final class RuleCommits implements AutoCloseable {
    private final Subscription events = Subscription.open(NetlinkProtocol.NETFILTER, NftEvent.MULTICAST_GROUP);
    private final List<Long> times = new ArrayList<>();

    RuleCommits() throws IOException {
        Thread.ofPlatform().start(this::listen);
    }

    private void listen() {
        var changes = new ForeignChanges(Layout.TABLES);
        try {
            Subscription.Outcome outcome;
            do {
                outcome = events.receive(message -> {
                    if (changes.on(message)) {
                        add(1);
                    }
                });
                if (outcome == Subscription.Outcome.OVERRUN) {
                    add(2);
                }
            } while (outcome != Subscription.Outcome.CLOSED);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void add(int commits) {
        times.addAll(Collections.nCopies(commits, System.nanoTime()));
    }

    synchronized void forget() {
        times.clear();
    }

    synchronized int seen() {
        return times.size();
    }

    synchronized long untilSecond() {
        return times.get(1) - times.get(0);
    }

    @Override
    public void close() {
        events.close();
    }
}
