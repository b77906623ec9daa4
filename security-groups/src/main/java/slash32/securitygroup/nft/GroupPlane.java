package slash32.securitygroup.nft;

import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Backoff;
import slash32.reconcile.Reconciler;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Remote;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.compile.EndpointRules;
import slash32.securitygroup.compile.Fragment;
import slash32.securitygroup.compile.GroupRules;
import slash32.securitygroup.compile.LimitRules;
import slash32.securitygroup.compile.Plane;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.securitygroup.compile.Shape;
import slash32.securitygroup.compile.Subject;

/// The endpoints of one plane, and what they need of groups: only groups that one of them is in, and only member sets
/// that a rule of those names, are in the kernel. The bridged plane is there while it has endpoints. Not thread-safe.
final class GroupPlane {
    private final Plane plane;
    private final Map<GroupId, SecurityGroup> groups;
    private final Members members;
    private final EndpointRules endpoints;
    private final Fragment skeleton;
    private final NftRuleset ruleset;
    private final Reconciler<Subject, Fragment> reconciler;

    private final Map<InterfaceName, EndpointPolicy> policies = new HashMap<>();
    /// How many endpoints are in a group.
    private final Map<GroupId, Integer> groupUses = new HashMap<>();
    /// The groups whose members the rules of a group in use name.
    private final Map<GroupId, Set<GroupId>> named = new HashMap<>();
    /// How many groups in use name the members of a group.
    private final Map<GroupId, Integer> memberUses = new HashMap<>();

    /// How many groups in use have a rule of a shape.
    private final Map<Shape, Integer> shapeUses = new HashMap<>();
    /// The shapes of the rules of each group in use.
    private final Map<GroupId, Set<Shape>> shapes = new HashMap<>();
    /// How many endpoints have so many groups.
    private final NavigableMap<Integer, Integer> depths = new TreeMap<>();
    /// What an earlier process left, which goes when everything is stated.
    private GroupRules.Needs left;

    private final Map<InterfaceName, Integer> zones = new HashMap<>();
    /// How many endpoints have limits.
    private int limited;
    /// Whether the tables are to be there.
    private boolean present;
    /// Whether {@link #inSync} was said.
    private boolean complete;

    /// @param groups those that are stated, as they change
    /// @param members of groups, as they change
    /// @param unstated see {@link NftRuleset}
    /// @param marks see {@link NftRuleset}
    GroupPlane(
            Plane plane,
            RulesetCompiler compiler,
            NetlinkSocket socket,
            Map<GroupId, SecurityGroup> groups,
            Members members,
            BiFunction<Subject, Fragment, Fragment> unstated,
            boolean exclusive,
            @Nullable FlowMarks marks)
            throws IOException {
        this.plane = plane;
        this.groups = groups;
        this.members = members;
        endpoints = compiler.endpoints();
        skeleton = plane == Plane.ROUTED ? compiler.skeleton() : compiler.bridgedSkeleton();
        left = ReadBack.lookups(socket, plane);
        ruleset = new NftRuleset(
                socket,
                plane,
                skeleton,
                this::safe,
                (subject, held) -> plane.place(unstated.apply(subject, held)),
                exclusive,
                marks);
        reconciler = new Reconciler<>(ruleset, Backoff.KERNEL);
        if (plane == Plane.ROUTED || ReadBack.exists(socket, plane.table())) {
            begin();
        }
    }

    Plane plane() {
        return plane;
    }

    NftRuleset ruleset() {
        return ruleset;
    }

    Reconciler<Subject, Fragment> reconciler() {
        return reconciler;
    }

    @Nullable
    EndpointPolicy policy(InterfaceName device) {
        return policies.get(device);
    }

    Collection<EndpointPolicy> policies() {
        return policies.values();
    }

    private void begin() {
        present = true;
        reconciler.put(new Subject.Skeleton(), skeleton);
        zones.forEach(this::stateZone);
        updateLookups();
    }

    private void end() {
        present = false;
        zones.keySet().forEach(bridge -> reconciler.remove(new Subject.Zone(bridge)));
        reconciler.remove(new Subject.Lookups());
        reconciler.remove(new Subject.Skeleton());
    }

    private boolean isNeeded() {
        return plane == Plane.ROUTED || !policies.isEmpty();
    }

    /// What an owner gets while what it should have is refused.
    private @Nullable Fragment safe(Subject subject) {
        return switch (subject) {
            case Subject.Endpoint(var device) -> endpoints.blocked(plane, device);
            case Subject.Group(var group) -> GroupRules.group(plane, nothing(group), _ -> Set.of());
            case Subject.Skeleton _,
                    Subject.Lookups _,
                    Subject.MemberSets _,
                    Subject.Member _,
                    Subject.Host _,
                    Subject.Zone _,
                    Subject.Gateway _,
                    Subject.Limits _ -> null;
        };
    }

