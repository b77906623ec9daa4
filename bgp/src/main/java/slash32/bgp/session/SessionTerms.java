package slash32.bgp.session;

import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.Terms;

/// What both ends of a session agreed on.
///
/// @param wire for the codecs
/// @param holdSeconds the smaller of both proposals; 0 for none
/// @param open the peer's
/// @param routeRefresh the peer takes ROUTE-REFRESH
/// @param gracefulRestart the peer's capability, if both have one
public record SessionTerms(
        Terms wire,
        int holdSeconds,
        Message.Open open,
        boolean routeRefresh,
        Capability.@Nullable GracefulRestart gracefulRestart) {}
