package slash32.lab.cable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.tun.Tap;

/// The hypervisor's end of a cable: open while the TAP is there, and open again when it comes back.
///
/// One thread calls {@link #plug} and {@link #read}, another {@link #write}.
final class Plug {
    /// As QEMU opens it.
    private static final Tap.Mode MODE = new Tap.Mode(true, false);

    private static final int VNET_HEADER_BYTES = 12;
    private static final int TUN_F_CSUM_TSO4_TSO6 = 0x7;
    private static final long BUSY_MILLIS = 2;

    private final InterfaceName name;
    private final LinkWatch watch;
    private @Nullable Tap tap;

    Plug(InterfaceName name, LinkWatch watch) {
        this.name = name;
        this.watch = watch;
    }

    /// Opens a TAP as QEMU does: with offloads, so that a large segment crosses whole.
    static Tap open(InterfaceName name) throws IOException {
        Tap tap = Tap.open(name, MODE);
        try {
            tap.setVnetHeaderBytes(VNET_HEADER_BYTES);
            tap.setOffload(TUN_F_CSUM_TSO4_TSO6);
            return tap;
        } catch (IOException e) {
            tap.close();
            throw e;
        }
    }

    /// Waits until the TAP is there and nobody has it open, and opens it.
    void plug() throws IOException, InterruptedException {
        Tap opened = null;
        while (opened == null) {
            InterfaceIndex there = watch.find(name);
            if (there == null) {
                watch.await(name);
            } else {
                opened = tryOpen(there);
            }
        }
        synchronized (this) {
            tap = opened;
        }
    }

    /// Null if it is not that TAP any more, or if somebody has it open, after giving them some time.
    private @Nullable Tap tryOpen(InterfaceIndex there) throws IOException, InterruptedException {
        try {
            Tap opened = open(name);
            // One that vanished before it was opened has been made by opening it; it goes when it is closed.
            if (there.equals(watch.find(name))) {
                return opened;
            }
            opened.close();
        } catch (KernelException e) {
            if (!e.errno().equals(Errno.EBUSY)) {
                throw e;
            }
            TimeUnit.MILLISECONDS.sleep(BUSY_MILLIS); // the kernel does not tell when it is let go
        }
        return null;
    }

    /// Reads one frame with its header.
    ///
    /// @return its length; -1 if the TAP was taken away, and the plug is out
    int read(ByteBuffer direct) {
        Tap current;
        synchronized (this) {
            current = tap;
        }
        if (current == null) {
            return -1;
        }
        try {
            return current.read(direct);
        } catch (IOException _) {
            synchronized (this) {
                current.close();
                tap = null;
            }
            return -1;
        }
    }

    /// Writes one frame with its header; it is lost if the plug is out or the TAP is down.
    synchronized void write(ByteBuffer direct, int length) {
        if (tap != null) {
            try {
                tap.write(direct, length);
            } catch (IOException _) {
                // As on a cable with nothing at its end; a TAP that is gone is the reader's to notice.
            }
        }
    }
}
