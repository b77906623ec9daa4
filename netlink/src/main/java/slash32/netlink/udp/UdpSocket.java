package slash32.netlink.udp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import slash32.net.IpAddress;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.FileDescriptor;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.Libc;
import slash32.netlink.socket.NativeBuffer;
import slash32.netlink.socket.Pollable;
import slash32.netlink.socket.SocketFilter;
import slash32.netlink.socket.SocketFilter.Instruction;
import slash32.netlink.socket.SocketOption;

/// One UDP socket, bound to an address and a port.
public final class UdpSocket implements Pollable, AutoCloseable {
    private static final int SOCK_DGRAM_CLOEXEC_NONBLOCK = 2 | 0x80000 | 0x800;
    private static final int IP_TOS = 1;
    private static final int IP_TTL = 2;
    private static final int IPV6_UNICAST_HOPS = 16;
    private static final int IPV6_FREEBIND = 78;
    private static final int IPV6_TCLASS = 67;
    private static final int DATAGRAM_BYTES = 2_048;

    /// Of the network header, seen from a socket's filter (linux/filter.h, SKF_NET_OFF).
    private static final int NETWORK_HEADER = -0x100000;

    private static final int TTL_AT = 8;
    private static final int HOP_LIMIT_AT = 7;

    private final FileDescriptor descriptor;
    private final boolean ipv4;
    private final NativeBuffer incoming = NativeBuffer.allocate(DATAGRAM_BYTES);
    private final NativeBuffer outgoing = NativeBuffer.allocate(DATAGRAM_BYTES);
    private final ByteBuffer received = incoming.bytes().duplicate().order(ByteOrder.BIG_ENDIAN);
    private final ByteBuffer toSend = outgoing.bytes().duplicate().order(ByteOrder.BIG_ENDIAN);
    private final NativeBuffer addressBytes = NativeBuffer.allocate(4);
    private final SocketAddress from = new SocketAddress();
    private final SocketAddress to = new SocketAddress();

    private UdpSocket(FileDescriptor descriptor, boolean ipv4) {
        this.descriptor = descriptor;
        this.ipv4 = ipv4;
    }

    /// Opens one in the calling thread's network namespace. The address need not be there yet.
    ///
    /// @param requiredHopLimit of what is received: anything else is dropped by the kernel, and never wakes
    /// anybody; 0 for any
    /// @throws KernelException EADDRINUSE if another program has the port
    public static UdpSocket bind(IpAddress address, int port, int requiredHopLimit) throws IOException {
        String name = "UDP socket on " + address + " port " + port;
        int family = address.isIpv4() ? SocketAddress.AF_INET : SocketAddress.AF_INET6;
        FileDescriptor descriptor =
                FileDescriptor.of(Libc.INSTANCE.socket(family, SOCK_DGRAM_CLOEXEC_NONBLOCK, 0), "open " + name);
        try {
            var socket = new UdpSocket(descriptor, address.isIpv4());
            if (requiredHopLimit != 0) {
                socket.attachFilter(requiredHopLimit); // before the bind, so that nothing unfiltered is ever queued
            }
            if (address.isIpv4()) {
                SocketOption.set(descriptor, SocketOption.IPPROTO_IP, SocketOption.IP_FREEBIND, 1);
            } else {
                SocketOption.set(descriptor, SocketOption.IPPROTO_IPV6, IPV6_FREEBIND, 1);
            }
            SocketAddress.bind(descriptor, address, port, name);
            return socket;
        } catch (IOException e) {
            descriptor.close();
            throw e;
        }
    }

    /// Loads the octet, accepts all or nothing (linux/bpf_common.h).
    private void attachFilter(int hopLimit) throws IOException {
        SocketFilter.attach(
                descriptor,
                List.of(
                        new Instruction(0x30, 0, 0, NETWORK_HEADER + (ipv4 ? TTL_AT : HOP_LIMIT_AT)), // ldb
                        new Instruction(0x15, 0, 1, hopLimit), // jeq: one further if it is not
                        new Instruction(0x06, 0, 0, 0xffff), // ret #65535
                        new Instruction(0x06, 0, 0, 0))); // ret #0
    }

    /// Says how what is sent is to be marked.
    ///
    /// @param hopLimit 1 to 255
    /// @param trafficClass the octet of IPv4's TOS or IPv6's traffic class
    public void sendWith(int hopLimit, int trafficClass) throws IOException {
        if (ipv4) {
            SocketOption.set(descriptor, SocketOption.IPPROTO_IP, IP_TTL, hopLimit);
            SocketOption.set(descriptor, SocketOption.IPPROTO_IP, IP_TOS, trafficClass);
        } else {
            SocketOption.set(descriptor, SocketOption.IPPROTO_IPV6, IPV6_UNICAST_HOPS, hopLimit);
            SocketOption.set(descriptor, SocketOption.IPPROTO_IPV6, IPV6_TCLASS, trafficClass);
        }
    }

    /// Says where {@link #send} sends to. Not connect(2): what others send is received as well, and an ICMP
    /// error ends nothing.
    public void destination(IpAddress address, int port) {
        to.set(address, port);
    }

    /// Takes the next datagram that waits.
    ///
    /// @return its length, of which {@link #received} has the first 2048 octets; -1 if none waits
    public int receive() throws IOException {
        addressBytes.bytes().putInt(0, SocketAddress.BYTES);
        long length = Libc.INSTANCE.recvfrom(
                descriptor.value(),
                incoming.pointer(),
                DATAGRAM_BYTES,
                0,
                from.memory().pointer(),
                addressBytes.pointer());
        if (length >= 0) {
            return (int) length;
        }
        var errno = new Errno(Libc.errno());
        if (errno.equals(Errno.EAGAIN) || errno.equals(Errno.EINTR)) {
            return -1;
        }
        throw new KernelException("receive a datagram", errno, null);
    }

    /// The datagram that was received last, from octet 0, in network order; overwritten by the next.
    public ByteBuffer received() {
        return received;
    }

    /// True if the datagram that was received last came from {@code address}.
    public boolean isFrom(IpAddress address) {
        return from.is(address);
    }

    /// What {@link #send} sends, from octet 0, in network order.
    public ByteBuffer toSend() {
        return toSend;
    }

    /// Sends the first {@code length} octets of {@link #toSend}.
    ///
    /// @throws KernelException such as ENETUNREACH, EADDRNOTAVAIL, EPERM
    public void send(int length) throws IOException {
        long sent = Libc.INSTANCE.sendto(
                descriptor.value(), outgoing.pointer(), length, 0, to.memory().pointer(), SocketAddress.BYTES);
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
