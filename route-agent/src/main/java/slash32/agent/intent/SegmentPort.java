package slash32.agent.intent;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.overlay.evpn.Gateway;
import slash32.overlay.evpn.Port;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.GroupId;

/// An interface of an endpoint in a segment, with what the platform assigned to it there.
///
/// @param device the TAP's name on this host
/// @param mac the guest's, unicast
/// @param addresses that are answered for it by ARP and ND, at most 64, none twice; empty for a guest that speaks no
///     IP, or for more addresses than are its own, such as a router
/// @param sticky the MAC is never believed to be elsewhere (RFC 7432 §15.2)
/// @param groups the security groups that it is in there, at most 64, none twice: empty lets no IP pass; null for a
///     port whose IP nobody judges
public record SegmentPort(
        SegmentRef segment,
        InterfaceName device,
        MacAddress mac,
        List<IpAddress> addresses,
        boolean sticky,
        @Nullable List<GroupId> groups) {
    private static final int MAX_ADDRESSES = 64;

    public SegmentPort {
        addresses = List.copyOf(addresses);
        groups = groups == null ? null : List.copyOf(groups);
        if (groups != null) {
            EndpointSpec.checkGroups(groups);
        }
        if (mac.isGroup() || mac.value() == 0) {
            throw new InvalidFieldException("mac", "must be a unicast address, was " + mac);
        }
        if (mac.equals(MacAddress.GATEWAY)) {
            throw new InvalidFieldException("mac", "is the gateway's: " + mac);
        }
        if (addresses.size() > MAX_ADDRESSES) {
            throw new InvalidFieldException(
                    "addresses", "must be at most " + MAX_ADDRESSES + ", were " + addresses.size());
        }
        var seen = new HashSet<IpAddress>();
        for (int i = 0; i < addresses.size(); i++) {
            IpAddress address = addresses.get(i);
            if (address.isMulticast() || address.isLoopback() || address.isUnspecified()) {
                throw new InvalidFieldException("addresses[" + i + "]", "must be a unicast address, was " + address);
            }
            if (!seen.add(address)) {
                throw new InvalidFieldException("addresses[" + i + "]", "is there twice: " + address);
            }
        }
    }

    /// One without groups.
    public SegmentPort(
            SegmentRef segment, InterfaceName device, MacAddress mac, List<IpAddress> addresses, boolean sticky) {
        this(segment, device, mac, addresses, sticky, null);
    }

    /// @param asn of the communities by which other nodes hear of its groups
    Port port(Asn asn) {
        List<LargeCommunity> communities = Stream.ofNullable(groups)
                .flatMap(List::stream)
                .map(group -> new LargeCommunity(asn.value(), Intent.COMMUNITY_GROUP, group.number()))
                .toList();
        return new Port(device, mac, addresses, sticky, groups != null, communities);
    }

    /// What its groups are about in the segment with this VNI; null if it has none.
    ///
    /// @param gateway of the segment: addresses that it leads to are known outside too
    @Nullable
    EndpointPolicy policy(Vni vni, Gateway gateway) {
        if (groups == null) {
            return null;
        }
        Set<Prefix> own = addresses.stream().map(IpAddress::hostPrefix).collect(Collectors.toSet());
        Set<Prefix> routed = addresses.stream()
                .filter(gateway::leadsTo)
                .map(IpAddress::hostPrefix)
                .collect(Collectors.toSet());
        return EndpointPolicy.inSegment(device, mac, own, groups, vni, routed);
    }
}
