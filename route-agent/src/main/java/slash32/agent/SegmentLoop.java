package slash32.agent;

import java.io.IOException;
import java.util.List;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.config.AgentConfig;
import slash32.agent.status.SegmentsView;
import slash32.bgp.speaker.Speaker;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.EvpnChange;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.overlay.evpn.EvpnAction;
import slash32.overlay.evpn.EvpnNode;
import slash32.overlay.evpn.Segment;
import slash32.overlay.vxlan.SegmentPlane;

/// Thread {@code overlay}: what this node's segments are, in BGP and in the kernel. Others tell it, without waiting.
final class SegmentLoop implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentLoop.class);
    private static final int FULL_AT = 1_024;
    private static final long LONGEST_WAIT_NANOS = 3_600_000_000_000L;

    private final Mailbox mailbox = new Mailbox(FULL_AT);
    private final NetlinkSocket rtnl;
    private final EvpnNode node;
    private final SegmentPlane plane;
    private final Speaker speaker;
    private final SequenceFile sequences;
    private final Runnable drained;
    private TreeSet<String> failing = new TreeSet<>();

    private SegmentLoop(
            NetlinkSocket rtnl,
            EvpnNode node,
            Ipv4Address vtep,
            Speaker speaker,
            SequenceFile sequences,
            Runnable drained) {
        this.rtnl = rtnl;
        this.node = node;
        this.plane = new SegmentPlane(rtnl, vtep);
        this.speaker = speaker;
        this.sequences = sequences;
        this.drained = drained;
    }

    /// A loop that has yet to run, in the calling thread's network namespace.
    ///
    /// @param drained run after each turn, for a producer that stopped because the mailbox was full
    static SegmentLoop open(AgentConfig config, Speaker speaker, Runnable drained) throws IOException {
        Ipv4Address vtep = config.underlay().address();
        var sequences = new SequenceFile(config.stateDirectory());
        var node = new EvpnNode(config.asn(), config.routerId(), vtep, sequences.all());
        var loop = new SegmentLoop(NetlinkSocket.open(NetlinkProtocol.ROUTE), node, vtep, speaker, sequences, drained);
        loop.segments(config.segments());
        if (config.peers().stream().noneMatch(peer -> peer.families().contains(AddressFamily.L2VPN_EVPN))) {
            loop.complete(); // nobody will say more
        }
        return loop;
    }

    /// Makes {@code segments} all there are.
    void segments(List<Segment> segments) {
        mailbox.put(() -> {
            node.segments(segments, System.nanoTime());
            plane.segments(segments);
        });
    }

    void changed(List<EvpnChange> changes) {
        mailbox.put(() -> node.changed(changes, System.nanoTime()));
    }

    /// A node may be sent to as it is, or not.
    void reachable(IpAddress vtep, boolean reachable) {
        mailbox.put(() -> node.reachable(vtep, reachable, System.nanoTime()));
    }

    /// BGP has said all that there is.
    void complete() {
        mailbox.put(() -> {
            node.complete(System.nanoTime());
            mailbox.put(plane::inSync);
        });
    }

    /// Runs {@code task} once what was said before is with BGP.
    void afterwards(Runnable task) {
        mailbox.put(() -> mailbox.put(task));
    }

    SegmentsView view() throws InterruptedException {
        return mailbox.ask(() -> new SegmentsView(node.status(), node.refusals()));
    }

    boolean isFull() {
        return mailbox.isFull();
    }

    @Override
    public void run() {
        try {
            while (!mailbox.isClosed()) {
                long now = System.nanoTime();
                long next = Math.min(plane.nextDeadlineNanos(now), node.nextDeadlineNanos());
                mailbox.take(Math.min(LONGEST_WAIT_NANOS, next - now)).forEach(Runnable::run);
                if (node.nextDeadlineNanos() - System.nanoTime() <= 0) {
                    node.expire(System.nanoTime());
                }
                carryOut(node.actions());
                tell(plane.pass(System.nanoTime()));
                drained.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            rtnl.close();
        }
    }

    /// A number is on disk before anybody hears of it; where the disk fails, others hear of it nevertheless.
    private void carryOut(List<EvpnAction> actions) {
        boolean changed = false;
        for (EvpnAction action : actions) {
            if (action instanceof EvpnAction.Remember(var mac, var sequence)) {
                changed |= sequences.note(mac, sequence);
            }
        }
        if (changed) {
            try {
                sequences.write();
            } catch (IOException e) {
                LOG.error("event=sequences-not-written reason=\"{}\"", e.getMessage());
            }
        }
        for (EvpnAction action : actions) {
            switch (action) {
                case EvpnAction.Import(var targets) -> speaker.importTargets(targets);
                case EvpnAction.Announce(var paths) -> speaker.originateEvpn(paths);
                case EvpnAction.Withdraw(var routes) -> speaker.withdrawEvpn(routes);
                case EvpnAction.Remember _ -> {}
                case EvpnAction.Forward _, EvpnAction.Answer _, EvpnAction.Flood _ -> plane.desire(action);
            }
        }
    }

    /// One line for each reason that is new.
    private void tell(List<String> failures) {
        var now = new TreeSet<>(failures);
        for (String reason : now) {
            if (!failing.contains(reason)) {
                LOG.warn("event=segment-not-in-force reason=\"{}\"", reason);
            }
        }
        failing = now;
    }

    void close() {
        mailbox.close();
    }
}