    private static SecurityGroup nothing(GroupId group) {
        return new SecurityGroup(group, "", List.of());
    }

    /// A segment's flows are in this zone.
    void putZone(InterfaceName bridge, int zone) {
        zones.put(bridge, zone);
        if (present) {
            stateZone(bridge, zone);
        }
    }

    void removeZone(InterfaceName bridge) {
        zones.remove(bridge);
        reconciler.remove(new Subject.Zone(bridge));
    }

    private void stateZone(InterfaceName bridge, int zone) {
        reconciler.put(new Subject.Zone(bridge), RulesetCompiler.zone(bridge, zone));
    }

    /// What the gateway of a segment answers for; empty if it has none.
    void gateway(InterfaceName bridge, Set<IpAddress> addresses) {
        if (addresses.isEmpty()) {
            reconciler.remove(new Subject.Gateway(bridge));
        } else {
            reconciler.put(new Subject.Gateway(bridge), RulesetCompiler.gateway(bridge, addresses));
        }
    }

    /// States an endpoint.
    ///
    /// @return what it was before, which is to {@link #leave} once that is no member of its groups any more
    @Nullable
    EndpointPolicy put(EndpointPolicy policy) {
        EndpointPolicy before = policies.put(policy.device(), policy);
        if (!present) {
            begin();
        }
        join(policy);
        updateEndpoint(policy);
        return before;
    }

    /// Nothing passes through the interface.
    ///
    /// @return see {@link #put}
    @Nullable
    EndpointPolicy block(InterfaceName device) {
        reconciler.put(new Subject.Endpoint(device), endpoints.blocked(plane, device));
        return policies.remove(device);
    }

    /// The interface is no endpoint's.
    ///
    /// @return see {@link #put}
    @Nullable
    EndpointPolicy remove(InterfaceName device) {
        reconciler.remove(new Subject.Endpoint(device));
        return policies.remove(device);
    }

    void updateEndpointsOf(GroupId group) {
        policies.values().stream()
                .filter(policy -> policy.groups().contains(group))
                .forEach(this::updateEndpoint);
    }

    private void updateEndpoint(EndpointPolicy policy) {
        boolean stateful = isStateful(policy);
        reconciler.put(
                new Subject.Endpoint(policy.device()),
                plane == Plane.ROUTED ? endpoints.endpoint(policy, stateful) : endpoints.inSegment(policy, stateful));
    }

    /// A group that was never stated is taken for stateful.
    private boolean isStateful(EndpointPolicy policy) {
        return policy.groups().isEmpty()
                || policy.groups().stream().anyMatch(id -> {
                    SecurityGroup group = groups.get(id);
                    return group == null || group.stateful();
                });
    }

    /// The first complete state has been stated.
    void inSync() {
        complete = true;
        if (limited == 0) {
            reconciler.remove(new Subject.Limits());
        }
        left = GroupRules.Needs.NONE;
        if (!isNeeded()) {
            end();
        }
        updateLookups();
        ruleset.inSync().forEach(reconciler::observed);
        reconciler.inSync();
    }

    /// True if the interface's endpoint and all its groups are in force as stated.
    boolean inForce(InterfaceName device) {
        EndpointPolicy policy = policies.get(device);
        return reconciler.inForce(new Subject.Endpoint(device))
                && (policy == null || policy.groups().stream().allMatch(this::inForce));
    }

    /// True if the group is in force as stated; so is one that no endpoint is in.
    boolean inForce(GroupId group) {
        return !groupUses.containsKey(group)
                || (reconciler.inForce(new Subject.Group(group)) && reconciler.inForce(new Subject.Lookups()));
    }

    /// Why the interface's endpoint, or the first of its groups, is not in force; null if nothing was refused.
    @Nullable
    String failure(InterfaceName device) {
        String own = reconciler.failure(new Subject.Endpoint(device));
        EndpointPolicy policy = policies.get(device);
        if (own != null || policy == null) {
            return own;
        }
        for (GroupId group : policy.groups()) {
            String failure = failure(group);
            if (failure != null) {
                return failure;
            }
        }
        return null;
    }

    /// Why the group is not in force; null if nothing was refused.
    @Nullable
    String failure(GroupId group) {
        return reconciler.failure(new Subject.Group(group));
    }

