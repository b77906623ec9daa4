package slash32.bgp.speaker;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import slash32.testkit.Command;

/// What a test opened, closed after it from the last to the first, on a host that has its speakers' addresses. The test
/// is in a network namespace of its own.
final class Opened implements BeforeEachCallback, AfterEachCallback {
    private final List<String> addresses;
    private final List<AutoCloseable> opened = new ArrayList<>();

    Opened(String... addresses) {
        this.addresses = List.of(addresses);
    }

    /// What a thread of the program does.
    interface Loop {
        void run() throws InterruptedException;
    }

    /// Runs {@code loop} on a thread until the test ends, when {@code end} is called.
    Thread run(String name, Loop loop, Runnable end) {
        Thread thread = Thread.ofPlatform().name(name).daemon(true).start(() -> {
            try {
                loop.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        add(() -> {
            end.run();
            thread.join();
        });
        return thread;
    }

    void add(AutoCloseable one) {
        opened.add(one);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        for (String address : addresses) {
            Command.run("ip", "addr", "add", address + "/32", "dev", "lo");
        }
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }
}
