package slash32.netlink.udp;

import java.io.IOException;
import java.nio.ByteBuffer;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.netlink.socket.FileDescriptor;
import slash32.netlink.socket.Libc;
import slash32.netlink.socket.NativeBuffer;

/// struct sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)) in native memory.
final class SocketAddress {
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int BYTES = 28;

    private final NativeBuffer memory = NativeBuffer.allocate(BYTES);

    /// Binds a socket.
    ///
    /// @param name of the socket, for the error
    static void bind(FileDescriptor descriptor, IpAddress address, int port, String name) throws IOException {
        var local = new SocketAddress();
        local.set(address, port);
        FileDescriptor.check(Libc.INSTANCE.bind(descriptor.value(), local.memory.pointer(), BYTES), "bind " + name);
    }

    NativeBuffer memory() {
        return memory;
    }

    void set(IpAddress address, int port) {
        ByteBuffer bytes = memory.bytes();
        bytes.putShort(0, (short) (address.isIpv4() ? AF_INET : AF_INET6));
        bytes.put(2, (byte) (port >>> 8)).put(3, (byte) port);
        bytes.put(address.isIpv4() ? 4 : 8, address.toArray());
    }

    /// The same with the link of a link-local address (sin6_scope_id).
    void set(IpAddress address, int port, int link) {
        set(address, port);
        memory.bytes().putInt(24, link);
    }

    boolean is(IpAddress address) {
        ByteBuffer bytes = memory.bytes();
        return switch (address) {
            case Ipv4Address v4 -> bytes.getShort(0) == AF_INET && bigEndian(4) == v4.value();
            case Ipv6Address v6 ->
                bytes.getShort(0) == AF_INET6
                        && bigEndian(8) == (int) (v6.high() >>> 32)
                        && bigEndian(12) == (int) v6.high()
                        && bigEndian(16) == (int) (v6.low() >>> 32)
                        && bigEndian(20) == (int) v6.low();
        };
    }

    IpAddress address() {
        ByteBuffer bytes = memory.bytes();
        boolean ipv4 = bytes.getShort(0) == AF_INET;
        byte[] octets = new byte[ipv4 ? 4 : 16];
        bytes.get(ipv4 ? 4 : 8, octets);
        return ipv4 ? Ipv4Address.of(octets) : Ipv6Address.of(octets);
    }

    int port() {
        return (memory.bytes().get(2) & 0xff) << 8 | (memory.bytes().get(3) & 0xff);
    }

    private int bigEndian(int at) {
        ByteBuffer bytes = memory.bytes();
        return (bytes.get(at) & 0xff) << 24
                | (bytes.get(at + 1) & 0xff) << 16
                | (bytes.get(at + 2) & 0xff) << 8
                | (bytes.get(at + 3) & 0xff);
    }
}
