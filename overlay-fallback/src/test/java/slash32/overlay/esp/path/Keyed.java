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

/// An {@link EspNode} that connects to a peer for the first packet to it, with its threads.
public final class Keyed {
    public final DataPath path;
    public final IkeLoop ike;
    /// What IKE said.
    public final List<Action> events = new CopyOnWriteArrayList<>();

    private final EspNode node;
    private final List<Thread> threads = new ArrayList<>();

    /// Its threads are in the network namespace of the calling one.
    public Keyed(IpAddress local, EspNode.Opener opener, NodeConfig config) throws IOException {
        node = EspNode.open(local, opener, config, events::add, new EspNode.Wants() {
            @Override
            public void needed(Identity peer) {
                ike.execute((machine, now) -> machine.connect(peer, now));
            }

            @Override
            public void strayed(IpAddress from) {}
        });
        path = node.path();
        ike = node.ike();
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

    /// As a killed process ends: nobody is told.
    public void stop() throws InterruptedException {
        node.stop();
        for (Thread thread : threads) {
            thread.join();
        }
        node.close();
    }
}
