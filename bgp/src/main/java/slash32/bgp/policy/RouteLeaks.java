package slash32.bgp.policy;

import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.PeerRole;
import slash32.net.Asn;

/// The Only to Customer attribute (RFC 9234 §5): a route that came down or sideways goes only down.
final class RouteLeaks {
    private RouteLeaks() {}

    /// A route from a peer; null if it is a leak.
    ///
    /// @param role ours toward the peer; null for none
    static @Nullable PathAttributes received(PathAttributes path, @Nullable PeerRole role, Asn peerAs) {
        if (role == null) {
            return path;
        }
        long marked = path.onlyToCustomer();
        return switch (role) {
            case PROVIDER, ROUTE_SERVER -> marked == PathAttributes.ABSENT ? path : null;
            case PEER ->
                marked == PathAttributes.ABSENT ? marked(path, peerAs) : marked == peerAs.value() ? path : null;
            case CUSTOMER, ROUTE_SERVER_CLIENT -> marked == PathAttributes.ABSENT ? marked(path, peerAs) : path;
        };
    }

    /// A route to a peer; null if it must not go there.
    static @Nullable PathAttributes sent(PathAttributes path, @Nullable PeerRole role, Asn ownAs) {
        if (role == null) {
            return path;
        }
        boolean marked = path.onlyToCustomer() != PathAttributes.ABSENT;
        return switch (role) {
            case PROVIDER, ROUTE_SERVER -> marked ? path : marked(path, ownAs);
            case PEER -> marked ? null : marked(path, ownAs);
            case CUSTOMER, ROUTE_SERVER_CLIENT -> marked ? null : path;
        };
    }

    private static PathAttributes marked(PathAttributes path, Asn asn) {
        return path.toBuilder().onlyToCustomer(asn.value()).build();
    }
}
