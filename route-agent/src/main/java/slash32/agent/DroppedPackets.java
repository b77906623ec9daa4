package slash32.agent;

import java.io.IOException;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.api.EventLog;
import slash32.agent.intent.EndpointId;
import slash32.net.InterfaceName;
import slash32.netlink.netfilter.Counts;
import slash32.netlink.socket.KernelException;
import slash32.securitygroup.Drop;
import slash32.securitygroup.nft.DropCounters;
import slash32.securitygroup.nft.DropCounts;

/// What the rules drop: counted by the kernel, and shown in samples where it logs packets.
///
/// @param samples null where the kernel logs none
record DroppedPackets(DropCounters counters, @Nullable DropLoop samples) implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DroppedPackets.class);

    /// In the calling thread's network namespace.
    ///
    /// @param owners whose interface it is; may wait
    static DroppedPackets open(EventLog log, Function<InterfaceName, @Nullable EndpointId> owners) throws IOException {
        DropLoop samples = null;
        try {
            samples = new DropLoop(log, owners);
        } catch (KernelException e) {
            LOG.warn("event=no-drop-samples reason=\"{}\"", e.getMessage());
        }
        return new DroppedPackets(DropCounters.open(), samples);
    }

    /// Thread {@code drops}: until {@link #stop}.
    void run() throws IOException {
        if (samples != null) {
            samples.run();
        }
    }

    void stop() {
        if (samples != null) {
            samples.close();
        }
    }

    /// Empty if the kernel doesn't say.
    Map<Drop, Counts> counts() {
        try {
            return counters.read();
        } catch (IOException e) {
            LOG.warn("event=drops-unknown reason=\"{}\"", e.getMessage());
            return Map.of();
        }
    }

    /// Of each interface of an endpoint; empty if the kernel doesn't say.
    Map<InterfaceName, DropCounts> byDevice() {
        try {
            return counters.byDevice();
        } catch (IOException e) {
            LOG.warn("event=drops-unknown reason=\"{}\"", e.getMessage());
            return Map.of();
        }
    }

    /// How often the kernel logged more than the thread took.
    long overruns() {
        return samples == null ? 0 : samples.overruns();
    }

    @Override
    public void close() {
        counters.close();
    }
}
