package slash32.agent.intent;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.overlay.choice.Carriage;
import slash32.overlay.choice.Path;
import slash32.overlay.choice.SiteId;

/// Which site each next hop is in, as node routes say (docs/adr/0006), and so how it is reached.
///
/// A node with IPv4 and IPv6 underlay addresses is known as one by its external address: it proves the IPv4 one.
final class Sites {
    private final SiteId own;
    private final @Nullable Ipv4Address ownExternal;
    private final Function<SiteId, Carriage> carriages;
    private final Map<IpAddress, Said> announced = new HashMap<>();
    /// The underlay addresses of the nodes with an external address.
    private final Map<Ipv4Address, TreeSet<IpAddress>> behind = new HashMap<>();

    private Set<IpAddress> peers = Set.of();

    /// What a node route says.
    ///
    /// @param external null if the node takes no part in the overlay
    /// @param admin its address in the admin network; null if it has none
    record Said(
            SiteId site,
            @Nullable Ipv4Address external,
            @Nullable Ipv4Address admin) {}

    /// @param ownExternal null if this node takes no part in the overlay
    /// @param carriages what routed packets to nodes of each site go in
    Sites(SiteId own, @Nullable Ipv4Address ownExternal, Function<SiteId, Carriage> carriages) {
        this.own = own;
        this.ownExternal = ownExternal;
        this.carriages = carriages;
    }

    /// Our configured BGP peers, which are in our site without a node route.
    void peers(Set<IpAddress> addresses, Consumer<? super Effect.Desire> effects) {
        var changed = new HashSet<>(peers);
        changed.addAll(addresses);
        Map<IpAddress, Path> before = paths(changed);
        peers = Set.copyOf(addresses);
        tell(before, effects);
    }

    /// The node route of {@code node} says {@code said}.
    ///
    /// @param said null if the node route is gone or names no site
    void nodeRoute(IpAddress node, @Nullable Said said, Consumer<? super Effect.Desire> effects) {
        Said earlier = announced.get(node);
        var changed = new HashSet<>(Set.of(node));
        changed.addAll(behind(earlier));
        changed.addAll(behind(said));
        Map<IpAddress, Path> before = paths(changed);
        if (earlier != null && earlier.external != null) {
            behind.computeIfPresent(earlier.external, (_, nodes) -> {
                nodes.remove(node);
                return nodes.isEmpty() ? null : nodes;
            });
        }
        if (said == null) {
            announced.remove(node);
        } else {
            announced.put(node, said);
            if (said.external != null) {
                behind.computeIfAbsent(said.external, _ -> new TreeSet<>()).add(node);
            }
        }
        tell(before, effects);
    }

    private Set<IpAddress> behind(@Nullable Said said) {
        return said == null || said.external == null ? Set.of() : behind.getOrDefault(said.external, new TreeSet<>());
    }

    private void tell(Map<IpAddress, Path> before, Consumer<? super Effect.Desire> effects) {
        before.forEach((address, path) -> {
            Path after = path(address);
            if (!after.equals(path)) {
                effects.accept(new Effect.Desire.NextHop(address, after));
            }
        });
    }

    Path path(IpAddress nextHop) {
        Said said = announced.get(nextHop);
        if (said == null) {
            return Path.choose(own, peers.contains(nextHop) ? own : null, null);
        }
        return Path.choose(own, said.site, overlay(nextHop, said));
    }

    private Path.@Nullable Encrypted overlay(IpAddress nextHop, Said said) {
        if (ownExternal == null || said.external == null || said.external.equals(ownExternal)) {
            return null;
        }
        if (nextHop instanceof Ipv4Address node) {
            return encrypted(node, said.external, said.site);
        }
        for (IpAddress other : behind(said)) {
            if (other instanceof Ipv4Address node
                    && announced.get(node) instanceof Said(SiteId site, var _, var _)
                    && site.equals(said.site)) {
                return encrypted(node, said.external, site);
            }
        }
        return null;
    }

    private Path.Encrypted encrypted(Ipv4Address node, Ipv4Address external, SiteId site) {
        return new Path.Encrypted(node, external, site, carriages.apply(site));
    }

    private Map<IpAddress, Path> paths(Set<IpAddress> addresses) {
        var paths = new HashMap<IpAddress, Path>();
        addresses.forEach(address -> paths.put(address, path(address)));
        return paths;
    }
}
