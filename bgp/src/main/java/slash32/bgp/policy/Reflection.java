package slash32.bgp.policy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;

/// What a reflector adds to a route that it passes on: who brought it into the AS, and its cluster (RFC 4456 §8). Owned
/// by one thread.
public final class Reflection {
    private static final int REMEMBERED_MAX = 65_536;

    private final BgpIdentifier clusterId;
    private final Map<From, PathAttributes> made = new HashMap<>();

    private record From(PathAttributes path, BgpIdentifier peer) {
        /// Written out, as {@link slash32.bgp.wire.AddressFamily#equals} is.
        @Override
        public boolean equals(Object other) {
            return other instanceof From that && peer.value() == that.peer.value() && path.equals(that.path);
        }

        @Override
        public int hashCode() {
            return 31 * path.hashCode() + peer.value();
        }
    }

    public Reflection(BgpIdentifier clusterId) {
        this.clusterId = clusterId;
    }

    public BgpIdentifier clusterId() {
        return clusterId;
    }

    /// The route as others get it; routes share what is made of shared attributes.
    public PathAttributes reflected(PathAttributes path, BgpIdentifier peer) {
        if (made.size() >= REMEMBERED_MAX) {
            made.clear();
        }
        return made.computeIfAbsent(new From(path, peer), from -> {
            var clusters = new ArrayList<Integer>(from.path().clusterList().size() + 1);
            clusters.add(clusterId.value());
            clusters.addAll(from.path().clusterList());
            BgpIdentifier originator = from.path().originatorId();
            return from.path().toBuilder()
                    .originatorId(originator == null ? from.peer() : originator)
                    .clusterList(clusters)
                    .build();
        });
    }
}
