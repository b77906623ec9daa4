package slash32.bgp.policy;

import java.util.ArrayList;
import slash32.bgp.wire.PathAttributes;

/// Routes over a link that is about to go (RFC 8326).
public final class GracefulShutdown {
    /// The well-known community GRACEFUL_SHUTDOWN (RFC 8326 §5).
    public static final int COMMUNITY = 0xffff_0000;

    private GracefulShutdown() {}

    /// A route as an external peer sent it: the last choice if it says that it will go (§4.1).
    static PathAttributes received(PathAttributes path) {
        return path.communities().contains(COMMUNITY)
                ? path.toBuilder().localPref(0).build()
                : path;
    }

    /// A route of ours before we go (§4.2); an internal peer sees the preference, an external one the community.
    public static PathAttributes announced(PathAttributes path) {
        var communities = new ArrayList<>(path.communities());
        communities.add(COMMUNITY);
        return path.toBuilder().localPref(0).communities(communities).build();
    }
}
