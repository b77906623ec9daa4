package slash32.bgp.speaker;

import org.jspecify.annotations.Nullable;
import slash32.bgp.policy.ExportFilter;
import slash32.bgp.policy.Policy;
import slash32.bgp.wire.Terms;

/// What decides what a peer is told, and how: peers of which all this is equal share their messages.
///
/// @param kind what the peer is to us (RFC 4456 §6)
/// @param takesStale it has long-lived graceful restart (RFC 9494 §4.3)
/// @param policy of export; null for none
/// @param wanted the only route targets it is told of (RFC 4684 §6); null for all routes
record Recipient(
        Offers.Origin kind,
        boolean takesStale,
        Terms terms,
        ExportFilter.Sender sender,
        @Nullable Policy policy,
        @Nullable WantedTargets wanted) {
    /// The same peer, wanting other targets.
    Recipient wanting(WantedTargets other) {
        return new Recipient(kind, takesStale, terms, sender, policy, other);
    }

    ExportFilter filter() {
        return new ExportFilter(sender, policy);
    }

    /// True if prefixes with the same attributes may have different fates.
    boolean looksAtPrefixes() {
        return policy != null && policy.looksAtPrefixes();
    }
}
