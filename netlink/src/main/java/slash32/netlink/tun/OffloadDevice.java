package slash32.netlink.tun;

import java.io.IOException;
import java.nio.ByteBuffer;
import jnr.ffi.Pointer;
import slash32.net.InterfaceName;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.FileDescriptor;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.Libc;
import slash32.netlink.socket.NativeBuffer;
import slash32.netlink.socket.Pollable;

/// A TUN or TAP with segmentation offloads: one read or write carries up to 64 KiB of a TCP or UDP flow behind a
/// virtio_net_hdr of ten octets (linux/virtio_net.h), whose checksum is for the reader to complete.
///
/// One thread may read while another writes. Neither waits: {@link slash32.netlink.udp.UdpSelector} does.
public final class OffloadDevice implements Pollable, AutoCloseable {
    /// Of the virtio_net_hdr before each packet, in the machine's byte order.
    public static final int HEADER_BYTES = 10;

    /// Largest packet or frame behind it.
    public static final int MOST_BYTES = 65_535 + 18;

    private static final int O_NONBLOCK = 0x800;
    private static final int IFF_TUN = 0x0001;
    private static final int CHECKSUM_AND_TSO = 0x01 | 0x02 | 0x04; // TUN_F_CSUM, TSO4, TSO6
    private static final int USO = 0x20 | 0x40; // TUN_F_USO4, USO6: Linux 6.2

    private final InterfaceName name;
    private final FileDescriptor descriptor;
    private final boolean udpSegments;
    private final NativeBuffer incoming = NativeBuffer.allocate(HEADER_BYTES + MOST_BYTES);
    private final NativeBuffer outgoing = NativeBuffer.allocate(HEADER_BYTES + MOST_BYTES);

    /// What a device carries.
    public enum Layer {
        /// IP packets: a TUN.
        PACKETS(IFF_TUN),
        /// Ethernet frames: a TAP.
        FRAMES(Tap.IFF_TAP);

        private final int flag;

        Layer(int flag) {
            this.flag = flag;
        }
    }

    private OffloadDevice(InterfaceName name, FileDescriptor descriptor, boolean udpSegments) {
        this.name = name;
        this.udpSegments = udpSegments;
        this.descriptor = descriptor;
    }

    /// Opens the device of this name in the calling thread's network namespace, and makes it if there is none. It goes
    /// with this descriptor, unless it was made persistent.
    ///
    /// @throws KernelException EBUSY if somebody has it; EINVAL if it is something else
    public static OffloadDevice open(InterfaceName name, Layer layer) throws IOException {
        FileDescriptor descriptor = Tap.attach(name, Tap.O_RDWR_CLOEXEC | O_NONBLOCK, layer.flag | Tap.IFF_VNET_HDR);
        boolean udpSegments = offload(descriptor, CHECKSUM_AND_TSO | USO) >= 0;
        if (!udpSegments && offload(descriptor, CHECKSUM_AND_TSO) < 0) {
            Errno errno = new Errno(Libc.errno());
            descriptor.close();
            throw new KernelException("set offloads of " + name, errno, null);
        }
        return new OffloadDevice(name, descriptor, udpSegments);
    }

    private static int offload(FileDescriptor descriptor, int features) {
        return Libc.INSTANCE.ioctl(descriptor.value(), Tap.TUNSETOFFLOAD, Pointer.wrap(Libc.RUNTIME, features));
    }

    public InterfaceName name() {
        return name;
    }

    /// Whether datagrams of UDP may be read and written as one too, which Linux 6.2 and later do.
    public boolean takesUdpSegments() {
        return udpSegments;
    }

    /// Takes the next packet that the host sends.
    ///
    /// @return the length of header and packet, which {@link #received} has; -1 if none waits
    /// @throws KernelException EIO (5) or EBADFD while the link is down
    public int read() throws IOException {
        long length = Libc.INSTANCE.read(
                descriptor.value(), incoming.pointer(), incoming.bytes().capacity());
        if (length >= 0) {
            return (int) length;
        }
        var errno = new Errno(Libc.errno());
        if (errno.equals(Errno.EAGAIN) || errno.equals(Errno.EINTR)) {
            return -1;
        }
        throw new KernelException("read from " + name, errno, null);
    }

    /// What was read last, from octet 0; overwritten by the next.
    public ByteBuffer received() {
        return incoming.bytes();
    }

    /// What {@link #write} gives to the host, from octet 0.
    public ByteBuffer toWrite() {
        return outgoing.bytes();
    }

    /// Gives the host the first {@code length} octets of {@link #toWrite}.
    ///
    /// @throws KernelException EINVAL if the header does not fit the packet, EIO while the link is down
    public void write(int length) throws IOException {
        if (Libc.INSTANCE.write(descriptor.value(), outgoing.pointer(), length) < 0) {
            throw new KernelException("write to " + name, new Errno(Libc.errno()), null);
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
