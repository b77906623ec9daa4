package slash32.overlay.esp.path;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import slash32.net.IpAddress;
import slash32.overlay.ike.exchange.Action;
import slash32.overlay.ike.exchange.NodeConfig;
import slash32.overlay.ike.udp.IkeLoop;
import slash32.overlay.ike.wire.Identity;

/// A data path and the IKE that keys it for the first packet of a peer, with the threads of both.
public final class Keyed implements PathListener {
    public final DataPath path;
    public final IkeLoop ike;
    /// What IKE said, but for datagrams.
    public final List<Action> events = new CopyOnWriteArrayList<>();

    private final List<Thread> threads = new ArrayList<>();

    /// Opens a data path that talks to {@code listener}.
    @FunctionalInterface
    public interface Opener {
        DataPath open(PathListener listener) throws IOException;
    }

    /// Its threads are in the network namespace of the calling one.
    public Keyed(IpAddress local, Opener opener, NodeConfig config) throws IOException {
        path = opener.open(this);
        ike = IkeLoop.open(local, config, this::on, path);
        start("ike", ike::run);
        path.loops().forEach(this::start);
    }

    private void start(String name, DataPath.Loop loop) {
        threads.add(Thread.ofPlatform().name(name).start(() -> {
            try {
                loop.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }));
    }

    private void on(Action action) {
        switch (action) {
            case Action.InstallInbound(var child) -> path.receive(child);
            case Action.UseOutbound(var child) -> path.send(child);
            case Action.Remove(var child) -> path.remove(child);
            default -> {}
        }
        events.add(action);
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
        ike.execute((node, now) -> node.connect(peer, now));
    }

    /// As a killed process ends: nobody is told.
    public void stop() throws InterruptedException {
        ike.close();
        path.stop();
        for (Thread thread : threads) {
            thread.join();
        }
        path.close();
    }
}
