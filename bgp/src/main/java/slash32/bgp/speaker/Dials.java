package slash32.bgp.speaker;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Connections to peers that are being made. On thread {@code bgp}.
final class Dials {
    private static final int CONNECT_TIMEOUT_MILLIS = 10_000;

    private final EventLoop loop;
    private final Map<PeerSession, Map<Long, Channel>> wanted = new HashMap<>();

    Dials(EventLoop loop) {
        this.loop = loop;
    }

    /// Connects, and tells the peer's session what became of it.
    void dial(PeerSession peer, long connection) {
        PeerConfig to = peer.config();
        var bootstrap = new Bootstrap()
                .group(loop)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .option(EpollChannelOption.TCP_USER_TIMEOUT, SocketOptions.USER_TIMEOUT_MILLIS)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(SocketOptions.READ_BYTES))
                .handler(new Inbound(peer));
        SegmentKeys.addTo(bootstrap, to);
        if (to.options().ttlSecurityHops() > 0) {
            bootstrap.option(SocketOptions.ttl(to.address().isIpv4()), SocketOptions.FULL_TTL);
        }
        if (to.localAddress() != null) {
            bootstrap.localAddress(SocketAddresses.of(to.localAddress(), 0));
        }
        ChannelFuture connect = bootstrap.connect(SocketAddresses.of(to.address(), to.port()));
        wanted.computeIfAbsent(peer, _ -> new HashMap<>()).put(connection, connect.channel());
        var _ = connect.addListener(_ -> {
            if (take(peer, connection) == null) {
                var _ = connect.channel().close();
            } else if (connect.isSuccess()) {
                peer.dialed(connection, connect.channel());
            } else {
                peer.dialFailed(connection, String.valueOf(connect.cause().getMessage()));
            }
        });
    }

    private @Nullable Channel take(PeerSession peer, long connection) {
        Map<Long, Channel> its = wanted.get(peer);
        return its == null ? null : its.remove(connection);
    }

    void cancel(PeerSession peer, long connection) {
        Channel channel = take(peer, connection);
        if (channel != null) {
            var _ = channel.close();
        }
    }

    /// Of a peer that is gone; what is still made is closed then.
    void forget(PeerSession peer) {
        wanted.remove(peer);
    }
}
