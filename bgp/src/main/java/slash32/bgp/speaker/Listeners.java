package slash32.bgp.speaker;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.net.IpAddress;

/// The sockets that peers connect to. On thread {@code bgp}, but for {@link #bind} and {@link #close}.
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);

    private final EventLoop loop;
    private final Consumer<Channel> accepted;
    private final Map<IpAddress, Channel> channels = new LinkedHashMap<>();
    private SpeakerConfig config;
    private volatile boolean closed;

    /// @param accepted takes each connection
    Listeners(EventLoop loop, SpeakerConfig config, Consumer<Channel> accepted) {
        this.loop = loop;
        this.config = config;
        this.accepted = accepted;
    }

    /// Listens, and takes no connection before {@link #accept}.
    ///
    /// @throws IOException if an address can't be listened on
    void bind() throws IOException {
        for (IpAddress address : config.listen()) {
            ChannelFuture bound = bind(address).awaitUninterruptibly();
            if (!bound.isSuccess()) {
                throw new IOException(notListening(address, bound));
            }
            bound(address, bound.channel());
        }
    }

    /// There are sessions to give connections to.
    void accept() {
        channels.values().forEach(channel -> channel.config().setAutoRead(true));
    }

    /// Goes on with the addresses and keys of {@code now}. An address that can't be listened on is logged.
    void configure(SpeakerConfig now) {
        SpeakerConfig before = config;
        config = now;
        for (IpAddress address : List.copyOf(channels.keySet())) {
            Channel gone = now.listen().contains(address) ? null : channels.remove(address);
            if (gone != null) {
                var _ = gone.close();
            }
        }
        channels.values().forEach(channel -> sign(channel, before));
        for (IpAddress address : now.listen()) {
            if (!channels.containsKey(address)) {
                var _ = bind(address).addListener((ChannelFuture bound) -> boundLate(address, bound));
            }
        }
    }

    private void sign(Channel channel, SpeakerConfig before) {
        try {
            SegmentKeys.change(channel, before, config);
        } catch (IOException e) {
            LOG.error("event=keys-not-changed listen={} reason=\"{}\"", channel.localAddress(), e.getMessage());
        }
    }

    private ChannelFuture bind(IpAddress address) {
        var bootstrap = new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(EpollChannelOption.IP_FREEBIND, true)
                .option(ChannelOption.AUTO_READ, false)
                .option(EpollChannelOption.TCP_MD5SIG, SegmentKeys.md5(config))
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(EpollChannelOption.TCP_USER_TIMEOUT, SocketOptions.USER_TIMEOUT_MILLIS)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(SocketOptions.READ_BYTES))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accepted.accept(channel);
                    }
                });
        return bootstrap.bind(SocketAddresses.of(address, config.port()));
    }

    private void bound(IpAddress address, Channel channel) throws IOException {
        channels.put(address, channel);
        SegmentKeys.addTo(channel, config);
        if (config.everyPeer().anyMatch(peer -> peer.options().ttlSecurityHops() > 0)) {
            // our SYN-ACK is dropped otherwise
            channel.config().setOption(SocketOptions.ttl(address.isIpv4()), SocketOptions.FULL_TTL);
        }
    }

    private void boundLate(IpAddress address, ChannelFuture bound) throws IOException {
        if (!bound.isSuccess()) {
            LOG.error("event=not-listening reason=\"{}\"", notListening(address, bound));
        } else if (config.listen().contains(address) && !channels.containsKey(address) && !closed) {
            bound(address, bound.channel());
            bound.channel().config().setAutoRead(true);
        } else {
            var _ = bound.channel().close();
        }
    }

    private String notListening(IpAddress address, ChannelFuture bound) {
        return "listen for BGP on " + address + " port " + config.port() + ": "
                + bound.cause().getMessage();
    }

    void close() {
        closed = true;
        for (Channel channel : channels.values()) {
            var _ = channel.close();
        }
    }
}
