package slash32.overlay.esp;

import java.util.concurrent.atomic.AtomicLong;

/// What has passed an SA. Written by the thread that owns the SA, read by any.
public final class Traffic {
    private final AtomicLong packets = new AtomicLong();
    private final AtomicLong octets = new AtomicLong();

    void add(int length) {
        packets.setRelease(packets.getPlain() + 1);
        octets.setRelease(octets.getPlain() + length);
    }

    public long packets() {
        return packets.getAcquire();
    }

    /// Of what is inside ESP.
    public long octets() {
        return octets.getAcquire();
    }
}
