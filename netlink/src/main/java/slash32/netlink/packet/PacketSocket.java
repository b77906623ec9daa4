package slash32.netlink.packet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import jnr.ffi.Pointer;
import slash32.net.InterfaceIndex;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.FileDescriptor;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.Libc;
import slash32.netlink.socket.SocketFilter;
import slash32.netlink.socket.SocketFilter.Instruction;
import slash32.netlink.socket.SocketOption;

/// Receives and sends whole Ethernet frames, on all interfaces or on one, through a classic BPF filter.
///
/// One thread receives; any thread may send or close, and closing ends a receive that waits.
public final class PacketSocket implements AutoCloseable {
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
    private static final int SOCKADDR_LL_BYTES = 20;
    private static final int FRAME_BYTES = 65_536;
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int POLLIN = 1;
    private static final int FOREVER = -1;

    private final FileDescriptor descriptor;
    private final FileDescriptor wakeup;
    private final ByteBuffer frame = ByteBuffer.allocateDirect(FRAME_BYTES);
    private final ByteBuffer address = direct(SOCKADDR_LL_BYTES);
    private final ByteBuffer addressLength = direct(4);
    private final ByteBuffer poll = direct(16);
    private volatile boolean closed;

    private PacketSocket(FileDescriptor descriptor, FileDescriptor wakeup) {
        this.descriptor = descriptor;
        this.wakeup = wakeup;
    }

    /// Takes a received frame.
    public interface Receiver {
        /// Called for each.
        ///
        /// @param link it came in by
        /// @param frame from position to limit; valid until the receiver returns
        void frame(InterfaceIndex link, ByteBuffer frame);
    }

    /// Opens a socket in the calling thread's network namespace that receives, on every interface, the frames which
    /// {@code filter} lets pass.
    ///
    /// @param ethertype in host order; 3 (ETH_P_ALL) for all
    public static PacketSocket open(int ethertype, List<Instruction> filter) throws IOException {
        FileDescriptor descriptor =
                FileDescriptor.of(Libc.INSTANCE.socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0), "open packet socket");
        SocketFilter.attach(descriptor, filter); // before the bind, so that nothing unfiltered is ever queued
        SocketOption.set(descriptor, SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
        ByteBuffer any = direct(SOCKADDR_LL_BYTES);
        any.putShort(0, (short) AF_PACKET);
        any.put(2, (byte) (ethertype >>> 8)).put(3, (byte) ethertype);
        FileDescriptor.check(
                Libc.INSTANCE.bind(descriptor.value(), pointer(any), SOCKADDR_LL_BYTES), "bind packet socket");
        FileDescriptor wakeup = FileDescriptor.of(Libc.INSTANCE.eventfd(0, EFD_CLOEXEC), "eventfd");
        return new PacketSocket(descriptor, wakeup);
    }

    /// Lets those frames pass from now on that {@code filter} does; from any thread.
    public void filter(List<Instruction> filter) throws IOException {
        SocketFilter.attach(descriptor, filter);
    }

    /// Waits for a frame and hands it to {@code receiver}.
    ///
    /// @return false once the socket is closed
    public boolean receive(Receiver receiver) throws IOException {
        return receive(receiver, FOREVER);
    }

    /// The same, but comes back without a frame after {@code millis}.
    public boolean receive(Receiver receiver, int millis) throws IOException {
        poll.putInt(0, descriptor.value())
                .putInt(4, POLLIN)
                .putInt(8, wakeup.value())
                .putInt(12, POLLIN);
        while (!closed && Libc.INSTANCE.poll(pointer(poll), 2, millis) < 0) {
            failUnless(Errno.EINTR, "wait for frames");
        }
        if (closed) {
            descriptor.close();
            wakeup.close();
            return false;
        }
        addressLength.putInt(0, SOCKADDR_LL_BYTES);
        long length = Libc.INSTANCE.recvfrom(
                descriptor.value(), pointer(frame), FRAME_BYTES, 0x40, pointer(address), pointer(addressLength));
        if (length < 0) {
            Errno errno = new Errno(Libc.errno());
            if (!errno.equals(Errno.EAGAIN) && !errno.equals(Errno.EINTR) && !errno.equals(Errno.ENETDOWN)) {
                throw new KernelException("receive a frame", errno, null);
            }
            return true; // ENETDOWN is a link that went; the others are not our concern either
        }
        int link = address.getInt(4);
        if (link > 0) {
            receiver.frame(new InterfaceIndex(link), frame.clear().limit((int) length));
        }
        return true;
    }

    /// Sends a whole frame out of {@code link}.
    ///
    /// @throws KernelException ENXIO or ENETDOWN if the link is gone or down
    public void send(InterfaceIndex link, byte[] wholeFrame) throws IOException {
        ByteBuffer bytes = direct(wholeFrame.length).put(0, wholeFrame);
        ByteBuffer to = direct(SOCKADDR_LL_BYTES);
        to.putShort(0, (short) AF_PACKET).putInt(4, link.value());
        long sent = Libc.INSTANCE.sendto(
                descriptor.value(), pointer(bytes), wholeFrame.length, 0, pointer(to), SOCKADDR_LL_BYTES);
        if (sent < 0) {
            throw new KernelException("send a frame on link " + link, new Errno(Libc.errno()), null);
        }
    }

    private static void failUnless(Errno expected, String what) throws KernelException {
        Errno errno = new Errno(Libc.errno());
        if (!errno.equals(expected)) {
            throw new KernelException(what, errno, null);
        }
    }

    private static ByteBuffer direct(int size) {
        return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    }

    /// All of the buffer: jnr-ffi's pointer would else begin at its position.
    private static Pointer pointer(ByteBuffer direct) {
        return Pointer.wrap(
                Libc.RUNTIME, direct.duplicate().order(ByteOrder.nativeOrder()).clear());
    }

    /// Ends {@link #receive}, which then lets go of the sockets.
    @Override
    public void close() {
        closed = true;
        Libc.INSTANCE.write(wakeup.value(), pointer(direct(8).putLong(0, 1)), 8);
    }
}
