package slash32.agent.dataplane.fib;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Outgoing;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;

/// Thread {@code kernel-routes}: carries large batches of routes to the kernel for the thread that owns a {@link
/// FibWriter}, which prepares the next one meanwhile. It decides nothing, and has one batch at a time.
public final class RouteCourier implements AutoCloseable {
    private final NetlinkSocket socket;
    /// A batch, and the end.
    private final BlockingQueue<Batch> batches = new ArrayBlockingQueue<>(2);

    /// @param requests empty for the end
    private record Batch(
            List<? extends Outgoing> requests, CompletableFuture<List<@Nullable KernelException>> outcomes) {}

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
        batches.add(new Batch(requests, outcomes));
        return () -> await(outcomes);
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

    /// Carries batches until {@link #close}.
    public void run() throws InterruptedException {
        for (Batch batch = batches.take(); !batch.requests().isEmpty(); batch = batches.take()) {
            try {
                batch.outcomes().complete(socket.executeAll(batch.requests()));
            } catch (IOException e) {
                batch.outcomes().completeExceptionally(e);
            }
        }
        socket.close();
    }

    /// Ends {@link #run}; call it once nothing is launched any more, and what was launched has come back.
    @Override
    public void close() {
        batches.add(new Batch(List.of(), new CompletableFuture<>()));
    }
}
