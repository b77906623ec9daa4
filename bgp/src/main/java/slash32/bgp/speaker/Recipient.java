package slash32.bgp.speaker;

import org.jspecify.annotations.Nullable;
import slash32.bgp.policy.ExportFilter;
import slash32.bgp.policy.LongLived;
import slash32.bgp.wire.PathAttributes;

/// Who is told, and what: not its own routes, not what a reflector keeps from it (RFC 4456 §6), and then what its
/// export filter leaves.
///
/// @param number the peer's
/// @param kind what it is to us
/// @param takesStale it has long-lived graceful restart (RFC 9494 §4.3)
record Recipient(int number, Offers.Origin kind, boolean takesStale, ExportFilter filter) {
    /// The route as this peer is to know it; null if it is not.
    @Nullable
    PathAttributes told(Offers.Offer offer, boolean ipv4, long high, long low, int length) {
        boolean reflected = offer.origin() == Offers.Origin.NON_CLIENT && kind == Offers.Origin.NON_CLIENT;
        boolean stale = !takesStale && offer.attributes().communities().contains(LongLived.STALE);
        if (offer.source() == number || reflected || stale) {
            return null;
        }
        return filter.apply(ipv4, high, low, length, offer.attributes());
    }
}
