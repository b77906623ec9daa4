package slash32.overlay.esp.userspace;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.netlink.tun.OffloadDevice;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.netlink.udp.UdpSelector;
import slash32.overlay.esp.InboundSa;
import slash32.overlay.esp.InnerPacket;
import slash32.overlay.esp.SaTable;
import slash32.overlay.esp.offload.Coalescer;
import slash32.overlay.esp.offload.Frames;
import slash32.overlay.esp.path.Drop;
import slash32.overlay.esp.path.PathListener;

/// From the peers to the device: open, and give the packets of a flow as one.
///
/// All but {@link #stop} belongs to one thread.
final class InboundLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InboundLoop.class);

    private static final int IPV4_IN_IP = 4;
    private static final int IPV6_IN_IP = 41;

    /// A dummy packet (RFC 4303 §2.6).
    private static final int NO_NEXT_HEADER = 59;

    private static final int KEEPALIVE_BYTES = 1;
    private static final int MARKER_BYTES = 4;
    private static final int LARGEST_RUN = 65_536;

    private final UserspacePath path;
    private final OffloadDevice device;
    /// Null where the device takes packets, not frames.
    private final @Nullable Ipv4Address self;

    private final byte[] front = new byte[OffloadDevice.HEADER_BYTES + Frames.HEADER_BYTES];
    private final BatchUdpSocket socket;
    private final PathListener listener;
    private final UdpSelector selector = UdpSelector.open();
    private final InnerPacket packet = new InnerPacket();
    private final byte[] run = new byte[LARGEST_RUN];
    private final Coalescer coalescer;
    /// Of this run, once somebody asked.
    private @Nullable IpAddress sender;

    private volatile boolean stopped;

    InboundLoop(
            UserspacePath path,
            OffloadDevice device,
            @Nullable Ipv4Address self,
            BatchUdpSocket socket,
            PathListener listener)
            throws IOException {
        this.path = path;
        this.device = device;
        this.self = self;
        this.socket = socket;
        this.listener = listener;
        coalescer = new Coalescer(device.takesUdpSegments(), this::give);
        selector.watch(List.of(socket));
    }

    void run() throws IOException {
        while (!stopped) {
            int length = socket.receive();
            if (length < 0) {
                coalescer.flush();
                selector.await(Long.MAX_VALUE);
            } else {
                socket.received().get(0, run, 0, length);
                sender = null;
                int segmentBytes = socket.segmentBytes();
                for (int at = 0; at < length; at += segmentBytes) {
                    datagram(at, Math.min(segmentBytes, length - at));
                }
            }
        }
    }

    private void datagram(int at, int length) {
        if (length <= KEEPALIVE_BYTES) {
            return;
        }
        if (length < MARKER_BYTES) {
            path.counters().count(Drop.MALFORMED);
            return;
        }
        int spi = InboundSa.spi(run, at);
        if (spi != 0) {
            esp(spi, at, length);
        } else if (!listener.received(
                socket.sender(), socket.senderPort(), Arrays.copyOfRange(run, at + MARKER_BYTES, at + length))) {
            path.counters().count(Drop.IKE_BUSY);
        }
    }

    private void esp(int spi, int at, int length) {
        SaTable table = path.table();
        InboundSa sa = table.inbound(spi);
        if (sa == null) {
            path.counters().count(Drop.UNKNOWN_SPI);
            listener.strayed(socket.sender());
            return;
        }
        int landing = coalescer.landing();
        byte[] opened = coalescer.octets();
        int inside = sa.open(run, at, length, opened, landing);
        Drop why = inside < 0 ? refused(inside) : judge(table, sa, opened, landing, inside);
        if (inside >= 0 && sa.movedTo(sender(), socket.senderPort())) {
            listener.moved(spi, sender(), socket.senderPort());
        }
        if (why == null && sa.nextHeader() != NO_NEXT_HEADER) {
            coalescer.take(packet.length());
            return;
        }
        coalescer.abandon();
        if (why != null) {
            path.counters().count(why);
        }
    }

    private IpAddress sender() {
        IpAddress known = sender;
        if (known == null) {
            known = socket.sender();
            sender = known;
        }
        return known;
    }

    private static Drop refused(int code) {
        return switch (code) {
            case InboundSa.REPLAYED -> Drop.REPLAYED;
            case InboundSa.NOT_AUTHENTIC -> Drop.NOT_AUTHENTIC;
            default -> Drop.MALFORMED;
        };
    }

    /// Whether what came is what was agreed on (RFC 4301 §5.2).
    ///
    /// @return why it is refused, or null
    private @Nullable Drop judge(SaTable table, InboundSa sa, byte[] opened, int at, int length) {
        int nextHeader = sa.nextHeader();
        if (nextHeader == NO_NEXT_HEADER) {
            return null;
        }
        if (nextHeader != IPV4_IN_IP && nextHeader != IPV6_IN_IP) {
            return Drop.NOT_AGREED;
        }
        if (!packet.read(opened, at, length)) {
            return Drop.MALFORMED;
        }
        return table.isAgreed(sa.child().inboundSpi(), packet) ? null : Drop.NOT_AGREED;
    }

    private void give(byte[] octets, int at, int length) {
        int inFront = self == null ? 0 : Frames.wrap(octets, at, front, self);
        int skipped = self == null ? 0 : OffloadDevice.HEADER_BYTES;
        device.toWrite().put(0, front, 0, inFront);
        device.toWrite().put(inFront, octets, at + skipped, length - skipped);
        try {
            device.write(inFront + length - skipped);
        } catch (IOException e) {
            path.counters().count(Drop.DEVICE_REFUSED);
            LOG.debug("esp give device={} error={}", device.name(), e.getMessage());
        }
    }

    void stop() {
        stopped = true;
        selector.wakeup();
    }

    @Override
    public void close() {
        selector.close();
    }
}
