package slash32.tap;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.net.InterfaceIndex;
import slash32.netlink.packet.PacketSocket;
import slash32.netlink.socket.SocketFilter.Instruction;

/// One of the gateway's ears, for all guests: its filter lets questions pass and all that awaited guests send, but
/// nothing of a guest that floods, so that the others are heard. One thread runs it; any may send, await or close.
final class GuestSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GuestSocket.class);
    private static final long MILLI_NANOS = 1_000_000;
    private static final int FOREVER = -1;

    private final PacketSocket socket;
    private final Filter filter;
    private final LongAdder floods = new LongAdder();
    private Set<InterfaceIndex> awaited = Set.of(); // by this
    private Set<InterfaceIndex> flooding = Set.of(); // by this

    private GuestSocket(PacketSocket socket, Filter filter) {
        this.socket = socket;
        this.filter = filter;
    }

    /// Which frames pass.
    interface Filter {
        List<Instruction> of(Collection<InterfaceIndex> awaited, Collection<InterfaceIndex> flooding);
    }

    /// Opens it in the calling thread's network namespace.
    static GuestSocket open(int ethertype, Filter filter) throws IOException {
        return new GuestSocket(PacketSocket.open(ethertype, filter.of(Set.of(), Set.of())), filter);
    }

    /// Lets pass from now on all that comes by these links.
    synchronized void await(Collection<InterfaceIndex> links) throws IOException {
        awaited = Set.copyOf(links);
        socket.filter(filter.of(awaited, flooding));
    }

    private synchronized void leaveOut(Set<InterfaceIndex> links) throws IOException {
        if (!links.equals(flooding)) {
            flooding = links;
            socket.filter(filter.of(awaited, flooding));
        }
    }

    /// Hands frames to {@code receiver} until {@link #close}.
    void run(PacketSocket.Receiver receiver) throws IOException {
        var watch = new FloodWatch(System.nanoTime());
        boolean open = true;
        while (open) {
            open = socket.receive(
                    (link, frame) -> {
                        if (watch.hear(link, System.nanoTime())) {
                            floods.increment();
                            LOG.warn(
                                    "link={} event=flood frames=\"over {} a second\"",
                                    link,
                                    FloodWatch.FRAMES_PER_SECOND);
                        }
                        receiver.frame(link, frame);
                    },
                    patience(watch));
            leaveOut(watch.flooding(System.nanoTime()));
        }
    }

    private static int patience(FloodWatch watch) {
        long now = System.nanoTime();
        long next = watch.nextDeadlineNanos(now);
        return next == Long.MAX_VALUE ? FOREVER : (int) ((next - now) / MILLI_NANOS) + 1;
    }

    void send(InterfaceIndex link, byte[] frame) throws IOException {
        socket.send(link, frame);
    }

    /// Floods that began.
    long floods() {
        return floods.sum();
    }

    @Override
    public void close() {
        socket.close();
    }
}
