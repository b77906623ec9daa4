package slash32.securitygroup;

import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.Judgement.Cause;

/// Says what the kernel does with the first packet of a flow, and by which rule: the same rules as the ruleset's, read
/// one by one.
public final class Judge {
    private static final Set<Integer> ALWAYS_TO_GUEST = Set.of(130, 134, 135, 136);
    private static final Set<Integer> NEVER_FROM_GUEST = Set.of(134, 137);
    private static final Prefix LINK_LOCAL_6 = Prefix.parse("fe80::/10");

    private final Function<GroupId, @Nullable SecurityGroup> groups;
    private final BiPredicate<GroupId, IpAddress> members;
    private final List<IpAddress> gateways;

    /// A judge by what is stated now.
    ///
    /// @param groups what was stated of a group; null for nothing
    /// @param members whether a group has an address
    /// @param gateways addresses of the virtual gateway, which no pair covers
    public Judge(
            Function<GroupId, @Nullable SecurityGroup> groups,
            BiPredicate<GroupId, IpAddress> members,
            List<IpAddress> gateways) {
        this.groups = groups;
        this.members = members;
        this.gateways = List.copyOf(gateways);
    }

    /// What the endpoint's rules make of the packet.
    ///
    /// @param mac that the guest sends with; null for the right one
    public Judgement judge(
            EndpointPolicy policy, Direction direction, FirstPacket packet, @Nullable MacAddress mac, boolean inForce) {
        if (!policy.portSecurity()) {
            return because(policy, direction, Cause.PORT_SECURITY_OFF, inForce);
        }
        if (direction == Direction.EGRESS && !mayBeSentBy(policy, packet.source(), mac)) {
            return because(policy, direction, Cause.SPOOFED_SOURCE, inForce);
        }
        Cause provider = direction == Direction.EGRESS ? fromGuest(packet) : toGuest(packet);
        if (provider != null) {
            return because(policy, direction, provider, inForce);
        }
        for (GroupId id : policy.groups()) {
            SecurityGroup group = groups.apply(id);
            if (group == null) {
                continue;
            }
            for (Rule rule : group.rules()) {
                if (rule.direction() == direction && matches(rule, packet)) {
                    return new Judgement(policy.device(), direction, Cause.RULE, id, rule, inForce);
                }
            }
        }
        return because(policy, direction, Cause.NO_RULE, inForce);
    }

    private static Judgement because(EndpointPolicy policy, Direction direction, Cause cause, boolean inForce) {
        return new Judgement(policy.device(), direction, cause, null, null, inForce);
    }

    private boolean mayBeSentBy(EndpointPolicy policy, IpAddress source, @Nullable MacAddress mac) {
        boolean own = mac == null || mac.equals(policy.mac());
        if (own && policy.addresses().contains(source.hostPrefix())) {
            return true;
        }
        if (!source.isIpv4() && LINK_LOCAL_6.contains(source) && !gateways.contains(source)) {
            return own || policy.pairs().stream().anyMatch(pair -> pair.mac().equals(mac));
        }
        return policy.pairs().stream()
                .filter(pair -> pair.prefix().isHost() || !gateways.contains(source))
                .anyMatch(pair -> (mac == null || pair.mac().equals(mac)) && within(pair.prefix(), source));
    }

    private static @Nullable Cause fromGuest(FirstPacket packet) {
        if (!packet.source().isIpv4() && packet.isIcmp()) {
            return NEVER_FROM_GUEST.contains(packet.first()) ? Cause.NEVER_PASSES : Cause.ALWAYS_PASSES;
        }
        if (packet.isUdp(68, 67) || packet.isUdp(546, 547)) {
            return Cause.ALWAYS_PASSES;
        }
        return packet.isUdp(67, 68) || packet.isUdp(547, 546) ? Cause.NEVER_PASSES : null;
    }

    private static @Nullable Cause toGuest(FirstPacket packet) {
        boolean icmp = !packet.source().isIpv4() && packet.isIcmp() && ALWAYS_TO_GUEST.contains(packet.first());
        return icmp || packet.isUdp(67, 68) || packet.isUdp(547, 546) ? Cause.ALWAYS_PASSES : null;
    }

    private boolean matches(Rule rule, FirstPacket packet) {
        IpAddress other = rule.direction() == Direction.INGRESS ? packet.source() : packet.destination();
        return rule.etherType() == EtherType.of(packet.source())
                && matches(rule.traffic(), packet)
                && switch (rule.remote()) {
                    case Remote.Anywhere() -> true;
                    case Remote.Addresses(var prefix) -> within(prefix, other);
                    case Remote.Members(var group) -> members.test(group, other);
                };
    }

    private static boolean matches(Traffic traffic, FirstPacket packet) {
        IpProtocol protocol = traffic.protocol();
        if (protocol != null && !protocol.equals(packet.protocol())) {
            return false;
        }
        return switch (traffic) {
            case Traffic.Any _, Traffic.OfProtocol _ -> true;
            case Traffic.Ports(var _, int min, int max) -> packet.second() >= min && packet.second() <= max;
            case Traffic.Icmp(var _, int type, var code) ->
                packet.first() == type && (code == null || code == packet.second());
        };
    }

    private static boolean within(Prefix prefix, IpAddress address) {
        return prefix.isIpv4() == address.isIpv4() && prefix.contains(address);
    }
}
