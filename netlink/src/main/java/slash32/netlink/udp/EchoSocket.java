package slash32.netlink.udp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.FileDescriptor;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.Libc;
import slash32.netlink.socket.NativeBuffer;
import slash32.netlink.socket.Pollable;
import slash32.netlink.socket.SocketOption;

/// One raw socket that asks by ICMP or ICMPv6 for echoes (RFC 792, RFC 4443 §4.1) of packets that nobody on the way may
/// fragment, whatever this host believes of the path (IP_PMTUDISC_PROBE of ip(7)). The kernel answers what others ask.
///
/// Owned by one thread.
public final class EchoSocket implements Pollable, AutoCloseable {
    /// In front of what of an echo is to come back: type, code, checksum, identifier, sequence number.
    private static final int ICMP_HEADER_BYTES = 8;

    private static final int TOKEN_BYTES = 8;
    private static final int IPV4_HEADER_BYTES = 20;
    private static final int IPV6_HEADER_BYTES = 40;
    private static final int LARGEST_PACKET = 65_535;

    private static final int SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0x80000 | 0x800;
    private static final int SOL_RAW = 255;
    private static final int ICMP_FILTER = 1;
    private static final int IPPROTO_ICMP = 1;
    private static final int IP_MTU_DISCOVER = 10;
    private static final int IPPROTO_ICMPV6 = 58;
    private static final int ICMPV6_FILTER = 1;
    private static final int IPV6_MTU_DISCOVER = 23;
    private static final int IPV6_DONTFRAG = 62;
    private static final int PMTUDISC_PROBE = 3;

    private static final int ECHO_REPLY = 0;
    private static final int ECHO_REQUEST = 8;
    private static final int ECHO_REQUEST_6 = 128;
    private static final int ECHO_REPLY_6 = 129;

    private final FileDescriptor descriptor;
    private final boolean ipv4;
    private final NativeBuffer incoming = NativeBuffer.allocate(LARGEST_PACKET);
    private final NativeBuffer outgoing = NativeBuffer.allocate(LARGEST_PACKET);
    private final ByteBuffer received = incoming.bytes().duplicate().order(ByteOrder.BIG_ENDIAN);
    private final ByteBuffer toSend = outgoing.bytes().duplicate().order(ByteOrder.BIG_ENDIAN);
    private final NativeBuffer addressBytes = NativeBuffer.allocate(4);
    private final SocketAddress from = new SocketAddress();
    private final SocketAddress to = new SocketAddress();

    /// A message that came.
    ///
    /// @param isReply to somebody's request; else it is a request, which only an IPv6 socket hears of
    /// @param token what a request had in front of its padding
    public record Echo(IpAddress from, boolean isReply, int identifier, int sequence, long token) {}

    private EchoSocket(FileDescriptor descriptor, boolean ipv4) {
        this.descriptor = descriptor;
        this.ipv4 = ipv4;
    }

    /// Opens one in the calling thread's network namespace that hears replies to {@code local}, which need not be there
    /// yet, and sends from it.
    public static EchoSocket open(Ipv4Address local) throws IOException {
        FileDescriptor descriptor = raw(SocketAddress.AF_INET, IPPROTO_ICMP);
        try {
            NativeBuffer blocked = NativeBuffer.allocate(4); // struct icmp_filter
            blocked.bytes().putInt(0, ~(1 << ECHO_REPLY));
            SocketOption.set(descriptor, SOL_RAW, ICMP_FILTER, blocked);
            SocketOption.set(descriptor, SocketOption.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE);
            SocketOption.set(descriptor, SocketOption.IPPROTO_IP, SocketOption.IP_FREEBIND, 1);
            SocketAddress.bind(descriptor, local, 0, "a raw socket to " + local);
            return new EchoSocket(descriptor, true);
        } catch (IOException e) {
            descriptor.close();
            throw e;
        }
    }

