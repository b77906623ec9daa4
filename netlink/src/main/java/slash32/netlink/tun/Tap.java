package slash32.netlink.tun;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import jnr.ffi.Pointer;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.FileDescriptor;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.Libc;

/// An open TAP: one queue of the device, at which a hypervisor, or the lab's cable, is the guest's side.
///
/// One thread may read while another writes; the device goes with its last queue unless it is persistent.
public final class Tap implements AutoCloseable {
    static final int O_RDWR_CLOEXEC = 0x80002;
    private static final int IFREQ_BYTES = 40;
    static final int IFF_TAP = 0x0002;
    private static final int IFF_NO_PI = 0x1000;
    static final int IFF_VNET_HDR = 0x4000;
    private static final int IFF_MULTI_QUEUE = 0x0100;
    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETPERSIST = 0x400454cbL;
    private static final long TUNSETOWNER = 0x400454ccL;
    private static final long TUNSETGROUP = 0x400454ceL;
    static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final long TUNSETVNETHDRSZ = 0x400454d8L;

    private final InterfaceName name;
    private final FileDescriptor descriptor;

    /// How a TAP is opened.
    ///
    /// @param vnetHeader each frame has a virtio_net_hdr of 12 bytes before it, for offloads
    /// @param multiQueue the device takes one queue per opener; fixed when the device is made
    public record Mode(boolean vnetHeader, boolean multiQueue) {
        /// Bare frames, one queue.
        public static final Mode PLAIN = new Mode(false, false);
    }

    private Tap(InterfaceName name, FileDescriptor descriptor) {
        this.name = name;
        this.descriptor = descriptor;
    }

    /// Opens the TAP of this name in the calling thread's network namespace, and makes it if there is none.
    ///
    /// @throws KernelException EBUSY if somebody has its only queue; EINVAL if it is no TAP, or its multi-queue
    ///     setting is another
    public static Tap open(InterfaceName name, Mode mode) throws IOException {
        int flags = IFF_TAP | (mode.vnetHeader() ? IFF_VNET_HDR : 0) | (mode.multiQueue() ? IFF_MULTI_QUEUE : 0);
        return new Tap(name, attach(name, O_RDWR_CLOEXEC, flags));
    }

    /// A queue of the device of this name, which is made if there is none.
    static FileDescriptor attach(InterfaceName name, int openFlags, int deviceFlags) throws IOException {
        FileDescriptor descriptor =
                FileDescriptor.of(Libc.INSTANCE.open("/dev/net/tun", openFlags), "open /dev/net/tun");
        Pointer request = wrap(ByteBuffer.allocateDirect(IFREQ_BYTES).order(ByteOrder.nativeOrder()));
        byte[] text = name.value().getBytes(StandardCharsets.US_ASCII);
        request.put(0, text, 0, text.length);
        request.putShort(InterfaceName.MAX_LENGTH + 1, (short) (IFF_NO_PI | deviceFlags));
        if (Libc.INSTANCE.ioctl(descriptor.value(), TUNSETIFF, request) < 0) {
            Errno errno = new Errno(Libc.errno());
            descriptor.close();
            throw new KernelException(
                    "open " + ((deviceFlags & IFF_TAP) != 0 ? "TAP " : "TUN ") + name, errno, hint(errno));
        }
        return descriptor;
    }

    private static @Nullable String hint(Errno errno) {
        if (errno.equals(Errno.EBUSY)) {
            return "another process has it open";
        }
        return errno.equals(Errno.EINVAL)
                ? "the interface of this name is no TAP, or was made with another multi-queue setting"
                : null;
    }

    public InterfaceName name() {
        return name;
    }

    /// Keeps the device when its last queue is closed, or not.
    public void setPersistent(boolean persistent) throws IOException {
        set(TUNSETPERSIST, persistent ? 1 : 0, "make TAP " + name + " persistent");
    }

    /// Lets this user open it without privileges; the kernel offers no way to take that back.
    ///
    /// @param uid not negative
    public void setOwner(int uid) throws IOException {
        set(TUNSETOWNER, uid, "set owner of TAP " + name);
    }

    /// Lets this group open it without privileges; the kernel offers no way to take that back.
    ///
    /// @param gid not negative
    public void setGroup(int gid) throws IOException {
        set(TUNSETGROUP, gid, "set group of TAP " + name);
    }

    /// States which offloads the reader takes (TUN_F_*); needs a vnet header.
    public void setOffload(int features) throws IOException {
        set(TUNSETOFFLOAD, features, "set offloads of TAP " + name);
    }

    /// Sets the length of the virtio_net_hdr, 10 or 12.
    public void setVnetHeaderBytes(int length) throws IOException {
        Pointer value = wrap(ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder()));
        value.putInt(0, length);
        FileDescriptor.check(
                Libc.INSTANCE.ioctl(descriptor.value(), TUNSETVNETHDRSZ, value),
                "set vnet header length of TAP " + name);
    }

    private void set(long request, int value, String what) throws IOException {
        FileDescriptor.check(Libc.INSTANCE.ioctl(descriptor.value(), request, Pointer.wrap(Libc.RUNTIME, value)), what);
    }

    /// Waits for a frame from the host and reads it to the start of {@code direct}.
    ///
    /// @param direct native memory; its position and limit are not used
    /// @return the frame's length
    public int read(ByteBuffer direct) throws IOException {
        return transfer("read from TAP ", Libc.INSTANCE.read(descriptor.value(), wrap(direct), direct.capacity()));
    }

    /// Gives the host the frame in the first {@code length} bytes of {@code direct}.
    public void write(ByteBuffer direct, int length) throws IOException {
        transfer("write to TAP ", Libc.INSTANCE.write(descriptor.value(), wrap(direct), length));
    }

    /// All of the buffer: jnr-ffi's pointer would else begin at its position.
    private static Pointer wrap(ByteBuffer direct) {
        return Pointer.wrap(
                Libc.RUNTIME, direct.duplicate().order(ByteOrder.nativeOrder()).clear());
    }

    private int transfer(String what, long result) throws IOException {
        if (result < 0) {
            throw new KernelException(what + name, new Errno(Libc.errno()), null);
        }
        return (int) result;
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
