package slash32.netlink.udp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.FileDescriptor;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.Libc;
import slash32.netlink.socket.NativeBuffer;
import slash32.netlink.socket.Pollable;

/// Waits for datagrams on several sockets, or for what else can be read, for a time, or for {@link #wakeup}, which
/// any thread may call.
public final class UdpSelector implements AutoCloseable {
    private static final int EFD_CLOEXEC_NONBLOCK = 0x80000 | 0x800;
    private static final int POLLIN = 1;
    private static final int POLLFD_BYTES = 8;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final FileDescriptor wakeup;
    private final NativeBuffer counter = NativeBuffer.allocate(8);
    private NativeBuffer poll = NativeBuffer.allocate(POLLFD_BYTES);
    private int count;
    private boolean closed;

    private UdpSelector(FileDescriptor wakeup) {
        this.wakeup = wakeup;
        watch(List.of());
    }

    public static UdpSelector open() throws IOException {
        return new UdpSelector(FileDescriptor.of(Libc.INSTANCE.eventfd(0, EFD_CLOEXEC_NONBLOCK), "eventfd"));
    }

    /// Waits for these sockets from now on, instead of those before.
    public void watch(Collection<? extends Pollable> sockets) {
        count = 1 + sockets.size();
        poll = NativeBuffer.allocate(POLLFD_BYTES * count);
        ByteBuffer bytes = poll.bytes();
        bytes.putInt(0, wakeup.value()).putShort(4, (short) POLLIN);
        int at = POLLFD_BYTES;
        for (Pollable socket : sockets) {
            bytes.putInt(at, socket.descriptor()).putShort(at + 4, (short) POLLIN);
            at += POLLFD_BYTES;
        }
    }

    /// Returns when a datagram waits, {@link #wakeup} was called, or {@code nanos} are over, up to a
    /// millisecond late.
    ///
    /// @param nanos {@link Long#MAX_VALUE} for ever
    public void await(long nanos) throws IOException {
        long millis = nanos <= 0 ? 0 : Math.ceilDiv(nanos, NANOS_PER_MILLI);
        int timeout = nanos == Long.MAX_VALUE ? -1 : (int) Math.min(millis, Integer.MAX_VALUE);
        int ready = Libc.INSTANCE.poll(poll.pointer(), count, timeout);
        if (ready < 0) {
            var errno = new Errno(Libc.errno());
            if (!errno.equals(Errno.EINTR)) {
                throw new KernelException("wait for datagrams", errno, null);
            }
        }
        if (ready > 0 && poll.bytes().getShort(6) != 0) {
            Libc.INSTANCE.read(wakeup.value(), counter.pointer(), 8); // an eventfd that is not read stays ready
        }
    }

    /// Ends {@link #await}, or the next one if none is under way; nothing after {@link #close}.
    public synchronized void wakeup() {
        if (closed) {
            return; // the number may be another file's by now
        }
        NativeBuffer one = NativeBuffer.allocate(8);
        one.bytes().putLong(0, 1);
        Libc.INSTANCE.write(wakeup.value(), one.pointer(), 8);
    }

    @Override
    public synchronized void close() {
        closed = true;
        wakeup.close();
    }
}
