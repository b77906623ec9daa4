package slash32.bgp.bfd.udp;

import java.time.Duration;
import java.time.Instant;
import slash32.bgp.bfd.BfdState;
import slash32.net.IpAddress;

/// A session at a moment.
///
/// @param since when it came into this state
/// @param reason why it came into this state, as the diagnostic says
/// @param remoteState as the neighbour last said
/// @param interval between our packets
/// @param detectionTime of silence; zero if the neighbour was never heard
public record BfdStatus(
        IpAddress address,
        BfdState state,
        Instant since,
        String reason,
        BfdState remoteState,
        Duration interval,
        Duration detectionTime,
        Counters counters) {

    static BfdStatus notStarted(IpAddress address, String why) {
        return new BfdStatus(
                address,
                BfdState.DOWN,
                Instant.EPOCH,
                why,
                BfdState.DOWN,
                Duration.ZERO,
                Duration.ZERO,
                new Counters(0, 0, 0, 0));
    }

    /// Since the start.
    ///
    /// @param unsent packets that the kernel refused
    /// @param lost times the neighbour was lost
    public record Counters(long received, long sent, long unsent, long lost) {}
}
