package slash32.bgp.speaker;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.session.SessionState;
import slash32.bgp.session.SessionTerms;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Asn;
import slash32.net.IpAddress;

/// A peer at a moment.
///
/// @param since when it came into this state
/// @param reason why it came into this state
/// @param identifier the peer's BGP Identifier; null before its OPEN
/// @param holdSeconds agreed; 0 before
/// @param terms agreed; null while the session is not Established
/// @param families those that are configured
public record PeerStatus(
        IpAddress address,
        Asn asn,
        SessionState state,
        Instant since,
        String reason,
        @Nullable String identifier,
        int holdSeconds,
        @Nullable SessionTerms terms,
        Map<AddressFamily, Family> families,
        Counters counters) {

    /// One family of the session.
    ///
    /// @param received paths held from the peer
    /// @param advertised prefixes told to it
    /// @param ended its End-of-RIB was seen since the session came up
    public record Family(int received, int advertised, boolean ended) {}

    /// Since the start.
    ///
    /// @param flaps times the session left Established
    /// @param discarded UPDATEs with an attribute discarded
    /// @param treatedAsWithdraw UPDATEs treated as withdraw
    /// @param untargetedRoutes routes of EVPN without a route target, which no segment imports
    public record Counters(
            long messagesReceived,
            long messagesSent,
            long updatesReceived,
            long updatesSent,
            long discarded,
            long treatedAsWithdraw,
            long rejectedPaths,
            long untargetedRoutes,
            long flaps) {}
}
