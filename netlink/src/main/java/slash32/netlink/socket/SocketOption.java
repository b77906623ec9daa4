package slash32.netlink.socket;

/// Options of sockets by the kernel's numbers (setsockopt(2)); those that one kind of socket has alone are with it.
public final class SocketOption {
    public static final int SOL_SOCKET = 1;
    public static final int SO_SNDBUFFORCE = 32;
    public static final int SO_RCVBUFFORCE = 33;
    public static final int IPPROTO_IP = 0;
    public static final int IP_FREEBIND = 15;
    public static final int IPPROTO_IPV6 = 41;

    private SocketOption() {}

    /// Sets an option that is an integer.
    public static void set(FileDescriptor descriptor, int level, int name, int value) throws KernelException {
        NativeBuffer number = NativeBuffer.allocate(4);
        number.bytes().putInt(0, value);
        set(descriptor, level, name, number);
    }

    /// Sets an option that is a structure, all of {@code value}.
    public static void set(FileDescriptor descriptor, int level, int name, NativeBuffer value) throws KernelException {
        FileDescriptor.check(
                Libc.INSTANCE.setsockopt(
                        descriptor.value(),
                        level,
                        name,
                        value.pointer(),
                        value.bytes().capacity()),
                "set option " + level + "/" + name + " of a socket");
    }
}
