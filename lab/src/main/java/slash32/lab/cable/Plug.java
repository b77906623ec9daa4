package slash32.lab.cable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.netlink.route.Link;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.tun.Tap;

/// The hypervisor's end of a cable: open while the TAP is there, and open again when it comes back.
///
/// One thread calls {@link #plug} and {@link #read}, another {@link #write}.
final class Plug {
    /// As QEMU opens it.
    private static final Tap.Mode MODE = new Tap.Mode(true, false);

    private static final int VNET_HEADER_BYTES = 12;
    private static final int TUN_F_CSUM_TSO4_TSO6 = 0x7;
    private static final long POLL_MILLIS = 10;

    private final InterfaceName name;
    private @Nullable Tap tap;

    Plug(InterfaceName name) {
        this.name = name;
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
        try (var rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE)) {
            Tap opened = tryOpen(rtnl);
            while (opened == null) {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
                opened = tryOpen(rtnl);
            }
            synchronized (this) {
                tap = opened;
            }
        }
    }

    private @Nullable Tap tryOpen(NetlinkSocket rtnl) throws IOException {
        InterfaceIndex there = index(rtnl);
        if (there == null) {
            return null;
        }
        try {
            Tap opened = open(name);
            // One that vanished before it was opened has been made by opening it; it goes when it is closed.
            if (there.equals(index(rtnl))) {
                return opened;
            }
            opened.close();
            return null;
        } catch (KernelException e) {
            if (e.errno().equals(Errno.EBUSY)) {
                return null;
            }
            throw e;
        }
    }

    private @Nullable InterfaceIndex index(NetlinkSocket rtnl) throws IOException {
        var found = new ArrayList<InterfaceIndex>();
        try {
            rtnl.get(Link.get(name), message -> {
                Link link = Link.parse(message);
                if (link != null) {
                    found.add(link.index());
                }
            });
        } catch (KernelException e) {
            if (!e.errno().equals(Errno.ENODEV)) {
                throw e;
            }
        }
        return found.isEmpty() ? null : found.getFirst();
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
