package slash32.overlay.esp.path;

import java.io.IOException;
import slash32.net.IpAddress;
import slash32.overlay.ike.exchange.Action;
import slash32.overlay.ike.exchange.NodeConfig;
import slash32.overlay.ike.udp.IkeListener;
import slash32.overlay.ike.udp.IkeLoop;
import slash32.overlay.ike.wire.Identity;

/// IKE and the data path that it keys, on one address: Child SAs go from one to the other, port 4500 is shared.
public final class EspNode implements PathListener, AutoCloseable {
    private final DataPath path;
    private final IkeLoop ike;
    private final IkeListener events;
    private final Wants wants;

    /// Opens a data path that talks to {@code listener}.
    @FunctionalInterface
    public interface Opener {
        DataPath open(PathListener listener) throws IOException;
    }

    /// Hears what packets ask for, on the data path's threads and for each: it must not take long.
    public interface Wants {
        /// There was no SA for one to this peer.
        void needed(Identity peer);

        /// One came from there on an SA that is not there.
        void strayed(IpAddress from);
    }

    private EspNode(IpAddress local, Opener opener, NodeConfig config, IkeListener events, Wants wants)
            throws IOException {
        this.events = events;
        this.wants = wants;
        path = opener.open(this);
        if (path.needsUdp() && !config.forceEncapsulation()) {
            path.close();
            throw new IllegalArgumentException("ESP needs encapsulation in UDP here");
        }
        try {
            ike = IkeLoop.open(local, config, this::on, path);
        } catch (IOException e) {
            path.close();
            throw e;
        }
    }

    /// Binds UDP 500 in the calling thread's network namespace, while the data path has 4500.
    ///
    /// @param config must force encapsulation if the data path {@link DataPath#needsUdp}
    /// @param events hears of all that IKE decides, after the data path did
    public static EspNode open(IpAddress local, Opener opener, NodeConfig config, IkeListener events, Wants wants)
            throws IOException {
        return new EspNode(local, opener, config, events, wants);
    }

    /// What is wanted of IKE goes here, by its {@link IkeLoop#execute}; its {@link IkeLoop#run} is the thread `ike`.
    public IkeLoop ike() {
        return ike;
    }

    public DataPath path() {
        return path;
    }

    private void on(Action action) {
        switch (action) {
            case Action.InstallInbound(var child) -> path.receive(child);
            case Action.UseOutbound(var child) -> path.send(child);
            case Action.Remove(var child) -> path.remove(child);
            case Action.Send _,
                    Action.Keepalive _,
                    Action.Established _,
                    Action.NotRenewed _,
                    Action.Lost _,
                    Action.ChildRefused _ -> {}
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

    @Override
    public void moved(int inboundSpi, IpAddress from, int port) {
        ike.execute((node, now) -> node.espHeard(inboundSpi, from, port, now));
    }

    @Override
    public void needed(Identity peer) {
        wants.needed(peer);
    }

    @Override
    public void strayed(IpAddress from) {
        wants.strayed(from);
    }

    /// Ends all loops, which must be waited for before {@link #close}.
    public void stop() {
        ike.close();
        path.stop();
    }

    /// Closes the data path with its device and sockets.
    @Override
    public void close() {
        path.close();
    }
}
