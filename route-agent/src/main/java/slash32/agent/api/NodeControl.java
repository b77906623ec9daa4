package slash32.agent.api;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.agent.status.EvpnView;
import slash32.agent.status.MemoryView;
import slash32.agent.status.RouteView;
import slash32.agent.status.Snapshot;
import slash32.net.Prefix;

/// A node as it is shown, whatever its role. Called on many virtual threads at once; may block.
public interface NodeControl {
    Snapshot snapshot();

    /// Best routes, in order of prefix.
    ///
    /// @param within only this prefix and those in it; null for all
    Collection<RouteView> routes(@Nullable Prefix within);

    /// What the process's memory is used for; costs some moments of its loops.
    MemoryView memory();

    /// Our own EVPN routes and the best ones of others, in order of type and route.
    List<EvpnView> evpn();

    /// Writes every path of every peer as an MRT file (RFC 6396); waits for {@code out}.
    void dumpRoutes(OutputStream out) throws IOException;

    /// What happened lately; {@link EventLog#after} says how to follow it.
    EventLog events();
}
