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
/// @param enhancedRefresh both mark where a refresh begins and ends (RFC 7313)
/// @param gracefulRestart the peer's capability, if both have one
/// @param longLived the peer's capability, if both have one and graceful restart too (RFC 9494 §4.2)
public record SessionTerms(
        Terms wire,
        int holdSeconds,
        Message.Open open,
        boolean routeRefresh,
        boolean enhancedRefresh,
        Capability.@Nullable GracefulRestart gracefulRestart,
        Capability.@Nullable LongLivedGracefulRestart longLived) {
    /// Both take a NOTIFICATION but a Hard Reset for a restart (RFC 8538 §2): we always offer that.
    boolean restartsOnNotification() {
        return gracefulRestart != null && gracefulRestart.notifications();
    }
}
