package slash32.overlay.evpn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.EvpnInstance.Mobility;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.IpAddress;

/// What a route says of a MAC.
///
/// @param vtep the node that says to have it
/// @param address that is the MAC's; null if the route is for the MAC alone
/// @param communities of our AS that the route has
record Claim(IpAddress vtep, Mobility mobility, @Nullable IpAddress address, List<LargeCommunity> communities) {
    /// Whose word counts: who says that the MAC never moves, then the latest, then the lower VTEP (RFC 7432 §15).
    static boolean isBetter(Mobility one, IpAddress oneVtep, Mobility other, IpAddress otherVtep) {
        if (one.sticky() != other.sticky()) {
            return one.sticky();
        }
        if (one.sequence() != other.sequence()) {
            return one.sequence() > other.sequence();
        }
        return oneVtep.compareTo(otherVtep) < 0;
    }

    boolean isBetterThan(Claim other) {
        return isBetter(mobility, vtep, other.mobility, other.vtep);
    }
}
