package slash32.overlay.esp.userspace;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.net.Ipv4Address;
import slash32.netlink.tun.OffloadDevice;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.netlink.udp.UdpSelector;
import slash32.overlay.esp.InnerPacket;
import slash32.overlay.esp.OutboundSa;
import slash32.overlay.esp.SaTable;
import slash32.overlay.esp.offload.Frames;
import slash32.overlay.esp.offload.Segmenter;
import slash32.overlay.esp.path.Drop;
import slash32.overlay.esp.path.Lifetime;
import slash32.overlay.esp.path.PathListener;
import slash32.overlay.ike.wire.Identity;

/// From the device to the peers: cut, seal, and send as runs of datagrams of one size.
///
/// All but {@link #stop} belongs to one thread.
final class OutboundLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OutboundLoop.class);

    private static final int IPV4_IN_IP = 4;
    private static final int IPV6_IN_IP = 41;

    private final UserspacePath path;
    private final OffloadDevice device;
    /// Of frames, so that each says which peer it is to.
    private final boolean frames;

    private final BatchUdpSocket socket;
    private final Lifetime lifetime;
    private final PathListener listener;
    private final UdpSelector selector = UdpSelector.open();
    private final Segmenter segmenter = new Segmenter();
    private final InnerPacket packet = new InnerPacket();
    private final byte[] octets =
            new byte[OffloadDevice.HEADER_BYTES + OffloadDevice.MOST_BYTES + OutboundSa.SLACK_BYTES];
    private final byte[] run = new byte[BatchUdpSocket.MOST_BYTES];
    /// The peer that the frame is to, which was read last.
    private int node;

    private int runBytes;
    private int runCount;
    private int segmentBytes;
    private @Nullable OutboundSa runSa;
    private volatile boolean stopped;

    OutboundLoop(
            UserspacePath path,
            OffloadDevice device,
            boolean frames,
            BatchUdpSocket socket,
            Lifetime lifetime,
            PathListener listener)
            throws IOException {
        this.path = path;
        this.device = device;
        this.frames = frames;
        this.socket = socket;
        this.lifetime = lifetime;
        this.listener = listener;
        selector.watch(List.of(device));
    }

    void run() throws IOException {
        while (!stopped) {
            int length = device.read();
            if (length < 0) {
                flush();
                selector.await(Long.MAX_VALUE);
            } else {
                device.received().get(0, octets, 0, length);
                int at = frames ? unwrap(length) : 0;
                if (at >= 0 && !segmenter.segment(octets, at, length - at, this::add)) {
                    path.counters().count(Drop.BAD_OFFLOAD);
                }
            }
        }
    }

    /// Where the packet's virtio_net_hdr is then; -1 if it is none to a peer, as the host's own neighbor discovery.
    private int unwrap(int length) {
        if (!Frames.isToNode(octets, 0, length)) {
            return -1;
        }
        node = Frames.node(octets, 0);
        Frames.unwrap(octets, 0);
        return Frames.HEADER_BYTES;
    }

    private @Nullable OutboundSa outbound(byte[] from, int at, int length) {
        SaTable table = path.table();
        if (!packet.read(from, at, length)) {
            return null;
        }
        return frames ? table.outboundTo(node, packet) : table.outbound(packet);
    }

    private void add(byte[] from, int at, int length) {
        OutboundSa sa = outbound(from, at, length);
        if (sa == null) {
            path.counters().count(Drop.NO_SA);
            if (frames) {
                listener.needed(Identity.address(new Ipv4Address(node)));
            }
            return;
        }
        int sealedBytes = OutboundSa.sealedBytes(length);
        if (sealedBytes > run.length) {
            path.counters().count(Drop.NOT_SENT);
            return;
        }
        boolean fits = sa == runSa
                && sealedBytes <= segmentBytes
                && runBytes + sealedBytes <= run.length
                && runCount < BatchUdpSocket.MOST_DATAGRAMS;
        if (!fits) {
            flush();
            runSa = sa;
            segmentBytes = sealedBytes;
        }
        int nextHeader = ((from[at] >>> 4) & 0xf) == 4 ? IPV4_IN_IP : IPV6_IN_IP;
        if (sa.seal(from, at, length, nextHeader, run, runBytes) < 0) {
            path.counters().count(Drop.EXHAUSTED);
            return;
        }
        runBytes += sealedBytes;
        runCount++;
        if (sealedBytes < segmentBytes) {
            flush(); // a shorter one is the last of a run
        }
    }

    private void flush() {
        OutboundSa sa = runSa;
        if (runBytes > 0 && sa != null) {
            socket.toSend().put(0, run, 0, runBytes);
            try {
                socket.send(sa.peerAddress(), sa.peerPort(), runBytes, segmentBytes);
            } catch (IOException e) {
                path.counters().count(Drop.NOT_SENT, runCount);
                LOG.debug("esp send peer={} error={}", sa.peerAddress(), e.getMessage());
            }
            if (sa.wearsOut(lifetime.packets(sa.child().esn()), lifetime.octets())) {
                listener.wornOut(sa.child().inboundSpi());
            }
        }
        runBytes = 0;
        runCount = 0;
        runSa = null;
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
