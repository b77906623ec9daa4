package slash32.tap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.netlink.tun.Tap;
import slash32.testkit.Command;

/// An unmodified Linux guest: a namespace of its own whose {@code eth0} is the far end of a cable that is plugged
/// into a TAP of the host, where a hypervisor would be.
final class Guest implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final int FRAME_BYTES = 65_536;
    private static final long CARRIER_NANOS = 10_000_000_000L;

    private final String namespace = "s32tap-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
    private final Tap inside;
    private final InterfaceName hostTap;
    private final List<Thread> cable = new ArrayList<>();
    private volatile Tap plugged;

    Guest(InterfaceName hostTap, MacAddress mac) throws IOException {
        this.hostTap = hostTap;
        Command.run("ip", "netns", "add", namespace);
        inside = Tap.open(new InterfaceName("eth0"), Tap.Mode.PLAIN);
        Command.run("ip", "link", "set", "eth0", "address", mac.toString(), "netns", namespace);
        plugged = Tap.open(hostTap, Tap.Mode.PLAIN);
        Tap outside = plugged;
        start("cable-in", () -> copy(outside, () -> inside));
        start("cable-out", () -> copy(inside, () -> plugged));
        run("ip", "link", "set", "lo", "up");
        run("ip", "link", "set", "eth0", "up");
        awaitCarrier(hostTap);
    }

    private void start(String name, Runnable copy) {
        cable.add(Thread.ofPlatform().daemon().name(name).start(copy));
    }

    /// Plugs the cable into the TAP that replaced the one it was in, which is gone.
    void replug() throws IOException {
        Tap outside = Tap.open(hostTap, Tap.Mode.PLAIN);
        Tap old = plugged;
        plugged = outside;
        join(cable.getFirst());
        old.close();
        start("cable-in", () -> copy(outside, () -> inside));
        awaitCarrier(hostTap);
    }

    /// The kernel drops what it sends out of a TAP until it has taken notice of the carrier, a little after the plug.
    static void awaitCarrier(InterfaceName hostTap) {
        long end = System.nanoTime() + CARRIER_NANOS;
        while (!Command.run("ip", "link", "show", hostTap.value()).contains("state UP")) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError(hostTap + " has no carrier");
            }
        }
    }

    /// Copies frames until the end they come from is gone.
    private static void copy(Tap from, Supplier<Tap> to) {
        ByteBuffer frame = ByteBuffer.allocateDirect(FRAME_BYTES);
        try {
            while (true) {
                int length = from.read(frame);
                write(to.get(), frame, length);
            }
        } catch (IOException e) {
            // the cable is out
        }
    }

    private static void write(Tap to, ByteBuffer frame, int length) {
        try {
            to.write(frame, length);
        } catch (IOException e) {
            // the other end is down: the frame is lost, as on any cable
        }
    }

    String run(String... words) {
        return Command.run(inNamespace(words));
    }

    /// Fails unless all of three pings are answered.
    void reaches(String address) {
        Command.Outcome pings = Command.tryRun(inNamespace("ping", "-c", "3", "-i", "0.05", "-W", "2", address));
        if (!pings.output().contains(" 0% packet loss")) {
            throw new AssertionError(pings.output()
                    + run("ip", "neigh")
                    + run("ip", "addr", "show", "eth0")
                    + run("ip", "route")
                    + run("ip", "-6", "route")
                    + Command.run("ip", "neigh")
                    + Command.run("ip", "route"));
        }
    }

    private String[] inNamespace(String... words) {
        String[] all = new String[words.length + 4];
        all[0] = "ip";
        all[1] = "netns";
        all[2] = "exec";
        all[3] = namespace;
        System.arraycopy(words, 0, all, 4, words.length);
        return all;
    }

    /// Pulls the cable. Both devices go first: that ends the reads, and only a descriptor that nobody reads is
    /// closed, or its number would be another's by the time a reader comes back to it.
    @Override
    public void close() {
        Command.tryRun("ip", "-n", namespace, "link", "del", "eth0");
        Command.tryRun("ip", "link", "del", hostTap.value());
        cable.forEach(Guest::join);
        inside.close();
        plugged.close();
        Command.run("ip", "netns", "del", namespace);
    }

    private static void join(Thread thread) {
        try {
            if (!thread.join(Duration.ofSeconds(10))) {
                throw new AssertionError(thread.getName() + " still copies");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
