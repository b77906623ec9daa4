package slash32.bgp.policy;

import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.PathAttributes;

/// Routes that are kept long after their peer was lost (RFC 9494).
public final class LongLived {
    /// The route is stale: taken only where there is no other (RFC 9494 §4.3).
    public static final int STALE = 0xffff_0006;
    /// The route is not to be kept (RFC 9494 §4.2).
    public static final int NOT_KEPT = 0xffff_0007;

    private LongLived() {}

    /// The route when its restart time is over; null if it is not to be kept.
    public static @Nullable PathAttributes stale(PathAttributes path) {
        if (path.communities().contains(NOT_KEPT)) {
            return null;
        }
        if (path.communities().contains(STALE)) {
            return path;
        }
        var communities = new ArrayList<>(path.communities());
        communities.add(STALE);
        return path.toBuilder().communities(communities).build();
    }
}
