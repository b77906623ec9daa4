package slash32.agent.status;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.EndpointId;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.securitygroup.Drop;
import slash32.securitygroup.PacketSummary;

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

    /// A packet was dropped; one of a few that stand for many.
    ///
    /// @param endpoint null if the interface is none's
    /// @param device the guest's interface; null if it is gone
    /// @param mac its sender's; null for a packet without an Ethernet header
    record PacketDropped(
            long revision,
            Instant at,
            @Nullable EndpointId endpoint,
            @Nullable InterfaceName device,
            @Nullable MacAddress mac,
            Drop drop,
            PacketSummary packet)
            implements Event {}

    /// Every source of intent is complete, or no longer.
    record SyncChanged(long revision, Instant at, boolean inSync) implements Event {}
}
