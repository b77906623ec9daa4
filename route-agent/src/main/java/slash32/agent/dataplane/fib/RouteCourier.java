package slash32.agent.dataplane.fib;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.netlink.message.Message;
import slash32.netlink.message.Outgoing;
import slash32.netlink.message.Request;
import slash32.netlink.socket.DumpPipe;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.Niceness;

/// Thread {@code kernel-routes}: carries large batches of routes to the kernel for the thread that owns a {@link
/// FibWriter}, which prepares the next one meanwhile, and fetches the routes that the kernel has, which that thread
/// takes apart. It decides nothing, and does one thing at a time.
public final class RouteCourier implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RouteCourier.class);
    /// Before the others of this process: they keep it busy in half of the time that it takes, and whoever wants
    /// anything else of the kernel's routes or links waits until it lets go of their lock.
    private static final int NICE = -10;

    private final NetlinkSocket socket;
    /// One, and the end.
    private final BlockingQueue<Errand> errands = new ArrayBlockingQueue<>(2);

    private sealed interface Errand {
        record Carry(List<? extends Outgoing> requests, CompletableFuture<List<@Nullable KernelException>> outcomes)
                implements Errand {}

        record Fetch(DumpPipe table) implements Errand {}

        record End() implements Errand {}
    }

    /// @param socket for this thread alone
    public RouteCourier(NetlinkSocket socket) {
        this.socket = socket;
    }

    /// Of the socket that it writes by.
    public int port() {
        return socket.port();
    }

    Rtnl.Outcomes launch(List<? extends Outgoing> requests) {
        var outcomes = new CompletableFuture<List<@Nullable KernelException>>();
        errands.add(new Errand.Carry(requests, outcomes));
        return () -> await(outcomes);
    }

    /// See {@link NetlinkSocket#dump}.
    void dump(Request request, Runnable restarted, Consumer<Message> each) throws IOException {
        DumpPipe.dump(request, table -> errands.add(new Errand.Fetch(table)), restarted, each);
    }

    private static List<@Nullable KernelException> await(CompletableFuture<List<@Nullable KernelException>> outcomes)
            throws IOException {
        try {
            return outcomes.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException fault ? fault : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /// Runs errands until {@link #close}.
    public void run() throws InterruptedException {
        if (!Niceness.set(NICE)) {
            LOG.debug("thread=kernel-routes event=not-preferred");
        }
        for (Errand errand = errands.take(); !(errand instanceof Errand.End); errand = errands.take()) {
            switch (errand) {
                case Errand.Carry(var requests, var outcomes) -> carry(requests, outcomes);
                case Errand.Fetch(DumpPipe table) -> table.receive(socket);
                case Errand.End() -> {}
            }
        }
        socket.close();
    }

    private void carry(List<? extends Outgoing> requests, CompletableFuture<List<@Nullable KernelException>> outcomes) {
        try {
            outcomes.complete(socket.executeAll(requests));
        } catch (IOException e) {
            outcomes.completeExceptionally(e);
        }
    }

    /// Ends {@link #run}; call it once nothing is launched any more, and what was launched has come back.
    @Override
    public void close() {
        errands.add(new Errand.End());
    }
}
