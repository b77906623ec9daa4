package slash32.agent.api.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;

/// Listening sockets that share one event loop.
public final class HttpServer implements AutoCloseable {
    private static final int BACKLOG = 128;
    private static final String SOCKET_MODE = "rw-rw----";

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("http", true), EpollIoHandler.newFactory());
    private final Limits limits;
    private final List<Channel> listeners = new ArrayList<>();
    private final List<Path> sockets = new ArrayList<>();

    public HttpServer(Limits limits) {
        this.limits = limits;
    }

    /// Listens on a Unix socket of mode 0660 at {@code path}, in place of one that nobody listens on.
    ///
    /// @throws IOException if somebody does, or something else than a socket is there, or it can't be made
    public void listen(Path path, RequestHandler handler) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            checkStale(path);
        }
        Files.createDirectories(path.toAbsolutePath().getParent());
        // Made under another name, so that the right one never has the wrong mode.
        Path fresh = path.resolveSibling(path.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        bind(EpollServerDomainSocketChannel.class, new DomainSocketAddress(fresh.toFile()), handler);
        Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString(SOCKET_MODE));
        Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
        sockets.add(path);
    }

    /// Listens on a TCP port.
    ///
    /// @param port 0 for any that is free
    /// @return the port
    /// @throws IOException if it can't be had
    public int listen(IpAddress address, int port, RequestHandler handler) throws IOException {
        var local = new InetSocketAddress(InetAddress.getByAddress(address.toArray()), port);
        Channel channel = bind(EpollServerSocketChannel.class, local, handler);
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    /// Listens on a TCP port of an address that needn't be there yet, with a handler for each client, which may have
    /// only a few connections at once.
    ///
    /// @return the port
    /// @throws IOException if it can't be had
    public int listenEarly(IpAddress address, int port, Function<IpAddress, RequestHandler> handlers)
            throws IOException {
        var local = new InetSocketAddress(InetAddress.getByAddress(address.toArray()), port);
        var shares = new ConnectionShares(limits.connectionsOfOne());
        Channel listener = bind(
                new ServerBootstrap().option(EpollChannelOption.IP_FREEBIND, true),
                EpollServerSocketChannel.class,
                local,
                channel -> {
                    IpAddress client = remote(channel);
                    if (client == null || !shares.take(client)) {
                        return null;
                    }
                    channel.closeFuture().addListener(_ -> shares.give(client));
                    return handlers.apply(client);
                });
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /// Null if the client is gone already.
    private static @Nullable IpAddress remote(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress remote
                ? IpAddress.of(remote.getAddress().getAddress())
                : null;
    }

    private static void checkStale(Path path) throws IOException {
        try (var probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            Object kind = Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            boolean socket = ((int) kind & 0170000) == 0140000;
            if (!socket) {
                throw new IOException("listen on " + path + ": something that isn't a socket is there", e);
            }
            return;
        }
        throw new IOException("listen on " + path + ": another process does already");
    }

    private Channel bind(Class<? extends ServerChannel> kind, SocketAddress address, RequestHandler handler)
            throws IOException {
        return bind(new ServerBootstrap(), kind, address, _ -> handler);
    }

    /// @param handlers gives the handler of a connection; null to drop it
    private Channel bind(
            ServerBootstrap bootstrap,
            Class<? extends ServerChannel> kind,
            SocketAddress address,
            Function<Channel, @Nullable RequestHandler> handlers)
            throws IOException {
        var connections = new AtomicInteger();
        ChannelFuture bound = bootstrap
                .group(loop)
                .channel(kind)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        boolean room = connections.incrementAndGet() <= limits.connections();
                        channel.closeFuture().addListener(_ -> connections.decrementAndGet());
                        RequestHandler handler = room ? handlers.apply(channel) : null;
                        if (handler == null) {
                            var unused = channel.close();
                            return;
                        }
                        channel.pipeline()
                                .addLast(new HttpServerCodec(new HttpDecoderConfig()))
                                .addLast(new FlowControlHandler())
                                .addLast(new HttpConnection(handler, limits));
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException("listen on " + address + ": " + bound.cause().getMessage(), bound.cause());
        }
        listeners.add(bound.channel());
        return bound.channel();
    }

    /// Stops listening and drops every connection.
    @Override
    public void close() {
        listeners.forEach(listener -> listener.close().awaitUninterruptibly());
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        for (Path socket : sockets) {
            try {
                Files.deleteIfExists(socket);
            } catch (IOException e) {
                // The next agent replaces it.
            }
        }
    }
}
