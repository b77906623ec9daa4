package slash32.securitygroup;

import static slash32.securitygroup.InvalidRuleException.require;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;

/// What an endpoint may send as, and which groups say what it may exchange.
///
/// @param device its TAP on this host
/// @param mac the guest's, the only source it may use
/// @param addresses host prefixes, the only source addresses it may use
/// @param pairs what else it may send as
/// @param groups any one that lets a packet pass is enough; empty lets nothing pass
/// @param portSecurity false lets everything pass, from any source; then {@code groups} and {@code pairs} are empty
/// @param limits how much may pass at all, with or without port security
/// @param segment whose bridge the interface is a port of; null for a routed one. Then there are neither pairs nor
///     limits, port security is on, and MACs and sources are for the bridge's guard.
/// @param routed of a port, those of its addresses that the segment's gateway leads to; empty for a routed one
public record EndpointPolicy(
        InterfaceName device,
        MacAddress mac,
        Set<Prefix> addresses,
        Set<AddressPair> pairs,
        List<GroupId> groups,
        boolean portSecurity,
        Map<Direction, RateLimit> limits,
        @Nullable Vni segment,
        Set<Prefix> routed) {
    public EndpointPolicy {
        routed = Set.copyOf(routed);
        limits = Map.copyOf(limits);
        pairs = Set.copyOf(pairs);
        addresses = Set.copyOf(addresses);
        groups = List.copyOf(groups);
        require(!mac.isGroup() && mac.value() != 0, "mac", "must be a unicast address, was " + mac);
        for (Prefix prefix : addresses) {
            require(prefix.isHost(), "addresses", "must be host prefixes, one was " + prefix);
        }
        require(groups.stream().distinct().count() == groups.size(), "groups", "has one twice: " + groups);
        require(portSecurity || groups.isEmpty(), "groups", "must be empty when portSecurity is false");
        require(portSecurity || pairs.isEmpty(), "allowedAddressPairs", "must be empty when portSecurity is false");
        boolean plain = portSecurity && pairs.isEmpty() && limits.isEmpty();
        require(segment == null || plain, "segment", "a port of a segment has groups alone");
        require(addresses.containsAll(routed), "routed", "has addresses that are not the port's: " + routed);
    }

    /// A routed one.
    public EndpointPolicy(
            InterfaceName device,
            MacAddress mac,
            Set<Prefix> addresses,
            Set<AddressPair> pairs,
            List<GroupId> groups,
            boolean portSecurity,
            Map<Direction, RateLimit> limits) {
        this(device, mac, addresses, pairs, groups, portSecurity, limits, null, Set.of());
    }

    /// A port of a segment's bridge.
    public static EndpointPolicy inSegment(
            InterfaceName device,
            MacAddress mac,
            Set<Prefix> addresses,
            List<GroupId> groups,
            Vni segment,
            Set<Prefix> routed) {
        return new EndpointPolicy(device, mac, addresses, Set.of(), groups, true, Map.of(), segment, routed);
    }

    /// One without limits.
    public EndpointPolicy(
            InterfaceName device,
            MacAddress mac,
            Set<Prefix> addresses,
            Set<AddressPair> pairs,
            List<GroupId> groups,
            boolean portSecurity) {
        this(device, mac, addresses, pairs, groups, portSecurity, Map.of());
    }

    /// One without pairs and limits.
    public EndpointPolicy(
            InterfaceName device, MacAddress mac, Set<Prefix> addresses, List<GroupId> groups, boolean portSecurity) {
        this(device, mac, addresses, Set.of(), groups, portSecurity);
    }

    /// Everything it may be known by to others, wherever they are: its addresses and those of its pairs. A port's are
    /// known within its segment, and elsewhere only those that its gateway leads to.
    public Set<Prefix> memberships() {
        var all = new HashSet<>(segment == null ? addresses : routed);
        pairs.forEach(pair -> all.add(pair.prefix()));
        return all;
    }
}
