package slash32.overlay.esp.userspace;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import slash32.net.IpAddress;
import slash32.netlink.tun.OffloadDevice;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.overlay.esp.InboundSa;
import slash32.overlay.esp.OutboundSa;
import slash32.overlay.esp.SaTable;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.udp.NatPort;

/// Carries packets between a TUN and the peers: what the host sends into the device leaves as ESP in UDP, if an SA
/// covers it, and is dropped otherwise.
///
/// All methods but the two loops may be called by any thread.
public final class UserspacePath implements NatPort, AutoCloseable {
    private final OffloadDevice device;
    private final BatchUdpSocket socket;
    private final Drops drops = new Drops();
    private final OutboundLoop outbound;
    private final InboundLoop inbound;
    private volatile SaTable table = SaTable.EMPTY;

    private UserspacePath(OffloadDevice device, BatchUdpSocket socket, Lifetime lifetime, PathListener listener)
            throws IOException {
        this.device = device;
        this.socket = socket;
        outbound = new OutboundLoop(this, device, socket, lifetime, listener);
        inbound = new InboundLoop(this, device, socket, listener);
    }

    /// Takes over a TUN and the socket of port 4500.
    public static UserspacePath open(
            OffloadDevice device, BatchUdpSocket socket, Lifetime lifetime, PathListener listener) throws IOException {
        return new UserspacePath(device, socket, lifetime, listener);
    }

    /// Serves the device until {@link #close}.
    ///
    /// @throws IOException if the device is gone
    public void runOutbound() throws IOException {
        outbound.run();
    }

    /// Serves the socket until {@link #close}.
    ///
    /// @throws IOException if the socket fails for good
    public void runInbound() throws IOException {
        inbound.run();
    }

    /// Receives on a Child SA from now on.
    public synchronized void receive(ChildSa child) {
        table = table.receiving(child);
    }

    /// Sends to the peer of a Child SA on it from now on.
    public synchronized void send(ChildSa child) {
        table = table.sending(child);
    }

    /// Both directions of a Child SA are over.
    public synchronized void remove(ChildSa child) {
        table = table.without(child);
    }

    SaTable table() {
        return table;
    }

    Drops counters() {
        return drops;
    }

    /// One Child SA as it is now.
    ///
    /// @param used packets to the peer go out on it
    public record SaStatus(
            ChildSa child,
            boolean used,
            long inboundPackets,
            long inboundOctets,
            long outboundPackets,
            long outboundOctets) {}

    public List<SaStatus> sas() {
        SaTable now = table;
        return now.outbound().stream().map(sa -> status(now, sa)).toList();
    }

    private static SaStatus status(SaTable table, OutboundSa out) {
        InboundSa in = table.inbound(out.child().inboundSpi());
        return new SaStatus(
                out.child(),
                table.isUsed(out),
                in == null ? 0 : in.traffic().packets(),
                in == null ? 0 : in.traffic().octets(),
                out.traffic().packets(),
                out.traffic().octets());
    }

    /// Packets dropped since the start.
    public Map<Drop, Long> drops() {
        return drops.all();
    }

    /// Sends an IKE message with its non-ESP marker.
    @Override
    public void send(IpAddress to, int port, byte[] marked) throws IOException {
        socket.sendAlone(to, port, marked);
    }

    /// Ends both loops, which must be waited for before {@link #close}.
    public void stop() {
        outbound.stop();
        inbound.stop();
    }

    /// Closes the device and the socket.
    @Override
    public void close() {
        outbound.close();
        inbound.close();
        device.close();
        socket.close();
    }
}
