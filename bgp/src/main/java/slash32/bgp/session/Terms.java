package slash32.bgp.session;

import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Capability.GracefulRestart;
import slash32.bgp.wire.Negotiated;
import slash32.net.Asn;

/// What two OPENs agreed on.
///
/// @param codec what reading and writing messages depends on
/// @param holdTimeSeconds the smaller of both; 0 is no hold timer and no keepalives (RFC 4271 §4.2)
/// @param routeRefresh the peer understands ROUTE-REFRESH (RFC 2918), so we may send it
/// @param enhancedRefresh both understand its begin and end markers (RFC 7313)
/// @param peerRestart the peer's graceful restart capability; null if it has none
public record Terms(
        Negotiated codec,
        Asn peerAs,
        BgpIdentifier peerIdentifier,
        int holdTimeSeconds,
        boolean routeRefresh,
        boolean enhancedRefresh,
        @Nullable GracefulRestart peerRestart) {}
