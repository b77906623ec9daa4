package slash32.bgp.policy;

import java.util.List;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.PathAttributes;

/// The extended communities of a route as 64-bit words (RFC 4360 §2).
final class ExtendedCommunities {
    private ExtendedCommunities() {}

    static List<Long> of(PathAttributes path) {
        return path.extendedCommunities().stream().map(ExtendedCommunity::value).toList();
    }

    static PathAttributes replaced(PathAttributes path, List<Long> words) {
        return path.toBuilder()
                .extendedCommunities(words.stream().map(ExtendedCommunity::new).toList())
                .build();
    }
}
