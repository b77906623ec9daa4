package slash32.bgp.speaker;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// The socket options of ip(7), ipv6(7) and tcp(7) that Netty has no name for.
final class SocketOptions {
    private static final int IPPROTO_IP = 0;
    private static final int IPPROTO_TCP = 6;
    private static final int IPPROTO_IPV6 = 41;
    /// What a peer with TTL security wants to see (RFC 5082 §3).
    static final int FULL_TTL = 255;

    private static final ChannelOption<Integer> IP_TTL = new IntegerUnixChannelOption("IP_TTL", IPPROTO_IP, 2);
    private static final ChannelOption<Integer> IP_MINTTL = new IntegerUnixChannelOption("IP_MINTTL", IPPROTO_IP, 21);
    private static final ChannelOption<Integer> IPV6_UNICAST_HOPS =
            new IntegerUnixChannelOption("IPV6_UNICAST_HOPS", IPPROTO_IPV6, 16);
    private static final ChannelOption<Integer> IPV6_MINHOPCOUNT =
            new IntegerUnixChannelOption("IPV6_MINHOPCOUNT", IPPROTO_IPV6, 73);

    static final int READ_BYTES = 64 * 1024;
    static final int USER_TIMEOUT_MILLIS = 30_000;

    /// struct tcp_md5sig of linux/tcp.h: an address of 128 octets, flags, prefix length, key length, ifindex, key.
    private static final int MD5SIG_BYTES = 216;

    private static final ChannelOption<ByteBuffer> TCP_MD5SIG_EXT =
            new RawUnixChannelOption("TCP_MD5SIG_EXT", IPPROTO_TCP, 32, MD5SIG_BYTES);
    private static final byte MD5SIG_FLAG_PREFIX = 1;
    private static final int SOCKADDR_STORAGE_BYTES = 128;
    private static final short AF_INET = 2;
    private static final short AF_INET6 = 10;
    /// What Netty opens, for IPv4 too.
    static final short AF_OF_SOCKETS = familyOfSockets();

    private SocketOptions() {}

    private static short familyOfSockets() {
        Epoll.ensureAvailability(); // its native part knows
        return Socket.isIPv6Preferred() ? AF_INET6 : AF_INET;
    }

    /// The TTL that packets leave with.
    static ChannelOption<Integer> ttl(boolean ipv4) {
        return ipv4 ? IP_TTL : IPV6_UNICAST_HOPS;
    }

    /// The kernel drops what comes from more than {@code hops} away (RFC 5082 §3).
    static void takeFromWithin(int hops, Channel channel, boolean ipv4) {
        channel.config().setOption(ipv4 ? IP_MINTTL : IPV6_MINHOPCOUNT, FULL_TTL + 1 - hops);
    }

    /// The kernel drops segments from {@code peers} that are not signed with {@code key}; null takes the key away.
    static void md5(Channel channel, Prefix peers, @Nullable Bytes key) throws IOException {
        try {
            channel.config().setOption(TCP_MD5SIG_EXT, md5sig(peers, key, AF_INET6));
        } catch (ChannelException ofAnotherFamily) {
            // a socket of AF_INET, where the host has no IPv6
            try {
                channel.config().setOption(TCP_MD5SIG_EXT, md5sig(peers, key, AF_INET));
            } catch (ChannelException e) {
                throw new IOException("set the TCP MD5 key of peers in " + peers + ": " + e.getMessage(), e);
            }
        }
    }

    private static ByteBuffer md5sig(Prefix peers, @Nullable Bytes key, short family) {
        byte[] secret = key == null ? new byte[0] : key.toArray();
        ByteBuffer option = ByteBuffer.allocateDirect(MD5SIG_BYTES).order(ByteOrder.nativeOrder());
        putAddress(option, peers.address(), family);
        option.position(SOCKADDR_STORAGE_BYTES);
        option.put(MD5SIG_FLAG_PREFIX).put((byte) peers.length()).putShort((short) secret.length);
        return option.putInt(0).put(secret).position(0);
    }

    /// A struct sockaddr_in or sockaddr_in6; IPv4 as a mapped address in the latter.
    static void putAddress(ByteBuffer option, IpAddress address, short family) {
        option.putShort(0, family);
        byte[] octets = address.toArray();
        if (family == AF_INET) {
            option.put(4, octets);
        } else if (address.isIpv4()) {
            option.put(18, (byte) 0xff).put(19, (byte) 0xff).put(20, octets);
        } else {
            option.put(8, octets);
        }
    }
}
