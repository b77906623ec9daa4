package slash32.bgp.bfd.udp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import slash32.bgp.bfd.BfdState;

/// A loop on a thread of its own, with one session to begin with, and what it said was lost.
final class RunningBfd implements AutoCloseable {
    final List<String> lost = new CopyOnWriteArrayList<>();
    final BfdLoop loop;
    private final Thread thread;

    RunningBfd(BfdPeer peer) throws IOException {
        loop = BfdLoop.open((address, reason, mayBeRestart) ->
                lost.add(address + " " + reason + (mayBeRestart ? ", perhaps restarts" : "")));
        loop.configure(List.of(peer));
        thread = Thread.ofPlatform().name("bfd").start(() -> {
            try {
                loop.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    BfdStatus only() {
        List<BfdStatus> all = loop.status();
        if (all.size() != 1) {
            throw new AssertionError("not one session: " + all);
        }
        return all.getFirst();
    }

    BfdState state() {
        List<BfdStatus> all = loop.status();
        return all.isEmpty() ? BfdState.DOWN : all.getFirst().state();
    }

    /// Waits until {@code condition} holds; at most 30 s.
    void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain for " + what + "; " + loop.status() + ", lost " + lost);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    @Override
    public void close() {
        loop.close();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
