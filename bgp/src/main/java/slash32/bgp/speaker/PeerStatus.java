package slash32.bgp.speaker;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.session.SessionState;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Asn;
import slash32.net.IpAddress;

/// A peer at a moment.
///
/// @param since when it came into this state
/// @param reason why it came into this state
/// @param identifier the peer's BGP Identifier; null before its OPEN
/// @param holdSeconds agreed; 0 before
/// @param received paths held from it, by family
/// @param advertised prefixes told to it
public record PeerStatus(
        IpAddress address,
        Asn asn,
        SessionState state,
        Instant since,
        String reason,
        @Nullable String identifier,
        int holdSeconds,
        Map<AddressFamily, Integer> received,
        int advertised,
        Counters counters) {

    /// Since the start.
    ///
    /// @param flaps times the session left Established
    /// @param discarded UPDATEs with an attribute discarded
    /// @param treatedAsWithdraw UPDATEs treated as withdraw
    public record Counters(
            long messagesReceived,
            long messagesSent,
            long updatesReceived,
            long updatesSent,
            long discarded,
            long treatedAsWithdraw,
            long rejectedPaths,
            long flaps) {}
}
