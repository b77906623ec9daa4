package slash32.securitygroup.nft;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;

/// What OpenStack's security groups say of a packet, written from their description (docs/security-groups.md) without a
/// look at the compiler: which packets pass, one after another, since an earlier one makes replies pass.
final class Contract {
    private static final Set<Integer> ALWAYS_TO_GUEST = Set.of(130, 134, 135, 136);
    /// The host is the guest's only router.
    private static final Set<Integer> NEVER_FROM_GUEST = Set.of(134, 137);
    /// Connection tracking leaves neighbour discovery alone.
    private static final Set<Integer> UNTRACKED = Set.of(130, 131, 132, 133, 134, 135, 136, 137, 143);

    private final Map<GroupId, SecurityGroup> groups = new HashMap<>();
    private final Map<GroupId, Set<IpAddress>> members;
    private final List<EndpointPolicy> endpoints;
    /// Flows that passed, and whether something came back.
    private final Map<Probe.Flow, Boolean> flows = new HashMap<>();

    Contract(List<SecurityGroup> groups, Map<GroupId, Set<IpAddress>> members, List<EndpointPolicy> endpoints) {
        groups.forEach(group -> this.groups.put(group.id(), group));
        this.members = members;
        this.endpoints = endpoints;
    }

    boolean passes(Probe packet) {
        Optional<EndpointPolicy> from = endpoints.stream()
                .filter(endpoint -> endpoint.device().value().equals(packet.device()))
                .findFirst();
        if (from.isPresent() && !mayBeSentBy(from.get(), packet)) {
            return false;
        }
        Optional<EndpointPolicy> to = endpoints.stream()
                .filter(endpoint ->
                        endpoint.addresses().contains(packet.destination().hostPrefix()))
                .findFirst();
        State state = track(packet);
        boolean passes = from.map(endpoint -> allows(endpoint, Direction.EGRESS, packet, state))
                        .orElse(true)
                && to.map(endpoint -> allows(endpoint, Direction.INGRESS, packet, state))
                        .orElse(true);
        if (passes && state == State.NEW) {
            flows.putIfAbsent(packet.flow(), false);
        }
        return passes;
    }

    private enum State {
        NEW,
        /// Of a flow that was answered, or an answer.
        KNOWN,
        /// An answer to nothing.
        INVALID,
        UNTRACKED
    }

    private State track(Probe packet) {
        if (packet.protocol() == Probe.ICMPV6 && UNTRACKED.contains(packet.first())) {
            return State.UNTRACKED;
        }
        if (flows.replace(packet.flow().reversed(), true) != null) {
            return State.KNOWN;
        }
        if (packet.reply() && (packet.isIcmp() || packet.protocol() == Probe.TCP)) {
            return State.INVALID;
        }
        return flows.getOrDefault(packet.flow(), false) ? State.KNOWN : State.NEW;
    }

    private static boolean mayBeSentBy(EndpointPolicy endpoint, Probe packet) {
        boolean own = packet.mac().equals(endpoint.mac())
                && endpoint.addresses().contains(packet.source().hostPrefix());
        return !endpoint.portSecurity()
                || own
                || endpoint.pairs().stream()
                        .anyMatch(pair -> pair.mac().equals(packet.mac()) && within(pair.prefix(), packet.source()));
    }

    private boolean allows(EndpointPolicy endpoint, Direction direction, Probe packet, State state) {
        if (!endpoint.portSecurity()) {
            return true;
        }
        boolean stateful = endpoint.groups().isEmpty()
                || endpoint.groups().stream()
                        .anyMatch(
                                id -> !groups.containsKey(id) || groups.get(id).stateful());
        if (stateful && (state == State.KNOWN || state == State.INVALID)) {
            return state == State.KNOWN;
        }
        Optional<Boolean> provider = direction == Direction.EGRESS ? fromGuest(packet) : toGuest(packet);
        return provider.orElseGet(() -> endpoint.groups().stream()
                .map(groups::get)
                .filter(Objects::nonNull)
                .flatMap(group -> group.rules().stream())
                .anyMatch(rule -> rule.direction() == direction && matches(rule, packet)));
    }

    private static Optional<Boolean> fromGuest(Probe packet) {
        if (packet.protocol() == Probe.ICMPV6) {
            return Optional.of(!NEVER_FROM_GUEST.contains(packet.first()));
        }
        if (isUdp(packet, 68, 67) || isUdp(packet, 546, 547)) {
            return Optional.of(true);
        }
        return isUdp(packet, 67, 68) || isUdp(packet, 547, 546) ? Optional.of(false) : Optional.empty();
    }

    private static Optional<Boolean> toGuest(Probe packet) {
        boolean always = (packet.protocol() == Probe.ICMPV6 && ALWAYS_TO_GUEST.contains(packet.first()))
                || isUdp(packet, 67, 68)
                || isUdp(packet, 547, 546);
        return always ? Optional.of(true) : Optional.empty();
    }

    private static boolean isUdp(Probe packet, int from, int to) {
        return packet.protocol() == Probe.UDP && packet.first() == from && packet.second() == to;
    }

    private boolean matches(Rule rule, Probe packet) {
        IpAddress other = rule.direction() == Direction.INGRESS ? packet.source() : packet.destination();
        return rule.etherType() == EtherType.of(packet.source())
                && matches(rule.traffic(), packet)
                && switch (rule.remote()) {
                    case Remote.Anywhere() -> true;
                    case Remote.Addresses(var prefix) -> within(prefix, other);
                    case Remote.Members(var group) -> isMember(group, other);
                };
    }

    private static boolean matches(Traffic traffic, Probe packet) {
        IpProtocol protocol = traffic.protocol();
        if (protocol != null && protocol.number() != packet.protocol()) {
            return false;
        }
        return switch (traffic) {
            case Traffic.Any _, Traffic.OfProtocol _ -> true;
            case Traffic.Ports(var _, int min, int max) -> packet.second() >= min && packet.second() <= max;
            case Traffic.Icmp(var _, int type, var code) ->
                packet.first() == type && (code == null || code == packet.second());
        };
    }

    private boolean isMember(GroupId group, IpAddress address) {
        SecurityGroup stated = groups.get(group);
        return members.getOrDefault(group, Set.of()).contains(address)
                || (stated != null && stated.addresses().stream().anyMatch(prefix -> within(prefix, address)))
                || endpoints.stream()
                        .filter(endpoint -> endpoint.groups().contains(group))
                        .flatMap(endpoint -> endpoint.memberships().stream())
                        .anyMatch(prefix -> within(prefix, address));
    }

    private static boolean within(Prefix prefix, IpAddress address) {
        return prefix.isIpv4() == address.isIpv4() && prefix.contains(address);
    }
}
