package slash32.bgp.speaker;

import java.io.IOException;
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

    /// A peer at {@code address} of the speaker at {@code own}.
    ScriptedPeer peer(String address, String own) throws IOException {
        var peer = new ScriptedPeer(address, own, Speakers.PORT);
        add(peer);
        return peer;
    }

    /// Starts a speaker that has nothing more to announce at its start.
    Speaker speaker(SpeakerConfig config, LocRibListener listener) throws IOException {
        var speaker = new Speaker(config, listener);
        add(speaker);
        speaker.start();
        speaker.initialRoutesOriginated();
        return speaker;
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
