package slash32.netlink.udp;

import java.io.IOException;
import java.nio.ByteBuffer;
import slash32.net.IpAddress;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.FileDescriptor;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.Libc;
import slash32.netlink.socket.NativeBuffer;
import slash32.netlink.socket.Pollable;
import slash32.netlink.socket.SocketOption;

/// One UDP socket that sends and receives runs of datagrams of one size in one call (UDP_SEGMENT and UDP_GRO of
/// udp(7)): the path through the kernel is walked once for all of them.
///
/// One thread receives, one sends; {@link #sendAlone} is for any.
public final class BatchUdpSocket implements Pollable, AutoCloseable {
    /// Of all datagrams of one {@link #send}.
    public static final int MOST_BYTES = 65_487;

    /// In one {@link #send}.
    public static final int MOST_DATAGRAMS = 64;

    private static final int LARGEST_RUN = 65_536;
    private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
    private static final int BUFFER_BYTES = 4 << 20;
    private static final int SOL_UDP = 17;
    private static final int UDP_ENCAP = 100;
    private static final int UDP_ENCAP_ESPINUDP = 2;
    private static final int UDP_SEGMENT = 103;
    private static final int UDP_GRO = 104;
    private static final int MSG_DONTWAIT = 0x40;

    private final FileDescriptor descriptor;
    private final Message incoming = new Message(LARGEST_RUN);
    private final Message outgoing = new Message(LARGEST_RUN);
    private IpAddress destination;
    private int destinationPort;
    private boolean segmentation = true;
    private int segmentBytes;

    /// struct msghdr with one iovec, a socket address and room for one control message of an integer.
    private static final class Message {
        private static final int NAME_LENGTH = 8;
        private static final int CONTROL_LENGTH = 40;
        private static final int CONTROL_BYTES = 24;
        private static final int CONTROL_HEADER = 16;

        final NativeBuffer header = NativeBuffer.allocate(56);
        final NativeBuffer vector = NativeBuffer.allocate(16);
        final NativeBuffer control = NativeBuffer.allocate(CONTROL_BYTES);
        final NativeBuffer bytes;
        final SocketAddress address = new SocketAddress();

        Message(int size) {
            bytes = NativeBuffer.allocate(size);
            header.bytes()
                    .putLong(0, address.memory().pointer().address())
                    .putLong(16, vector.pointer().address())
                    .putLong(24, 1)
                    .putLong(32, control.pointer().address());
        }

        void prepare(int at, int length, int controlLength) {
            header.bytes().putInt(NAME_LENGTH, SocketAddress.BYTES).putLong(CONTROL_LENGTH, controlLength);
            vector.bytes().putLong(0, bytes.pointer().address() + at).putLong(8, length);
        }

        void control(int type, int value) {
            control.bytes()
                    .putLong(0, CONTROL_HEADER + 2)
                    .putInt(8, SOL_UDP)
                    .putInt(12, type)
                    .putShort(CONTROL_HEADER, (short) value);
        }

        /// The value of the one control message, or {@code otherwise} if there is none.
        int control(int otherwise) {
            ByteBuffer bytes = control.bytes();
            return header.bytes().getLong(CONTROL_LENGTH) > CONTROL_HEADER
                            && bytes.getInt(8) == SOL_UDP
                            && bytes.getInt(12) == UDP_GRO
                    ? bytes.getInt(CONTROL_HEADER)
                    : otherwise;
        }
    }

    private BatchUdpSocket(FileDescriptor descriptor, IpAddress nowhere) {
        this.descriptor = descriptor;
        destination = nowhere;
    }

    /// Opens one in the calling thread's network namespace.
    ///
    /// @throws KernelException EADDRINUSE if another program has the port
    public static BatchUdpSocket bind(IpAddress address, int port) throws IOException {
        return bind(address, port, UDP_GRO, 1);
    }

    /// Opens one from which the kernel takes the ESP in UDP that its own states are for (UDP_ENCAP of udp(7)). Nothing
    /// is received in runs.
    public static BatchUdpSocket bindForKernelEsp(IpAddress address, int port) throws IOException {
        return bind(address, port, UDP_ENCAP, UDP_ENCAP_ESPINUDP);
    }

