package slash32.agent;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.EventLog;
import slash32.agent.intent.EndpointId;
import slash32.agent.status.Event;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.netlink.netfilter.LoggedPacket;
import slash32.netlink.netfilter.PacketLog;
import slash32.netlink.route.Link;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.Subscription;
import slash32.securitygroup.Drop;
import slash32.securitygroup.PacketSummary;
import slash32.securitygroup.compile.DropRules;

/// Thread {@code drops}: carries the dropped packets that the kernel logs to the log of drops. The kernel limits their
/// rate, so it never has much to do.
final class DropLoop implements AutoCloseable {
    private static final int KERNEL_RECEIVE_BYTES = 1 << 20;
    private static final int SENDER_OFFSET = 6;
    private static final int ETHERNET_BYTES = 14;

    private final Subscription subscription;
    private final NetlinkSocket rtnl;
    private final EventLog log;
    private final Function<InterfaceName, @Nullable EndpointId> owners;
    private final LongAdder overruns = new LongAdder();

    /// Asks the kernel for the packets, in the calling thread's network namespace.
    ///
    /// @param owners whose interface it is; may wait
    /// @throws KernelException if the kernel can't log packets or another process has ours
    DropLoop(EventLog log, Function<InterfaceName, @Nullable EndpointId> owners) throws IOException {
        this.log = log;
        this.owners = owners;
        subscription = Subscription.openWith(
                NetlinkProtocol.NETFILTER,
                KERNEL_RECEIVE_BYTES,
                PacketLog.bind(DropRules.LOG_GROUP, DropRules.COPY_BYTES));
        rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
    }

    /// Carries packets until {@link #close}.
    void run() throws IOException {
        var packets = new ArrayList<LoggedPacket>();
        while (true) {
            Subscription.Outcome outcome = subscription.receive(message -> {
                LoggedPacket packet = LoggedPacket.parse(message);
                if (packet != null) {
                    packets.add(packet);
                }
            });
            switch (outcome) {
                case EVENTS -> {
                    for (LoggedPacket packet : packets) {
                        take(packet);
                    }
                    packets.clear();
                }
                case OVERRUN -> overruns.increment();
                case CLOSED -> {
                    rtnl.close();
                    return;
                }
            }
        }
    }

    /// How often the kernel had more than this thread took.
    long overruns() {
        return overruns.sum();
    }

    private void take(LoggedPacket packet) throws IOException {
        Drop drop = Drop.ofMark(packet.prefix());
        if (drop == null) {
            return; // a stranger's rule logs to our group
        }
        InterfaceIndex index = drop.isOfInput() ? packet.input() : packet.output();
        InterfaceName device = index == null ? null : name(index);
        EndpointId owner = device == null ? null : owners.apply(device);
        MacAddress mac = packet.linkHeader().length() == ETHERNET_BYTES
                ? MacAddress.of(packet.linkHeader().toArray(), SENDER_OFFSET)
                : null;
        PacketSummary summary = PacketSummary.of(packet.etherType(), packet.packet());
        log.append(revision -> new Event.PacketDropped(revision, Instant.now(), owner, device, mac, drop, summary));
    }

    private @Nullable InterfaceName name(InterfaceIndex index) throws IOException {
        var found = new ArrayList<InterfaceName>(1);
        try {
            rtnl.get(Link.get(index), message -> {
                Link link = Link.parse(message);
                if (link != null) {
                    found.add(link.name());
                }
            });
        } catch (KernelException e) {
            if (!e.is(Errno.ENODEV)) {
                throw e;
            }
        }
        return found.isEmpty() ? null : found.getFirst();
    }

    @Override
    public void close() {
        subscription.close();
    }
}
