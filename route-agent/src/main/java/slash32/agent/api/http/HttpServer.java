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
import io.netty.channel.epoll.EpollDomainSocketChannel;
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
    private static final int BACKLOG = 1024;
    private static final String FOR_OWNER_AND_GROUP = "rw-rw----";
    private static final String FOR_EVERYBODY = "rw-rw-rw-";

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
        listen(path, _ -> handler);
    }

    /// The same, with a handler for each connection that knows who calls.
    public void listen(Path path, Function<Caller, RequestHandler> handlers) throws IOException {
        listen(path, FOR_OWNER_AND_GROUP, handlers);
    }

    /// The same, on a socket that everybody may connect to.
    public void listenToAll(Path path, Function<Caller, RequestHandler> handlers) throws IOException {
        listen(path, FOR_EVERYBODY, handlers);
    }

    private void listen(Path path, String mode, Function<Caller, RequestHandler> handlers) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            checkStale(path);
        }
        Files.createDirectories(path.toAbsolutePath().getParent());
        // Made under another name, so that the right one never has the wrong mode.
        Path fresh = path.resolveSibling(path.getFileName() + ".new");
        Files.deleteIfExists(fresh);
        bind(
                new ServerBootstrap(),
                EpollServerDomainSocketChannel.class,
                new DomainSocketAddress(fresh.toFile()),
                channel -> local(channel, handlers));
        Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString(mode));
        Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
        sockets.add(path);
    }

    /// Listens on a TCP port.
    ///
    /// @param port 0 for any that is free
    /// @return the port
    /// @throws IOException if it can't be had
    public int listen(IpAddress address, int port, RequestHandler handler) throws IOException {
        return listen(new ServerBootstrap(), address, port, _ -> handler);
    }

    /// Listens on a TCP port of an address that needn't be there yet, with a handler for each client.
    ///
    /// @return the port
    /// @throws IOException if it can't be had
    public int listenEarly(IpAddress address, int port, Function<IpAddress, RequestHandler> handlers)
            throws IOException {
        return listen(new ServerBootstrap().option(EpollChannelOption.IP_FREEBIND, true), address, port, handlers);
    }

    private int listen(
            ServerBootstrap bootstrap, IpAddress address, int port, Function<IpAddress, RequestHandler> handlers)
            throws IOException {
        var local = new InetSocketAddress(InetAddress.getByAddress(address.toArray()), port);
        Channel listener = bind(bootstrap, EpollServerSocketChannel.class, local, channel -> remote(channel, handlers));
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    /// Who is at the other end.
    ///
    /// @param key who shares the connections that one client may have
    private record Client(Object key, RequestHandler handler) {}

    /// Null if it is gone already.
    private static @Nullable Client remote(Channel channel, Function<IpAddress, RequestHandler> handlers) {
        if (channel.remoteAddress() instanceof InetSocketAddress remote) {
            IpAddress address = IpAddress.of(remote.getAddress().getAddress());
            return new Client(address, handlers.apply(address));
        }
        return null;
    }

    /// Null if it is gone already.
    private static @Nullable Client local(Channel channel, Function<Caller, RequestHandler> handlers) {
        try {
            Caller caller = Caller.of((EpollDomainSocketChannel) channel);
            return new Client(caller.user(), handlers.apply(caller));
        } catch (IOException e) {
            return null;
        }
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

    /// @param clients tells whose connection it is; null to drop it
    private Channel bind(
            ServerBootstrap bootstrap,
            Class<? extends ServerChannel> kind,
            SocketAddress address,
            Function<Channel, @Nullable Client> clients)
            throws IOException {
        var shares = new ConnectionShares(limits.connectionsOfOne());
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
                        Client client = clients.apply(channel);
                        if (client == null) {
                            var unused = channel.close();
                            return;
                        }
                        channel.pipeline().addLast(new HttpServerCodec(new HttpDecoderConfig()));
                        if (!room || !shares.take(client.key())) {
                            channel.pipeline().addLast(new TurnedAway(noRoom(client, room)));
                            return;
                        }
                        channel.closeFuture().addListener(_ -> shares.give(client.key()));
                        channel.pipeline()
                                .addLast(new FlowControlHandler())
                                .addLast(new HttpConnection(client.handler(), limits));
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

    private Response.Whole noRoom(Client client, boolean forOthers) {
        String detail = forOthers
                ? "one client may have " + limits.connectionsOfOne() + " connections at once"
                : "all " + limits.connections() + " connections are taken";
        return client.handler().refused(503, detail).later();
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
