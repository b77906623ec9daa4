package slash32.agent.intent;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.speaker.OriginatedRoute;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.AddressPair;
import slash32.securitygroup.Direction;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.RateLimit;
import slash32.tap.gateway.GuestSettings;
import slash32.tap.gateway.Ipv6Assignment;

/// What the hypervisor daemon wants of one interface of a VM: the whole desired state, never a change to it.
///
/// The same words are the field names of the API (docs/openapi.yaml). Every constructor's refusal is an
/// {@link InvalidFieldException}.
///
/// @param generation counts the caller's changes, 0 for a caller that does not count; an older one is refused
/// @param device the TAP's name on this host
/// @param deviceKind what it must be
/// @param role whether the guest is here or on its way
/// @param mac the guest's, not the TAP's
/// @param addresses the guest's host prefixes, at most 64, none twice; empty only if {@code segments} has the device,
///     which is routed to nobody then
/// @param groups the security groups it is in, at most 64, none twice; empty lets nothing in or out
/// @param allowedAddressPairs what else it may send as, at most 64, none twice; a member of the groups, here and on
///     other hosts, but not where packets to it go
/// @param portSecurity false lets everything pass and anything be spoofed, and then there can be no groups and no
///     pairs
/// @param mtuBytes of the TAP: 68 to 65521, from 1280 with an IPv6 address (RFC 8200 §5)
/// @param ownerUid may open the TAP without privileges; null for root only; only for {@link DeviceMode#CREATE}
/// @param ownerGid like {@code ownerUid}, for a group
/// @param multiQueue the TAP takes one queue per vCPU; fixed when it is made, so only for {@link DeviceMode#CREATE}
/// @param txQueueLength of the TAP in packets, 0 to 1,000,000; null for the kernel's own; only for
///     {@link DeviceMode#CREATE}
/// @param guest what the guest is told by DHCP and router advertisements
/// @param metadata what it reads from the metadata service; null for a guest without one
/// @param rateLimits how much it may send and be sent; a direction that is not there has no limit
/// @param segments Layer 2 interfaces: the device itself, or others beside it
public record EndpointSpec(
        EndpointId id,
        long generation,
        InterfaceName device,
        DeviceMode mode,
        DeviceKind deviceKind,
        EndpointRole role,
        MacAddress mac,
        List<Prefix> addresses,
        List<GroupId> groups,
        List<AddressPair> allowedAddressPairs,
        boolean portSecurity,
        int mtuBytes,
        @Nullable Integer ownerUid,
        @Nullable Integer ownerGid,
        boolean multiQueue,
        @Nullable Integer txQueueLength,
        GuestSettings guest,
        @Nullable MetadataSpec metadata,
        Map<Direction, RateLimit> rateLimits,
        SegmentPorts segments) {
    public static final int MAX_ADDRESSES = 64;
    public static final int MAX_GROUPS = 64;
    public static final int MAX_PAIRS = 64;
    public static final int DEFAULT_MTU_BYTES = 1500;
    private static final IpAddress BROADCAST = IpAddress.parse("255.255.255.255");
    private static final int MIN_MTU_BYTES = 68;
    private static final int MAX_MTU_BYTES = 65_521;
    private static final String IN_SEGMENT = "of an interface in a segment must be ";
    private static final int MIN_IPV6_MTU_BYTES = 1280;

    public EndpointSpec {
        addresses = List.copyOf(addresses);
        rateLimits = Map.copyOf(rateLimits);
        groups = List.copyOf(groups);
        allowedAddressPairs = List.copyOf(allowedAddressPairs);
        require(generation >= 0, "generation", "must be 0 or more, was " + generation);
        require(!mac.isGroup() && mac.value() != 0, "mac", "must be a unicast address, was " + mac);
        boolean routed = !segments.has(device);
        if (!routed) {
            checkInSegment(addresses, groups, allowedAddressPairs, portSecurity);
            require(mode == DeviceMode.ADOPT, "mode", IN_SEGMENT + "adopt");
            require(mtuBytes == DEFAULT_MTU_BYTES, "mtuBytes", IN_SEGMENT + "the segment's");
            require(guest.equals(GuestSettings.DEFAULT), "guest", IN_SEGMENT + "absent");
            require(metadata == null, "metadata", IN_SEGMENT + "absent");
            require(rateLimits.isEmpty(), "rateLimits", IN_SEGMENT + "empty");
        }
        checkAddresses(addresses, routed);
        checkGroups(groups, portSecurity);
        checkPairs(allowedAddressPairs, portSecurity);
        checkMessage(groups, allowedAddressPairs);
        checkMtu(mtuBytes, addresses);
        checkOwner(ownerUid, "ownerUid", mode);
        checkOwner(ownerGid, "ownerGid", mode);
        require(!multiQueue || mode == DeviceMode.CREATE, "multiQueue", "only for mode create");
        require(txQueueLength == null || mode == DeviceMode.CREATE, "txQueueLength", "only for mode create");
        require(deviceKind == DeviceKind.TAP || mode == DeviceMode.ADOPT, "deviceKind", "any: only for mode adopt");
        checkSubnets(guest.subnets(), addresses);
        if (guest.ipv6() == Ipv6Assignment.SLAAC) {
            checkSlaac(guest.subnets(), addresses, mac);
        }
    }

    /// Whether the device is the guest's way to everywhere, and not an interface in a segment alone.
    public boolean isRouted() {
        return !addresses.isEmpty();
    }

    /// The groups that one of its interfaces is in.
    Set<GroupId> allGroups() {
        var all = new HashSet<>(groups);
        for (SegmentPort port : segments.ports()) {
            all.addAll(Objects.requireNonNullElse(port.groups(), List.of()));
        }
        return all;
    }

    /// All its interfaces, by the fields that name them.
    Map<String, InterfaceName> devices() {
        var all = new LinkedHashMap<String, InterfaceName>();
        all.put("device", device);
        for (int i = 0; i < segments.ports().size(); i++) {
            InterfaceName other = segments.ports().get(i).device();
            if (!other.equals(device)) {
                all.put("segments[" + i + "].device", other);
            }
        }
        return all;
    }

    private static void checkInSegment(
            List<Prefix> addresses, List<GroupId> groups, List<AddressPair> pairs, boolean portSecurity) {
        require(
                addresses.isEmpty(),
                "addresses",
                IN_SEGMENT + "empty: an interface is routed or in a segment; its addresses there are the port's");
        require(groups.isEmpty(), "groups", IN_SEGMENT + "empty: its groups are its port's (segments[].groups)");
        require(pairs.isEmpty(), "allowedAddressPairs", IN_SEGMENT + "empty");
        require(portSecurity, "portSecurity", IN_SEGMENT + "true");
    }

    private static void checkSubnets(List<Prefix> subnets, List<Prefix> addresses) {
        for (int i = 0; i < subnets.size(); i++) {
            Prefix subnet = subnets.get(i);
            require(
                    addresses.stream().anyMatch(subnet::covers),
                    "guest.subnets[" + i + "]",
                    "has none of the addresses in it: " + subnet);
        }
    }

    /// The guest makes its address of its MAC (RFC 4862 §5.5.3): it has to be the one that it may use.
    private static void checkSlaac(List<Prefix> subnets, List<Prefix> addresses, MacAddress mac) {
        long interfaceId = mac.linkLocal().low();
        boolean made = addresses.stream()
                .anyMatch(host -> host.address() instanceof Ipv6Address address
                        && address.low() == interfaceId
                        && subnets.stream().anyMatch(subnet -> subnet.length() == 64 && subnet.covers(host)));
        require(
                made,
                "guest.ipv6",
                "slaac needs a /64 in guest.subnets with the address that " + mac + " makes there, "
                        + new Ipv6Address(0, interfaceId) + ", among the addresses");
    }

    private static void checkAddresses(List<Prefix> addresses, boolean routed) {
        require(!routed || !addresses.isEmpty(), "addresses", "must name at least one address");
        require(
                addresses.size() <= MAX_ADDRESSES,
                "addresses",
                "must be at most " + MAX_ADDRESSES + ", were " + addresses.size());
        var seen = new HashSet<Prefix>();
        for (int i = 0; i < addresses.size(); i++) {
            Prefix prefix = addresses.get(i);
            String field = "addresses[" + i + "]";
            require(
                    prefix.isHost(),
                    field,
                    "must be a host address (/" + prefix.address().bits() + "), was " + prefix);
            checkUnicast(prefix.address(), field);
            require(seen.add(prefix), field, "is there twice: " + prefix);
        }
    }

    private static void checkUnicast(IpAddress address, String field) {
        boolean unicast = !address.isMulticast()
                && !address.isLoopback()
                && !address.isLinkLocal()
                && !address.isUnspecified()
                && !address.equals(BROADCAST);
        require(unicast, field, "must be a routable unicast address, was " + address);
    }

    private static void checkGroups(List<GroupId> groups, boolean portSecurity) {
        require(portSecurity || groups.isEmpty(), "groups", "must be empty when portSecurity is false");
        checkGroups(groups);
    }

    static void checkGroups(List<GroupId> groups) {
        require(groups.size() <= MAX_GROUPS, "groups", "must be at most " + MAX_GROUPS + ", were " + groups.size());
        var seen = new HashSet<GroupId>();
        for (int i = 0; i < groups.size(); i++) {
            require(seen.add(groups.get(i)), "groups[" + i + "]", "is there twice: " + groups.get(i));
        }
    }

    private static void checkPairs(List<AddressPair> pairs, boolean portSecurity) {
        String field = "allowedAddressPairs";
        require(pairs.size() <= MAX_PAIRS, field, "must be at most " + MAX_PAIRS + ", were " + pairs.size());
        require(portSecurity || pairs.isEmpty(), field, "must be empty when portSecurity is false");
        var seen = new HashSet<AddressPair>();
        for (int i = 0; i < pairs.size(); i++) {
            AddressPair pair = pairs.get(i);
            require(seen.add(pair), field + "[" + i + "]", "is there twice: " + pair.prefix() + " " + pair.mac());
        }
    }

    /// Groups and pairs go into one message of BGP.
    private static void checkMessage(List<GroupId> groups, List<AddressPair> pairs) {
        int communities = groups.size() + PairCommunities.count(prefixes(pairs));
        require(
                communities <= OriginatedRoute.COMMUNITIES_MAX,
                "allowedAddressPairs",
                "and groups must fit into one BGP message of " + OriginatedRoute.COMMUNITIES_MAX
                        + " large communities (a group or IPv4 pair is one, an IPv6 pair up to four), were "
                        + communities);
    }

    private static List<Prefix> prefixes(List<AddressPair> pairs) {
        return pairs.stream().map(AddressPair::prefix).distinct().sorted().toList();
    }

    /// What its routes say of it.
    Memberships memberships() {
        List<Prefix> beside = prefixes(allowedAddressPairs).stream()
                .filter(prefix -> !addresses.contains(prefix))
                .toList();
        return new Memberships(groups, groups.isEmpty() ? List.of() : beside);
    }

    private static void checkMtu(int mtuBytes, List<Prefix> addresses) {
        boolean ipv6 = addresses.stream().anyMatch(prefix -> !prefix.isIpv4());
        int least = ipv6 ? MIN_IPV6_MTU_BYTES : MIN_MTU_BYTES;
        require(
                mtuBytes >= least && mtuBytes <= MAX_MTU_BYTES,
                "mtuBytes",
                "must be " + least + " to " + MAX_MTU_BYTES + (ipv6 ? " with an IPv6 address" : "") + ", was "
                        + mtuBytes);
    }

    private static void checkOwner(@Nullable Integer owner, String field, DeviceMode mode) {
        require(owner == null || owner >= 0, field, "must be 0 or more, was " + owner);
        require(owner == null || mode == DeviceMode.CREATE, field, "only for mode create");
    }

    private static void require(boolean met, String field, String reason) {
        if (!met) {
            throw new InvalidFieldException(field, reason);
        }
    }
}
