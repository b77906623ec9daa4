package slash32.agent.status;

import java.time.Instant;
import slash32.agent.intent.EndpointId;
import slash32.net.IpAddress;

/// A change that an observer may want to hear of.
public sealed interface Event {
    /// Without gaps while the process lives, and larger than in any earlier run.
    long revision();

    Instant at();

    /// A condition of an endpoint is no longer what it was.
    record ConditionChanged(long revision, Instant at, EndpointId endpoint, Condition condition) implements Event {}

    /// An endpoint is no longer wanted.
    record EndpointRemoved(long revision, Instant at, EndpointId endpoint) implements Event {}

    /// A BGP session is in another state.
    ///
    /// @param reason what caused it, for people
    record PeerChanged(long revision, Instant at, IpAddress peer, String state, String reason) implements Event {}

    /// Every source of intent is complete, or no longer.
    record SyncChanged(long revision, Instant at, boolean inSync) implements Event {}
}
