package slash32.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Threads, each named by its role. One that ends by a fault ends the process: the kernel keeps forwarding, and the
/// supervisor starts us anew. Owned by the thread that starts and ends the daemon.
final class RoleThreads {
    private static final Logger LOG = LoggerFactory.getLogger(RoleThreads.class);
    private static final int FAULT_EXIT_CODE = 70;

    private final List<Thread> threads = new ArrayList<>();

    @FunctionalInterface
    interface Work {
        void run() throws IOException, InterruptedException;
    }

    /// Starts one that {@link #join()} waits for.
    void start(String role, Work work) {
        threads.add(started(role, work));
    }

    /// Waits until all that were started here have ended.
    void join() {
        threads.forEach(RoleThreads::join);
    }

    /// Starts one that the caller waits for.
    static Thread started(String role, Work work) {
        return Thread.ofPlatform().name(role).daemon(true).start(() -> {
            try {
                work.run();
            } catch (IOException | InterruptedException | RuntimeException | Error fault) {
                LOG.error("thread={} event=died", role, fault);
                Runtime.getRuntime().halt(FAULT_EXIT_CODE);
            }
        });
    }

    static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
