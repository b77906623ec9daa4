package slash32.agent.intent;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.overlay.choice.Path;
import slash32.overlay.choice.SiteId;

/// Which site each next hop is in, as node routes say (docs/adr/0006), and so how it is reached.
final class Sites {
    private final SiteId own;
    private final Map<IpAddress, SiteId> announced = new HashMap<>();
    private Set<IpAddress> peers = Set.of();

    Sites(SiteId own) {
        this.own = own;
    }

    /// Our configured BGP peers, which are in our site without a node route.
    void peers(Set<IpAddress> addresses, Consumer<? super Effect.Desire> effects) {
        var changed = new HashSet<>(peers);
        changed.addAll(addresses);
        Map<IpAddress, Path> before = paths(changed);
        peers = Set.copyOf(addresses);
        paths(changed).forEach((address, path) -> {
            if (!path.equals(before.get(address))) {
                effects.accept(new Effect.Desire.NextHop(address, path));
            }
        });
    }

    /// The node route of {@code node} says {@code site}.
    ///
    /// @param site null if the node route is gone or names none
    void nodeRoute(IpAddress node, @Nullable SiteId site, Consumer<? super Effect.Desire> effects) {
        Path before = path(node);
        if (site == null) {
            announced.remove(node);
        } else {
            announced.put(node, site);
        }
        Path after = path(node);
        if (!after.equals(before)) {
            effects.accept(new Effect.Desire.NextHop(node, after));
        }
    }

    Path path(IpAddress nextHop) {
        SiteId site = announced.get(nextHop);
        return Path.choose(own, site == null && peers.contains(nextHop) ? own : site);
    }

    private Map<IpAddress, Path> paths(Set<IpAddress> addresses) {
        var paths = new HashMap<IpAddress, Path>();
        addresses.forEach(address -> paths.put(address, path(address)));
        return paths;
    }
}
