package slash32.agent;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import slash32.agent.intent.AdminNetwork;
import slash32.agent.intent.Effect;
import slash32.agent.intent.EndpointRole;
import slash32.agent.intent.Intent;
import slash32.agent.intent.Node;
import slash32.agent.intent.PairCommunities;
import slash32.bgp.speaker.OriginatedRoute;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;

/// What this node advertises, as docs/design/bgp.md has it on the wire.
final class OwnRoutes {
    private final Node node;
    private final List<Ipv4Address> overlays;

    /// @param overlays where this node takes encapsulated frames, beside its underlay addresses
    OwnRoutes(Node node, List<Ipv4Address> overlays) {
        this.node = node;
        this.overlays = List.copyOf(overlays);
    }

    /// The node's own underlay addresses, with its site, and where other sites reach it: each leads to itself. An
    /// address that is for frames alone is in its site alone: nobody proves to have it. The IPv4 one says the
    /// node's address in the admin network.
    List<OriginatedRoute> nodeRoutes() {
        LargeCommunity site = community(Intent.COMMUNITY_SITE, node.site().value());
        var reached = new ArrayList<>(List.of(site));
        if (node.external() != null) {
            reached.add(community(
                    Intent.COMMUNITY_EXTERNAL,
                    Integer.toUnsignedLong(node.external().value())));
        }
        var claimed = new ArrayList<>(reached);
        if (node.admin() != null) {
            claimed.add(community(
                    Intent.COMMUNITY_ADMIN,
                    Integer.toUnsignedLong(node.admin().address().value())));
        }
        Set<IpAddress> underlay = Stream.of(node.underlay(), node.underlay6())
                .filter(Objects::nonNull)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        return Stream.concat(underlay.stream(), overlays.stream())
                .distinct()
                .map(own -> new OriginatedRoute(
                        own.hostPrefix(),
                        own,
                        EndpointRole.ACTIVE.localPref(),
                        own.equals(node.underlay()) ? claimed : underlay.contains(own) ? reached : List.of(site)))
                .toList();
    }

    /// The node's address in the admin network, which it has to have.
    OriginatedRoute adminRoute(AdminNetwork admin) {
        return new OriginatedRoute(
                admin.address().hostPrefix(), node.underlay(), EndpointRole.ACTIVE.localPref(), List.of());
    }

    /// Addresses of an endpoint, each with the endpoint's groups and pairs.
    List<OriginatedRoute> hostRoutes(Effect.Originate endpoint) {
        var communities = new ArrayList<LargeCommunity>();
        endpoint.groups().forEach(group -> communities.add(community(Intent.COMMUNITY_GROUP, group.number())));
        communities.addAll(PairCommunities.of(endpoint.pairs(), node.asn()));
        return endpoint.prefixes().stream()
                .map(prefix -> new OriginatedRoute(prefix, nextHop(prefix), endpoint.localPref(), communities))
                .toList();
    }

    private IpAddress nextHop(Prefix prefix) {
        return Objects.requireNonNull(node.underlayFor(prefix.address()), "intent refuses endpoints without one");
    }

    private LargeCommunity community(long function, long value) {
        return new LargeCommunity(node.asn().value(), function, value);
    }
}
