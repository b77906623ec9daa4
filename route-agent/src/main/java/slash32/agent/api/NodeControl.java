package slash32.agent.api;

import java.util.Collection;
import org.jspecify.annotations.Nullable;
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

    /// What happened lately; {@link EventLog#after} says how to follow it.
    EventLog events();
}