    /// Opens one of IPv6 that hears requests and replies of all interfaces, and sends from whatever address the kernel
    /// chooses.
    public static EchoSocket openIpv6() throws IOException {
        FileDescriptor descriptor = raw(SocketAddress.AF_INET6, IPPROTO_ICMPV6);
        try {
            NativeBuffer blocked = NativeBuffer.allocate(32); // struct icmp6_filter
            for (int word = 0; word < 8; word++) {
                blocked.bytes().putInt(4 * word, -1);
            }
            int word = 4 * (ECHO_REQUEST_6 / Integer.SIZE);
            blocked.bytes().putInt(word, ~(1 << ECHO_REQUEST_6 | 1 << ECHO_REPLY_6));
            SocketOption.set(descriptor, IPPROTO_ICMPV6, ICMPV6_FILTER, blocked);
            SocketOption.set(descriptor, SocketOption.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE);
            SocketOption.set(descriptor, SocketOption.IPPROTO_IPV6, IPV6_DONTFRAG, 1);
            return new EchoSocket(descriptor, false);
        } catch (IOException e) {
            descriptor.close();
            throw e;
        }
    }

    private static FileDescriptor raw(int family, int protocol) throws KernelException {
        return FileDescriptor.of(
                Libc.INSTANCE.socket(family, SOCK_RAW_CLOEXEC_NONBLOCK, protocol), "open a raw socket for ICMP");
    }

    /// The smallest packet that an echo of this family can be.
    public static int leastBytes(boolean ipv4) {
        return (ipv4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES) + ICMP_HEADER_BYTES + TOKEN_BYTES;
    }

    /// Asks for an echo.
    ///
    /// @param link of a link-local address; null for others
    /// @param packetBytes with the IP header, at least {@link #leastBytes}
    /// @throws KernelException such as EMSGSIZE if the packet does not fit the interface it would leave by
    public void ask(
            IpAddress address, @Nullable InterfaceIndex link, int identifier, int sequence, long token, int packetBytes)
            throws IOException {
        to.set(address, 0, link == null ? 0 : link.value());
        int length = packetBytes - (ipv4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES);
        toSend.putShort(0, (short) ((ipv4 ? ECHO_REQUEST : ECHO_REQUEST_6) << 8))
                .putShort(2, (short) 0)
                .putShort(4, (short) identifier)
                .putShort(6, (short) sequence)
                .putLong(8, token); // zeros follow
        if (ipv4) { // of ICMPv6 the kernel does it
            toSend.putShort(2, (short) checksum());
        }
        long sent = send(length);
        if (sent < 0) {
            sent = send(length); // the first one may have told what ICMP said of an earlier packet
        }
        if (sent < 0) {
            throw new KernelException("send to " + address, new Errno(Libc.errno()), null);
        }
    }

    private long send(int length) {
        return Libc.INSTANCE.sendto(
                descriptor.value(), outgoing.pointer(), length, 0, to.memory().pointer(), SocketAddress.BYTES);
    }

    /// RFC 1071, of what is not zero.
    private int checksum() {
        int sum = 0;
        for (int at = 0; at < ICMP_HEADER_BYTES + TOKEN_BYTES; at += 2) {
            sum += toSend.getShort(at) & 0xffff;
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        return ~(sum + (sum >>> 16)) & 0xffff;
    }

    /// The next message that waits; null if none does, or if it is told instead what ICMP said of a packet that was
    /// sent: that one's reply will be missed.
    public @Nullable Echo receive() {
        addressBytes.bytes().putInt(0, SocketAddress.BYTES);
        long length = Libc.INSTANCE.recvfrom(
                descriptor.value(),
                incoming.pointer(),
                LARGEST_PACKET,
                0,
                from.memory().pointer(),
                addressBytes.pointer());
        return length < 0 ? null : parse((int) length);
    }

    private @Nullable Echo parse(int length) {
        int at = ipv4 && length > 0 ? 4 * (received.get(0) & 0xf) : 0; // a raw socket of IPv4 gives the IP header too
        if (length < at + ICMP_HEADER_BYTES + TOKEN_BYTES) {
            return null;
        }
        int type = received.get(at) & 0xff;
        return new Echo(
                from.address(),
                type == (ipv4 ? ECHO_REPLY : ECHO_REPLY_6),
                received.getShort(at + 4) & 0xffff,
                received.getShort(at + 6) & 0xffff,
                received.getLong(at + 8));
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
