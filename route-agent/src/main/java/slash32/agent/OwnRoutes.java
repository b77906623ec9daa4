package slash32.agent;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import slash32.agent.intent.EndpointRole;
import slash32.agent.intent.Intent;
import slash32.agent.intent.Node;
import slash32.bgp.speaker.OriginatedRoute;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.securitygroup.GroupId;

/// What this node advertises, as docs/design/bgp.md has it on the wire.
final class OwnRoutes {
    private final Node node;

    OwnRoutes(Node node) {
        this.node = node;
    }

    /// The node's own underlay addresses, with its site.
    List<OriginatedRoute> nodeRoutes() {
        List<LargeCommunity> site =
                List.of(community(Intent.COMMUNITY_SITE, node.site().value()));
        return Stream.of(node.underlay(), node.underlay6())
                .filter(Objects::nonNull)
                .map(IpAddress::hostPrefix)
                .map(prefix -> new OriginatedRoute(prefix, nextHop(prefix), EndpointRole.ACTIVE.localPref(), site))
                .toList();
    }

    /// Addresses of an endpoint, each with the endpoint's groups.
    List<OriginatedRoute> hostRoutes(List<Prefix> addresses, List<GroupId> groups, long localPref) {
        List<LargeCommunity> communities = groups.stream()
                .map(group -> community(Intent.COMMUNITY_GROUP, group.number()))
                .toList();
        return addresses.stream()
                .map(prefix -> new OriginatedRoute(prefix, nextHop(prefix), localPref, communities))
                .toList();
    }

    private IpAddress nextHop(Prefix prefix) {
        return Objects.requireNonNull(node.underlayFor(prefix.address()), "intent refuses endpoints without one");
    }

    private LargeCommunity community(long function, long value) {
        return new LargeCommunity(node.asn().value(), function, value);
    }
}
