package slash32.testkit;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Network namespaces that {@code ip netns add} made.
public final class NamedNetns {
    private NamedNetns() {}

    /// Has {@code task} done inside: sockets that it opens and threads that it starts are there.
    public static <T> T call(String name, Callable<T> task) throws ExecutionException, InterruptedException {
        var outcome = new FutureTask<>(() -> {
            Netns.named(name).enter();
            return task.call();
        });
        Thread.ofPlatform().name("netns-" + name).start(outcome);
        return outcome.get();
    }
}