    private void join(EndpointPolicy policy) {
        if (!policy.limits().isEmpty() && ++limited == 1) {
            reconciler.put(new Subject.Limits(), LimitRules.SHARED);
        }
        if (depths.merge(policy.groups().size(), 1, Integer::sum) == 1) {
            updateLookups();
        }
        for (GroupId group : policy.groups()) {
            if (groupUses.merge(group, 1, Integer::sum) == 1) {
                updateGroup(group);
            }
        }
    }

    /// The endpoint is no more as {@code policy} says.
    void leave(EndpointPolicy policy) {
        if (!policy.limits().isEmpty() && --limited == 0 && complete) {
            reconciler.remove(new Subject.Limits());
        }
        if (depths.computeIfPresent(policy.groups().size(), (_, uses) -> uses == 1 ? null : uses - 1) == null) {
            updateLookups();
        }
        for (GroupId group : policy.groups()) {
            if (groupUses.computeIfPresent(group, (_, uses) -> uses == 1 ? null : uses - 1) == null) {
                updateGroup(group);
            }
        }
        if (complete && !isNeeded()) {
            end();
        }
    }

    /// Takes up a group as it is stated now.
    void updateGroup(GroupId id) {
        boolean used = groupUses.containsKey(id);
        SecurityGroup group = used ? groups.getOrDefault(id, nothing(id)) : nothing(id);
        Set<GroupId> wanted = namedBy(group);
        Set<GroupId> before = wanted.isEmpty() ? named.remove(id) : named.put(id, wanted);
        for (GroupId other : wanted) {
            if ((before == null || !before.contains(other)) && memberUses.merge(other, 1, Integer::sum) == 1) {
                reconciler.put(new Subject.MemberSets(other), RulesetCompiler.memberSets(plane, other));
                forEachMember(other, member -> reconciler.put(member, Fragment.EMPTY));
            }
        }
        if (used) {
            putRules(group);
        } else {
            reconciler.remove(new Subject.Group(id));
            useShapes(id, Set.of());
        }
        if (before == null) {
            return;
        }
        for (GroupId other : before) {
            if (!wanted.contains(other)
                    && memberUses.computeIfPresent(other, (_, uses) -> uses == 1 ? null : uses - 1) == null) {
                reconciler.remove(new Subject.MemberSets(other));
                forEachMember(other, reconciler::remove);
            }
        }
    }

    private static Set<GroupId> namedBy(SecurityGroup group) {
        return group.rules().stream()
                .flatMap(rule -> rule.remote() instanceof Remote.Members(var other) ? Stream.of(other) : Stream.empty())
                .collect(Collectors.toSet());
    }

    private void putRules(SecurityGroup group) {
        Fragment rules = GroupRules.group(plane, group, members::prefixes);
        useShapes(group.id(), GroupRules.shapes(rules));
        reconciler.put(new Subject.Group(group.id()), rules);
    }

    private void useShapes(GroupId group, Set<Shape> wanted) {
        Set<Shape> before = wanted.isEmpty() ? shapes.remove(group) : shapes.put(group, wanted);
        boolean changed = false;
        for (Shape shape : wanted) {
            changed |= shapeUses.merge(shape, 1, Integer::sum) == 1;
        }
        for (Shape shape : before == null ? Set.<Shape>of() : before) {
            changed |= shapeUses.computeIfPresent(shape, (_, uses) -> uses == 1 ? null : uses - 1) == null;
        }
        if (changed) {
            updateLookups();
        }
    }

    private void updateLookups() {
        if (!present) {
            return;
        }
        int depth = depths.isEmpty() ? 0 : depths.lastKey();
        var needs = new GroupRules.Needs(shapeUses.keySet(), depth).and(left);
        reconciler.put(new Subject.Lookups(), plane.place(GroupRules.lookups(needs)));
    }

    /// An address is in a group now, or is no longer.
    void memberChanged(Subject.Member member, boolean joined) {
        if (!memberUses.containsKey(member.group())) {
            return;
        }
        if (joined) {
            reconciler.put(member, Fragment.EMPTY);
        } else {
            reconciler.remove(member);
        }
    }

    /// Members of {@code group} that are no single addresses changed: the groups in use whose rules name them are
    /// compiled anew.
    void prefixesChanged(GroupId group) {
        named.forEach((id, others) -> {
            SecurityGroup naming = groups.get(id);
            if (others.contains(group) && naming != null) {
                putRules(naming);
            }
        });
    }

    private void forEachMember(GroupId group, Consumer<Subject> each) {
        members.forEach(group, address -> each.accept(new Subject.Member(group, address)));
        if (plane == Plane.BRIDGED) {
            members.forEachInSegments(
                    group, (bridge, address) -> each.accept(new Subject.Member(group, bridge, address)));
        }
    }
}