    private static BatchUdpSocket bind(IpAddress address, int port, int option, int value) throws IOException {
        String name = "UDP socket on " + address + " port " + port;
        int family = address.isIpv4() ? SocketAddress.AF_INET : SocketAddress.AF_INET6;
        FileDescriptor descriptor =
                FileDescriptor.of(Libc.INSTANCE.socket(family, SOCK_DGRAM_CLOEXEC, 0), "open " + name);
        try {
            SocketOption.set(descriptor, SOL_UDP, option, value);
            SocketOption.set(descriptor, SocketOption.SOL_SOCKET, SocketOption.SO_SNDBUFFORCE, BUFFER_BYTES);
            SocketOption.set(descriptor, SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUFFORCE, BUFFER_BYTES);
            SocketAddress.bind(descriptor, address, port, name);
            return new BatchUdpSocket(descriptor, address);
        } catch (IOException e) {
            descriptor.close();
            throw e;
        }
    }

    /// Takes the next run of datagrams that waits: all of one sender, and of {@link #segmentBytes} octets each but the
    /// last, which may be shorter.
    ///
    /// @return their length together, which {@link #received} has; -1 if none waits
    public int receive() throws IOException {
        incoming.prepare(0, LARGEST_RUN, Message.CONTROL_BYTES);
        long length = Libc.INSTANCE.recvmsg(descriptor.value(), incoming.header.pointer(), MSG_DONTWAIT);
        if (length >= 0) {
            segmentBytes = Math.max(1, incoming.control((int) length));
            return (int) length;
        }
        var errno = new Errno(Libc.errno());
        if (errno.equals(Errno.EAGAIN) || errno.equals(Errno.EINTR)) {
            return -1;
        }
        throw new KernelException("receive datagrams", errno, null);
    }

    /// The size of each datagram of the run that was received last.
    public int segmentBytes() {
        return segmentBytes;
    }

    /// The run that was received last, from octet 0.
    public ByteBuffer received() {
        return incoming.bytes.bytes();
    }

    /// Who sent the run that was received last.
    public IpAddress sender() {
        return incoming.address.address();
    }

    public int senderPort() {
        return incoming.address.port();
    }

    /// What {@link #send} sends, from octet 0.
    public ByteBuffer toSend() {
        return outgoing.bytes.bytes();
    }

    /// Sends the first {@code length} octets of {@link #toSend}, cut into datagrams of {@code segmentBytes}, the
    /// last of which may be shorter. Waits while the socket's queue is full.
    ///
    /// @throws KernelException such as EMSGSIZE, ENETUNREACH, EPERM
    public void send(IpAddress to, int port, int length, int segmentBytes) throws IOException {
        if (!to.equals(destination) || port != destinationPort) {
            outgoing.address.set(to, port);
            destination = to;
            destinationPort = port;
        }
        if (segmentation && length > segmentBytes) {
            outgoing.control(UDP_SEGMENT, segmentBytes);
            if (transmit(0, length, Message.CONTROL_BYTES) >= 0) {
                return;
            }
            var errno = new Errno(Libc.errno());
            if (!errno.equals(Errno.EIO)) {
                throw new KernelException("send datagrams", errno, null);
            }
            segmentation = false; // the device on the way computes no checksums
        }
        for (int at = 0; at < length; at += segmentBytes) {
            if (transmit(at, Math.min(segmentBytes, length - at), 0) < 0) {
                throw new KernelException("send a datagram", new Errno(Libc.errno()), null);
            }
        }
    }

    private long transmit(int at, int length, int controlLength) {
        outgoing.prepare(at, length, controlLength);
        return Libc.INSTANCE.sendmsg(descriptor.value(), outgoing.header.pointer(), 0);
    }

    /// Sends one datagram, on any thread.
    public void sendAlone(IpAddress to, int port, byte[] datagram) throws IOException {
        var address = new SocketAddress();
        address.set(to, port);
        NativeBuffer bytes = NativeBuffer.allocate(Math.max(1, datagram.length));
        bytes.bytes().put(0, datagram);
        long sent = Libc.INSTANCE.sendto(
                descriptor.value(),
                bytes.pointer(),
                datagram.length,
                0,
                address.memory().pointer(),
                SocketAddress.BYTES);
        if (sent < 0) {
            throw new KernelException("send a datagram", new Errno(Libc.errno()), null);
        }
    }

    @Override
    public int descriptor() {
        return descriptor.value();
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
