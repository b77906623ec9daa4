package slash32.overlay.esp.userspace;

import java.io.IOException;
import slash32.net.IpAddress;
import slash32.netlink.tun.OffloadDevice;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.overlay.ike.exchange.Action;
import slash32.overlay.ike.exchange.NodeConfig;
import slash32.overlay.ike.exchange.Path;
import slash32.overlay.ike.udp.IkeListener;
import slash32.overlay.ike.udp.IkeLoop;

/// IKE and the data path that it keys, on one address: Child SAs go from one to the other, port 4500 is shared.
public final class EspNode implements PathListener, AutoCloseable {
    private final UserspacePath path;
    private final IkeLoop ike;
    private final IkeListener events;

    private EspNode(IpAddress local, OffloadDevice device, NodeConfig config, Lifetime lifetime, IkeListener events)
            throws IOException {
        this.events = events;
        BatchUdpSocket socket = BatchUdpSocket.bind(local, Path.NAT_PORT);
        try {
            path = UserspacePath.open(device, socket, lifetime, this);
            ike = IkeLoop.open(local, config, this::on, path);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /// Binds UDP 500 and 4500 in the calling thread's network namespace and takes over {@code device}.
    ///
    /// @param config must force encapsulation: there is no ESP without UDP here
    /// @param events hears of all that IKE decides, after the data path did
    public static EspNode open(
            IpAddress local, OffloadDevice device, NodeConfig config, Lifetime lifetime, IkeListener events)
            throws IOException {
        if (!config.forceEncapsulation()) {
            throw new IllegalArgumentException("ESP in user space needs encapsulation in UDP");
        }
        return new EspNode(local, device, config, lifetime, events);
    }

    /// What is wanted of IKE goes here, by its {@link IkeLoop#execute}; its {@link IkeLoop#run} is the thread `ike`.
    public IkeLoop ike() {
        return ike;
    }

    /// Its two loops are the threads `esp-out` and `esp-in`.
    public UserspacePath path() {
        return path;
    }

    private void on(Action action) {
        switch (action) {
            case Action.InstallInbound(var child) -> path.receive(child);
            case Action.UseOutbound(var child) -> path.send(child);
            case Action.Remove(var child) -> path.remove(child);
            case Action.Send _, Action.Established _, Action.Lost _, Action.ChildRefused _ -> {}
        }
        events.on(action);
    }

    @Override
    public boolean received(IpAddress from, int port, byte[] message) {
        return ike.received(from, port, message);
    }

    @Override
    public void wornOut(int inboundSpi) {
        ike.execute((node, now) -> node.rekeyChild(inboundSpi, now));
    }

    /// Ends all three loops, which must be waited for before {@link #close}.
    public void stop() {
        ike.close();
        path.stop();
    }

    /// Closes the device and the sockets.
    @Override
    public void close() {
        path.close();
    }
}
