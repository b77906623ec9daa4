package slash32.bgp.speaker;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.PathAttributes;
import slash32.net.InterfaceIndex;
import slash32.net.Ipv6Address;

/// Next hops that a peer on a link tells us: link-local ones are on that link (RFC 2545 §3). On thread {@code bgp}.
final class LinkNextHop {
    private static final int REMEMBERED_MAX = 16_384;

    private final InterfaceIndex link;
    private final Map<PathAttributes, PathAttributes> received = new HashMap<>();

    LinkNextHop(InterfaceIndex link) {
        this.link = link;
    }

    /// What a peer told, with a next hop that we know the link of; null if there is none.
    ///
    /// @param session null for a peer that is not known by a link-local address: its global next hops count
    static @Nullable PathAttributes received(@Nullable LinkNextHop session, PathAttributes path) {
        if (!(path.nextHop() instanceof Ipv6Address address)) {
            return path;
        }
        Ipv6Address beside = path.linkLocalNextHop();
        Ipv6Address given = session != null && beside != null && beside.canBeOnLink() ? beside : address;
        if (given.isLinkLocal()) {
            return session == null || !given.canBeOnLink() ? null : session.onLink(path, given);
        }
        return given.isUnspecified() ? null : path;
    }

    private PathAttributes onLink(PathAttributes path, Ipv6Address address) {
        if (received.size() >= REMEMBERED_MAX) {
            received.clear();
        }
        return received.computeIfAbsent(
                path,
                _ -> path.toBuilder()
                        .nextHop(address.onLink(link))
                        .linkLocalNextHop(null)
                        .build());
    }
}
