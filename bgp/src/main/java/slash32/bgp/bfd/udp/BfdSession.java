package slash32.bgp.bfd.udp;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.bfd.BfdMachine;
import slash32.bgp.bfd.BfdState;
import slash32.bgp.bfd.ControlPacket;
import slash32.bgp.bfd.Diagnostic;
import slash32.bgp.bfd.Transition;
import slash32.netlink.udp.UdpSocket;

/// The shell of one session. On thread {@code bfd}, but for {@link #status}.
final class BfdSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BfdSession.class);

    private final BfdMachine machine;
    private final UdpSocket sender;
    private final BfdListener listener;
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong unsent = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private BfdPeer peer;
    private volatile Published published;

    /// What others may see of the machine.
    private record Published(
            BfdState state, Instant since, Diagnostic why, BfdState remote, long intervalNanos, long detectionNanos) {}

    BfdSession(BfdPeer peer, int discriminator, UdpSocket sender, BfdListener listener, long nowNanos) {
        this.peer = peer;
        this.sender = sender;
        this.listener = listener;
        machine = new BfdMachine(
                discriminator, peer.terms(), () -> ThreadLocalRandom.current().nextDouble(), nowNanos);
        published = new Published(
                machine.state(),
                Instant.now(),
                machine.diagnostic(),
                machine.remoteState(),
                machine.intervalNanos(),
                0);
    }

    BfdPeer peer() {
        return peer;
    }

    boolean has(int discriminator) {
        return machine.discriminator() == discriminator;
    }

    void configure(BfdPeer now, long nowNanos) {
        peer = now;
        machine.configure(now.terms(), nowNanos);
    }

    void received(ControlPacket packet, long nowNanos) {
        received.incrementAndGet();
        took(machine.received(packet, nowNanos));
    }

    /// Does what is due.
    void turn(ControlPacket out, long nowNanos) {
        took(machine.expire(nowNanos));
        send(out, nowNanos);
        publish();
    }

    private void send(ControlPacket out, long nowNanos) {
        while (machine.transmit(out, nowNanos)) {
            out.encode(sender.toSend());
            try {
                sender.send(ControlPacket.BYTES);
                sent.incrementAndGet();
            } catch (IOException e) {
                unsent.incrementAndGet(); // no way there now: the same as a lost packet, and no news
            }
        }
    }

    /// Tells the neighbour that the session ends for no fault of the path.
    void stop(ControlPacket out, long nowNanos) {
        machine.stop(nowNanos);
        send(out, nowNanos);
    }

    boolean isOver(long nowNanos) {
        return machine.isOver(nowNanos);
    }

    long nextDeadlineNanos() {
        return machine.nextDeadlineNanos();
    }

    private void took(Transition transition) {
        if (transition == Transition.LOST) {
            lost.incrementAndGet();
            String reason = "BFD: " + machine.diagnostic().text();
            listener.lost(peer.address(), reason, peer.toleratesRestart() && machine.mayBeRestart());
        }
    }

    private void publish() {
        Published before = published;
        if (before.state == machine.state()
                && before.remote == machine.remoteState()
                && before.why == machine.diagnostic()
                && before.intervalNanos == machine.intervalNanos()
                && before.detectionNanos == machine.detectionNanos()) {
            return;
        }
        boolean moved = before.state != machine.state();
        if (moved) {
            LOG.info(
                    "peer={} event=bfd from={} to={} reason=\"{}\" remote={}",
                    peer.address(),
                    before.state.text(),
                    machine.state().text(),
                    machine.diagnostic().text(),
                    machine.remoteState().text());
        }
        published = new Published(
                machine.state(),
                moved ? Instant.now() : before.since,
                machine.diagnostic(),
                machine.remoteState(),
                machine.intervalNanos(),
                machine.detectionNanos());
    }

    /// On any thread.
    BfdStatus status() {
        Published now = published;
        return new BfdStatus(
                peer.address(),
                now.state,
                now.since,
                now.why.text(),
                now.remote,
                Duration.ofNanos(now.intervalNanos),
                Duration.ofNanos(now.detectionNanos),
                new BfdStatus.Counters(received.get(), sent.get(), unsent.get(), lost.get()));
    }

    @Override
    public void close() {
        sender.close();
    }
}
