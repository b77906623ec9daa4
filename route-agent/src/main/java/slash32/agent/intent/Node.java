package slash32.agent.intent;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.overlay.choice.Carriage;
import slash32.overlay.choice.SiteId;

/// Who this node is in the fabric.
///
/// @param underlay its address, NEXT_HOP of its IPv4 routes
/// @param underlay6 NEXT_HOP of its IPv6 routes; null for a node that can have no IPv6 endpoints
/// @param uplink its interface toward the underlay, which is never an endpoint's; null if that is not known
/// @param external where other sites reach it by the overlay; null if it takes no part in that
/// @param admin its place in the admin network; null for none
/// @param endpointPrefixes that addresses of endpoints must be in; none for any address
/// @param rules ways to other nodes, in the order in which they count
public record Node(
        Asn asn,
        SiteId site,
        Ipv4Address underlay,
        @Nullable Ipv6Address underlay6,
        @Nullable InterfaceName uplink,
        @Nullable Ipv4Address external,
        @Nullable AdminNetwork admin,
        List<Prefix> endpointPrefixes,
        List<OverlayRule> rules) {
    public Node {
        endpointPrefixes = List.copyOf(endpointPrefixes);
        rules = List.copyOf(rules);
    }

    /// What routed packets to nodes of another site go in, as the first rule says that holds in both sites.
    Carriage carriageTo(SiteId other) {
        return rules.stream()
                .filter(rule -> rule.holdsIn(site) && rule.holdsIn(other))
                .flatMap(rule -> Stream.ofNullable(rule.carriage()))
                .findFirst()
                .orElse(Carriage.ESP_TUNNEL);
    }

    boolean isForEndpoints(Prefix address) {
        return endpointPrefixes.isEmpty() || endpointPrefixes.stream().anyMatch(prefix -> prefix.covers(address));
    }

    /// Why an endpoint or a helper may not have this; null as far as the admin network is concerned.
    @Nullable
    String adminRefusal(Prefix prefix) {
        return admin != null && admin.network().covers(prefix)
                ? prefix + " is in the admin network " + admin.network() + ", which is for hypervisors alone"
                : null;
    }

    /// The underlay address of the family of {@code address}; null if this node has none.
    public @Nullable IpAddress underlayFor(IpAddress address) {
        return address.isIpv4() ? underlay : underlay6;
    }
}
