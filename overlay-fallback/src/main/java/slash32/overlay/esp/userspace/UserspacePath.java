package slash32.overlay.esp.userspace;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.netlink.tun.OffloadDevice;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.overlay.esp.InboundSa;
import slash32.overlay.esp.OutboundSa;
import slash32.overlay.esp.SaTable;
import slash32.overlay.esp.path.DataPath;
import slash32.overlay.esp.path.Drop;
import slash32.overlay.esp.path.Lifetime;
import slash32.overlay.esp.path.PathListener;
import slash32.overlay.esp.path.SaStatus;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.PeerConfig;

/// Carries packets between a TUN or TAP and the peers: what the host sends into the device leaves as ESP in UDP, if an
/// SA covers it, and is dropped otherwise.
///
/// A TUN's packets go where selectors say, a {@link MeshDevice}'s to the peer that the host's routes chose.
public final class UserspacePath implements DataPath {
    private static final Logger LOG = LoggerFactory.getLogger(UserspacePath.class);

    private final OffloadDevice device;
    private final @Nullable MeshDevice mesh;
    private final BatchUdpSocket socket;
    private final Drops drops = new Drops();
    private final OutboundLoop outbound;
    private final InboundLoop inbound;
    private volatile SaTable table = SaTable.EMPTY;

    private UserspacePath(
            OffloadDevice device,
            @Nullable MeshDevice mesh,
            BatchUdpSocket socket,
            Lifetime lifetime,
            PathListener listener)
            throws IOException {
        this.device = device;
        this.mesh = mesh;
        this.socket = socket;
        outbound = new OutboundLoop(this, device, mesh != null, socket, lifetime, listener);
        inbound = new InboundLoop(this, device, mesh == null ? null : mesh.self(), socket, listener);
    }

    /// Takes over a TUN and the socket of port 4500.
    public static UserspacePath open(
            OffloadDevice device, BatchUdpSocket socket, Lifetime lifetime, PathListener listener) throws IOException {
        return new UserspacePath(device, null, socket, lifetime, listener);
    }

    /// The same with a device for any number of peers that {@link #attach} names.
    public static UserspacePath open(MeshDevice mesh, BatchUdpSocket socket, Lifetime lifetime, PathListener listener)
            throws IOException {
        return new UserspacePath(mesh.device(), mesh, socket, lifetime, listener);
    }

    @Override
    public boolean needsUdp() {
        return true;
    }

    @Override
    public InterfaceIndex attach(Ipv4Address node, PeerConfig peer) throws IOException {
        if (mesh == null) {
            throw new IllegalStateException("a TUN has no way to one peer");
        }
        return mesh.attach(node);
    }

    @Override
    public void detach(Ipv4Address node) {
        if (mesh != null) {
            try {
                mesh.detach(node);
            } catch (IOException e) { // what is left leads to a device that drops
                LOG.debug("esp detach node={} error={}", node, e.getMessage());
            }
        }
    }

    /// Its device and all else goes with the process.
    @Override
    public void settled() {}

    @Override
    public Map<String, Loop> loops() {
        return Map.of("esp-out", outbound::run, "esp-in", inbound::run);
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

    @Override
    public synchronized void receive(ChildSa child) {
        table = table.receiving(child);
    }

    @Override
    public synchronized void send(ChildSa child) {
        table = table.sending(child);
    }

    @Override
    public synchronized void remove(ChildSa child) {
        table = table.without(child);
    }

    SaTable table() {
        return table;
    }

    Drops counters() {
        return drops;
    }

    @Override
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

    @Override
    public Map<Drop, Long> drops() {
        return drops.all();
    }

    /// Sends an IKE message with its non-ESP marker.
    @Override
    public void send(IpAddress to, int port, byte[] marked) throws IOException {
        socket.sendAlone(to, port, marked);
    }

    @Override
    public void stop() {
        outbound.stop();
        inbound.stop();
    }

    /// Closes the device and the socket.
    @Override
    public void close() {
        outbound.close();
        inbound.close();
        if (mesh == null) {
            device.close();
        } else {
            mesh.close();
        }
        socket.close();
    }
}
