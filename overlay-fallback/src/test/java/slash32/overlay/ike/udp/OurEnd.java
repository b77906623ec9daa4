package slash32.overlay.ike.udp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import slash32.overlay.ike.exchange.Action;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.NodeConfig;
import slash32.overlay.ike.wire.TrafficSelector;

/// Our loop at the near end of strongSwan's cable, and what a data path would have.
final class OurEnd {
    final Set<ChildSa> installed = ConcurrentHashMap.newKeySet();
    final List<Action> events = new CopyOnWriteArrayList<>();
    volatile @Nullable ChildSa outbound;

    private final Strongswan far;
    private final IkeLoop loop;
    private final Thread thread;

    OurEnd(Strongswan far, NodeConfig config) throws IOException {
        this.far = far;
        loop = IkeLoop.open(Strongswan.NEAR, config, this::on);
        loop.execute((node, _) -> node.configure(Strongswan.peer(
                TrafficSelector.of(Strongswan.NEAR, TrafficSelector.UDP),
                TrafficSelector.of(Strongswan.FAR, TrafficSelector.UDP))));
        thread = Thread.ofPlatform().name("ike").start(() -> {
            try {
                loop.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private void on(Action action) {
        switch (action) {
            case Action.InstallInbound(ChildSa child) -> installed.add(child);
            case Action.UseOutbound(ChildSa child) -> outbound = child;
            case Action.Remove(ChildSa child) -> installed.remove(child);
            default -> events.add(action);
        }
    }

    void stop() throws InterruptedException {
        loop.close();
        thread.join();
    }

    IkeLoop loop() {
        return loop;
    }

    /// Begins, and has a Child SA that strongSwan has too.
    void connect() {
        outbound = null;
        loop.execute((node, now) -> node.connect(Strongswan.THEIRS, now));
        connected();
    }

    /// One end has begun.
    void connected() {
        eventually("a Child SA", () -> outbound != null);
        assertSame();
        assertThat(current().encapsulated()).isTrue();
    }

    ChildSa current() {
        ChildSa now = outbound;
        assertThat(now).as("what we send on; events: %s", events).isNotNull();
        return Objects.requireNonNull(now);
    }

    /// What strongSwan receives on is what we send on, and the other way round.
    void assertSame() {
        ChildSa ours = current();
        String wanted = "in %08x out %08x".formatted(ours.outboundSpi(), ours.inboundSpi());
        eventually("the same SA at both ends", () -> far.swanctlChildren().contains(wanted));
    }

    /// Waits until all but one Child SA are gone at both ends.
    void settle() {
        eventually(
                "one Child SA at both ends",
                () -> installed.size() == 1 && far.swanctlChildren().size() == 1);
        assertSame();
    }

    List<String> losses() {
        return events.stream()
                .filter(Action.Lost.class::isInstance)
                .map(event -> ((Action.Lost) event).why())
                .toList();
    }

    void eventually(String what, BooleanSupplier holds) {
        far.eventually(what, holds, () -> "events " + events + ", installed " + installed);
    }
}
