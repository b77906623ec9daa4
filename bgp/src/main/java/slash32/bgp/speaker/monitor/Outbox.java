package slash32.bgp.speaker.monitor;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Octets on their way from thread {@code bgp} to a thread that may block. Bounded: one who is too slow loses all of
/// it, and hears that.
final class Outbox {
    private final long bytesMax;
    private List<byte[]> waiting = new ArrayList<>();
    private long bytes;
    private boolean overflown;
    private boolean closed;

    Outbox(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /// Adds {@code message}, unless there is no room; then all is dropped and nothing is taken any more.
    ///
    /// @return false in the moment in which it overflows
    synchronized boolean put(byte[] message) {
        if (overflown || closed) {
            return true;
        }
        bytes += message.length;
        waiting.add(message);
        overflown = bytes > bytesMax;
        if (overflown) {
            waiting = new ArrayList<>();
        }
        notifyAll();
        return !overflown;
    }

    /// Less than half of it waits.
    synchronized boolean hasRoom() {
        return bytes < bytesMax / 2;
    }

    synchronized boolean isOverflown() {
        return overflown;
    }

    /// All that waits, once there is something; nothing when it is closed or overflown, or {@code untilNanos} has come.
    synchronized List<byte[]> take(long untilNanos) throws InterruptedException {
        while (waiting.isEmpty() && !closed && !overflown) {
            long left = untilNanos - System.nanoTime();
            if (left <= 0) {
                break;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        List<byte[]> taken = waiting;
        waiting = new ArrayList<>();
        return taken;
    }

    /// These octets are no longer ours.
    synchronized void written(long count) {
        bytes -= count;
    }

    /// Takes no more, and wakes who waits.
    synchronized void close() {
        closed = true;
        notifyAll();
    }
}
