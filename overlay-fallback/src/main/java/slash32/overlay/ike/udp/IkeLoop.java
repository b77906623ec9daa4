package slash32.overlay.ike.udp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.exchange.Action;
import slash32.overlay.ike.exchange.IkeNode;
import slash32.overlay.ike.exchange.NodeConfig;
import slash32.overlay.ike.exchange.Path;

/// The two sockets of one address and the one timer of an {@link IkeNode}.
///
/// All methods but {@link #run} may be called by any thread.
public final class IkeLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(IkeLoop.class);

    private static final int LARGEST_DATAGRAM = 65_535;

    /// Messages of port 4500 that wait for the loop's thread.
    private static final int MOST_HANDED_OVER = 1_024;

    /// What stands before an IKE message on port 4500, where ESP has its SPI (RFC 3948 §2.2).
    private static final int NON_ESP_MARKER = 0;

    private final IpAddress local;
    private final IkeListener listener;
    private final Selector selector;
    private final DatagramChannel ike;
    /// Null where another has it.
    private final @Nullable DatagramChannel nat;

    private final @Nullable NatPort natPort;
    private final IkeNode node;
    private final Queue<Command> commands = new ConcurrentLinkedQueue<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(LARGEST_DATAGRAM);
    private final AtomicInteger handedOver = new AtomicInteger();
    private volatile Map<IkeNode.Counter, Long> counters = Map.of();
    private volatile boolean closed;

    /// Something that is done with the node by its own thread.
    @FunctionalInterface
    public interface Command {
        void on(IkeNode node, long nowNanos);
    }

    private IkeLoop(IpAddress local, NodeConfig config, IkeListener listener, @Nullable NatPort natPort)
            throws IOException {
        this.local = local;
        this.listener = listener;
        node = new IkeNode(config, new SecureRandom(), System.nanoTime());
        selector = Selector.open();
        ike = bound(Path.IKE_PORT);
        this.natPort = natPort;
        nat = natPort == null ? bound(Path.NAT_PORT) : null;
    }

    /// Binds both ports in the calling thread's network namespace.
    ///
    /// @throws IOException naming address and port, if one is taken or the address is not this node's
    public static IkeLoop open(IpAddress local, NodeConfig config, IkeListener listener) throws IOException {
        return new IkeLoop(local, config, listener, null);
    }

    /// The same where {@code natPort} has port 4500, and gives what is IKE's to {@link #received}.
    public static IkeLoop open(IpAddress local, NodeConfig config, IkeListener listener, NatPort natPort)
            throws IOException {
        return new IkeLoop(local, config, listener, natPort);
    }

    private DatagramChannel bound(int port) throws IOException {
        DatagramChannel channel = DatagramChannel.open();
        try {
            channel.bind(socketAddress(local, port));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, port);
            return channel;
        } catch (IOException e) {
            channel.close();
            throw new IOException("IKE on " + local + " port " + port + ": " + e.getMessage(), e);
        }
    }

    private static InetSocketAddress socketAddress(IpAddress address, int port) throws UnknownHostException {
        return new InetSocketAddress(InetAddress.getByAddress(address.toArray()), port);
    }

    /// Has the thread of {@link #run} do {@code command}.
    public void execute(Command command) {
        commands.add(command);
        selector.wakeup();
    }

    /// Takes a message that came on port 4500, without its non-ESP marker.
    ///
    /// @return false if so many wait that this one is lost
    public boolean received(IpAddress from, int port, byte[] message) {
        if (handedOver.incrementAndGet() > MOST_HANDED_OVER) {
            handedOver.decrementAndGet();
            return false;
        }
        execute((node, now) -> {
            handedOver.decrementAndGet();
            node.received(new Path(local, Path.NAT_PORT, from, port), message, now);
        });
        return true;
    }

    /// What was refused so far.
    public Map<IkeNode.Counter, Long> counters() {
        return counters;
    }

    /// Serves until {@link #close}.
    ///
    /// @throws IOException if the sockets fail for good
    public void run() throws IOException {
        try (selector;
                ike;
                nat) {
            while (!closed) {
                selector.select(timeoutMillis());
                for (Command command = commands.poll(); command != null; command = commands.poll()) {
                    command.on(node, System.nanoTime());
                }
                for (SelectionKey key : selector.selectedKeys()) {
                    receive((DatagramChannel) key.channel(), (int) key.attachment());
                }
                selector.selectedKeys().clear();
                node.expire(System.nanoTime());
                perform();
                counters = node.counters();
            }
        }
    }

    /// 0 would be for ever.
    private long timeoutMillis() {
        long deadline = node.nextDeadlineNanos();
        return deadline == Long.MAX_VALUE
                ? 0
                : Math.clamp((deadline - System.nanoTime() + 999_999) / 1_000_000, 1, 3_600_000);
    }

    private void receive(DatagramChannel channel, int port) throws IOException {
        while (true) {
            buffer.clear();
            InetSocketAddress from;
            try {
                from = (InetSocketAddress) channel.receive(buffer);
            } catch (PortUnreachableException _) {
                continue; // somebody's ICMP about what we sent: retransmission deals with it
            }
            if (from == null) {
                return;
            }
            buffer.flip();
            if (port == Path.NAT_PORT && !isIke()) {
                continue; // a keepalive of one octet, or ESP, which is the data path's
            }
            byte[] datagram = new byte[buffer.remaining()];
            buffer.get(datagram);
            IpAddress remote = IpAddress.of(from.getAddress().getAddress());
            node.received(new Path(local, port, remote, from.getPort()), datagram, System.nanoTime());
            perform();
        }
    }

    private boolean isIke() {
        return buffer.remaining() >= 4 && buffer.getInt() == NON_ESP_MARKER;
    }

    private void perform() {
        for (Action action : node.actions()) {
            switch (action) {
                case Action.Send(Path path, Bytes datagram) -> send(path, datagram);
                case Action.Keepalive(Path path) -> transmit(path, new byte[] {(byte) 0xff});
                case Action.Established _,
                        Action.NotRenewed _,
                        Action.Lost _,
                        Action.InstallInbound _,
                        Action.UseOutbound _,
                        Action.ChildRefused _,
                        Action.Remove _ -> {
                    LOG.info("ike {}", action);
                    listener.on(action);
                }
            }
        }
    }

    private void send(Path path, Bytes datagram) {
        boolean marked = path.localPort() == Path.NAT_PORT;
        ByteBuffer out = ByteBuffer.allocate(datagram.length() + (marked ? 4 : 0));
        if (marked) {
            out.putInt(NON_ESP_MARKER);
        }
        transmit(path, out.put(datagram.toArray()).array());
    }

    /// What can't be sent is lost like any datagram: IKE sends it again.
    private void transmit(Path path, byte[] octets) {
        boolean toNatPort = path.localPort() == Path.NAT_PORT;
        try {
            if (toNatPort && natPort != null) {
                natPort.send(path.remote(), path.remotePort(), octets);
            } else {
                DatagramChannel channel = toNatPort && nat != null ? nat : ike;
                channel.send(ByteBuffer.wrap(octets), socketAddress(path.remote(), path.remotePort()));
            }
        } catch (IOException e) {
            LOG.debug("ike send path={} error={}", path, e.getMessage());
        }
    }

    /// Ends {@link #run}, which closes the sockets. Peers are not told.
    @Override
    public void close() {
        closed = true;
        selector.wakeup();
    }
}
