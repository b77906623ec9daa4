package slash32.securitygroup.nft;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.TableSize;
import slash32.netlink.netfilter.Counts;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Backoff;
import slash32.reconcile.Failure;
import slash32.reconcile.Pass;
import slash32.reconcile.Reconciler;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.HostRules;
import slash32.securitygroup.Judge;
import slash32.securitygroup.Judgement;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.compile.EndpointRules;
import slash32.securitygroup.compile.Fragment;
import slash32.securitygroup.compile.GroupRules;
import slash32.securitygroup.compile.HostProtection;
import slash32.securitygroup.compile.LimitRules;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.securitygroup.compile.Shape;
import slash32.securitygroup.compile.Subject;

/// Security groups in force on this host: state what should be, call {@link #apply}, ask what is.
///
/// Every pass is one transaction with only the differences. Only groups that an endpoint here is in, and only member
/// sets that a rule of those names, are in the kernel. A group that is named but was never stated lets nothing pass.
/// Before {@link #inSync} nothing is removed that an earlier process left and nobody stated yet, so endpoints and
/// groups are stated before the first {@link #apply}, and members whenever they become known.
///
/// Owned by the thread "kernel".
public final class Firewall implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Firewall.class);

    private final List<IpAddress> gateways;
    private final EndpointRules endpoints;
    private final NetlinkSocket socket;
    private final @Nullable Backstop backstop;
    private final NftRuleset ruleset;
    private final Reconciler<Subject, Fragment> reconciler;

    private final Map<InterfaceName, EndpointPolicy> policies = new HashMap<>();
    private final Map<GroupId, SecurityGroup> groups = new HashMap<>();
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

    private final Members members = new Members();
    private final HostState host = new HostState();

    /// What was logged, so that a retry that fails likewise is not.
    private final Map<Subject, String> warned = new HashMap<>();

    /// How many endpoints have limits.
    private int limited;
    /// Whether {@link #inSync} was said.
    private boolean complete;

    private @Nullable String warnedBroken;
    private long renewedNanos;

    private Firewall(RulesetCompiler compiler, NetlinkSocket socket, @Nullable Backstop backstop, int mark)
            throws IOException {
        gateways = compiler.gateways();
        endpoints = compiler.endpoints();
        this.socket = socket;
        this.backstop = backstop;
        left = ReadBack.lookups(socket);
        ruleset = new NftRuleset(socket, compiler.skeleton(), this::safe, this::unstated, backstop == null, mark);
        reconciler = new Reconciler<>(ruleset, Backoff.KERNEL);
        reconciler.put(new Subject.Skeleton(), compiler.skeleton());
        updateLookups();
    }

    /// Opens the firewall of the calling thread's network namespace; nothing is written before {@link #apply}.
    public static Firewall open(RulesetCompiler compiler) throws IOException {
        return open(compiler, true);
    }

    /// The same, for who wants to share the tables with others.
    ///
    /// @param exclusive false to leave the tables open to others' changes, as where the kernel can't but leave them
    public static Firewall open(RulesetCompiler compiler, boolean exclusive) throws IOException {
        NetlinkSocket socket = NetlinkSocket.open(NetlinkProtocol.NETFILTER);
        int mark = ThreadLocalRandom.current().nextInt();
        RulesetCompiler able = compiler;
        if (!Abilities.canLog(socket)) {
            LOG.warn("event=no-drop-samples reason=\"the kernel has no nfnetlink_log\"");
            able = able.withoutSamples();
        }
        if (exclusive && Abilities.canOwn(socket)) {
            return new Firewall(able, socket, null, mark);
        }
        RulesetCompiler marking = able.marking();
        return new Firewall(marking, socket, new Backstop(marking.backstop()), mark);
    }

    /// What an earlier process left that members or nodes may still account for.
    private Fragment unstated(Subject subject, Fragment left) {
        if (subject instanceof Subject.Host) {
            return host.knowsNodes() ? HostProtection.nodesOf(left) : Fragment.EMPTY;
        }
        SecurityGroup group = subject instanceof Subject.Group(var id) ? groups.get(id) : null;
        return group == null ? Fragment.EMPTY : GroupRules.ofMembers(group, left);
    }

    /// What an owner gets while what it should have is refused.
    private @Nullable Fragment safe(Subject subject) {
        return switch (subject) {
            case Subject.Endpoint(var device) -> endpoints.blocked(device);
            case Subject.Group(var group) -> GroupRules.group(nothing(group), _ -> Set.of());
            case Subject.Skeleton _,
                    Subject.Lookups _,
                    Subject.MemberSets _,
                    Subject.Member _,
                    Subject.Host _,
                    Subject.Limits _ -> null;
        };
    }

    private static SecurityGroup nothing(GroupId group) {
        return new SecurityGroup(group, "", List.of());
    }

    /// States what may reach the host itself; null for everything, as far as it is no guest's.
    public void protectHost(@Nullable HostRules rules) {
        host.rules(rules);
    }

    /// States that a node is reached in the clear, so that the host takes from it what {@link HostRules#fromNodes}
    /// says.
    public void putNode(IpAddress underlay) {
        host.add(underlay);
    }

    /// Takes back {@link #putNode}, if it was said.
    public void removeNode(IpAddress underlay) {
        host.remove(underlay);
    }

    /// States what a group lets pass.
    public void putGroup(SecurityGroup group) {
        SecurityGroup before = groups.put(group.id(), group);
        group.addresses().forEach(prefix -> addMembership(group.id(), prefix));
        if (before != null) {
            before.addresses().forEach(prefix -> removeMembership(group.id(), prefix));
        }
        updateGroup(group.id());
        if (before == null ? !group.stateful() : before.stateful() != group.stateful()) {
            updateEndpointsOf(group.id());
        }
    }

    private void updateEndpointsOf(GroupId group) {
        policies.values().stream()
                .filter(policy -> policy.groups().contains(group))
                .forEach(this::updateEndpoint);
    }

    private void updateEndpoint(EndpointPolicy policy) {
        reconciler.put(new Subject.Endpoint(policy.device()), endpoints.endpoint(policy, isStateful(policy)));
    }

    /// A group that was never stated is taken for stateful.
    private boolean isStateful(EndpointPolicy policy) {
        return policy.groups().isEmpty()
                || policy.groups().stream().anyMatch(id -> {
                    SecurityGroup group = groups.get(id);
                    return group == null || group.stateful();
                });
    }

    /// From now on the group lets nothing pass.
    public void removeGroup(GroupId group) {
        SecurityGroup before = groups.remove(group);
        if (before != null) {
            before.addresses().forEach(prefix -> removeMembership(group, prefix));
            updateEndpointsOf(group);
        }
        updateGroup(group);
    }

    /// States what the endpoint behind an interface may do, whether or not there is such an interface. Its addresses
    /// become members of its groups.
    public void putEndpoint(EndpointPolicy policy) {
        EndpointPolicy before = policies.put(policy.device(), policy);
        if (backstop != null) {
            backstop.add(policy.device());
        }
        join(policy);
        updateEndpoint(policy);
        if (before != null) {
            leave(before);
        }
    }

    /// From now on nothing passes through the interface.
    public void blockEndpoint(InterfaceName device) {
        reconciler.put(new Subject.Endpoint(device), endpoints.blocked(device));
        if (backstop != null) {
            backstop.add(device);
        }
        EndpointPolicy before = policies.remove(device);
        if (before != null) {
            leave(before);
        }
    }

    /// From now on the interface is none of ours; while it is still there, it should be blocked instead.
    public void removeEndpoint(InterfaceName device) {
        reconciler.remove(new Subject.Endpoint(device));
        if (backstop != null) {
            backstop.remove(device);
        }
        EndpointPolicy before = policies.remove(device);
        if (before != null) {
            leave(before);
        }
    }

    /// States that an address behind another host is in a group. Stating it again changes nothing.
    public void putMember(GroupId group, IpAddress address) {
        if (members.addRemote(group, address) && memberUses.containsKey(group)) {
            reconciler.put(member(group, address), Fragment.EMPTY);
        }
    }

    /// Takes back {@link #putMember}. An address that never was a remote member is left alone.
    public void removeMember(GroupId group, IpAddress address) {
        if (members.removeRemote(group, address) && memberUses.containsKey(group)) {
            reconciler.remove(member(group, address));
        }
    }

    /// States that whoever is behind other hosts and in a group may also send as {@code prefix}, which is so in the
    /// group too. Stated once, until {@link #removePair}.
    public void putPair(GroupId group, Prefix prefix) {
        addMembership(group, prefix);
    }

    /// Takes back {@link #putPair}.
    public void removePair(GroupId group, Prefix prefix) {
        removeMembership(group, prefix);
    }

    /// The first complete state has been stated: what is left of an earlier process and was not stated may go.
    public void inSync() {
        complete = true;
        if (limited == 0) {
            reconciler.remove(new Subject.Limits());
        }
        left = GroupRules.Needs.NONE;
        updateLookups();
        ruleset.inSync().forEach(reconciler::observed);
        reconciler.inSync();
    }

    /// Forgets what the kernel holds; the next {@link #apply} reads it back and repairs it.
    public void resync() {
        reconciler.resync();
    }

    /// Brings everything that changed in force.
    public Pass<Subject, Fragment> apply(long nowNanos) {
        if (backstop != null && backstop.apply()) {
            ruleset.generationPassed();
        }
        host.state(reconciler);
        Pass<Subject, Fragment> pass = reconciler.pass(nowNanos);
        for (Failure<Subject> failure : pass.failed()) {
            if (!failure.reason().equals(warned.put(failure.key(), failure.reason()))) {
                LOG.warn("event=rules-refused object=\"{}\" reason=\"{}\"", failure.key(), failure.reason());
            }
        }
        pass.applied().forEach(change -> warned.remove(change.key()));
        String broken = pass.broken();
        if (broken != null && !broken.equals(warnedBroken)) {
            LOG.warn("event=ruleset-unknown reason=\"{}\"", broken);
        }
        warnedBroken = broken;
        stamp(nowNanos);
        return pass;
    }

    private void stamp(long nowNanos) {
        if (ruleset.takeRenewed()) {
            renewedNanos = nowNanos;
        }
        if (!ruleset.lags() || nowNanos - renewedNanos < FlowMarks.GRACE_NANOS) {
            return;
        }
        try {
            ruleset.stamp();
        } catch (IOException e) {
            LOG.warn("event=flow-mark-refused reason=\"{}\"", e.getMessage());
            renewedNanos = nowNanos;
            reconciler.resync();
        }
    }

    /// When {@link #apply} has something to do; see {@link Reconciler#nextDeadlineNanos}.
    public long nextDeadlineNanos(long nowNanos) {
        long next = host.isStated() ? reconciler.nextDeadlineNanos(nowNanos) : nowNanos;
        return ruleset.lags() ? Math.min(next, renewedNanos + FlowMarks.GRACE_NANOS) : next;
    }

    /// True if the interface's endpoint and all its groups are in force as stated.
    public boolean inForce(InterfaceName device) {
        EndpointPolicy policy = policies.get(device);
        return reconciler.inForce(new Subject.Endpoint(device))
                && (policy == null || policy.groups().stream().allMatch(this::inForce));
    }

    /// True if the group is in force as stated; so is one that no endpoint here is in.
    public boolean inForce(GroupId group) {
        return !groupUses.containsKey(group)
                || (reconciler.inForce(new Subject.Group(group)) && reconciler.inForce(new Subject.Lookups()));
    }

    /// Why the interface's endpoint, or the first of its groups, is not in force; null if nothing was refused.
    public @Nullable String failure(InterfaceName device) {
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
    public @Nullable String failure(GroupId group) {
        return reconciler.failure(new Subject.Group(group));
    }

    /// What the rules as stated make of the first packet of a flow, at each end that is an endpoint of this host. Costs
    /// a look at all endpoints.
    ///
    /// @param from the interface it comes in by; null for the one that its source belongs to
    /// @param mac that it is sent with; null for the right one
    public List<Judgement> explain(FirstPacket packet, @Nullable InterfaceName from, @Nullable MacAddress mac) {
        var judge = new Judge(groups::get, members::has, gateways);
        var judgements = new ArrayList<Judgement>();
        EndpointPolicy sender = from == null ? sender(packet.source()) : policies.get(from);
        if (sender != null) {
            judgements.add(judge.judge(sender, Direction.EGRESS, packet, mac, inForce(sender.device())));
        }
        policies.values().stream()
                .filter(policy ->
                        policy.addresses().contains(packet.destination().hostPrefix()))
                .findAny()
                .ifPresent(receiver -> judgements.add(
                        judge.judge(receiver, Direction.INGRESS, packet, null, inForce(receiver.device()))));
        return judgements;
    }

    /// What the rule that let a packet pass let pass so far; null if none did, or the kernel does not say.
    public @Nullable Counts counted(Judgement judgement) {
        GroupId group = judgement.group();
        Rule rule = judgement.rule();
        if (group == null || rule == null) {
            return null;
        }
        var alone = new SecurityGroup(group, "", List.of(rule));
        try {
            return new RuleCounters(socket).read(alone, members::prefixes).get(rule.id());
        } catch (IOException e) {
            LOG.warn("event=rule-uncounted group={} rule=\"{}\" reason=\"{}\"", group, rule.id(), e.getMessage());
            return null;
        }
    }

    /// Whose address it is, or else who may send as it.
    private @Nullable EndpointPolicy sender(IpAddress source) {
        EndpointPolicy paired = null;
        for (EndpointPolicy policy : policies.values()) {
            if (policy.addresses().contains(source.hostPrefix())) {
                return policy;
            }
            if (policy.memberships().stream().anyMatch(prefix -> within(prefix, source))) {
                paired = policy;
            }
        }
        return paired;
    }

    private static boolean within(Prefix prefix, IpAddress address) {
        return prefix.isIpv4() == address.isIpv4() && prefix.contains(address);
    }

    /// Objects that are desired.
    public int size() {
        return reconciler.size();
    }

    /// Members of groups behind other hosts, and the room they take.
    public TableSize membersSize() {
        return members.size();
    }

    /// Objects that are in force as far as we know.
    public int owned() {
        return reconciler.owned();
    }

    /// Objects that the kernel refused and that will be tried again.
    public int failures() {
        return reconciler.failures();
    }

    /// True if nobody else can change our tables; else {@link ForeignChanges} has to tell when to {@link #resync}.
    public boolean exclusive() {
        return backstop == null;
    }

    /// The socket that our tables are changed by, so that {@link ForeignChanges} need not hear of it.
    public int port() {
        return socket.port();
    }

    /// What was dropped, by interface; reads every counter.
    public Map<InterfaceName, DropCounts> drops() throws IOException {
        return EndpointDrops.read(socket);
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
            policy.memberships().forEach(prefix -> addMembership(group, prefix));
        }
    }

    private void leave(EndpointPolicy policy) {
        if (!policy.limits().isEmpty() && --limited == 0 && complete) {
            reconciler.remove(new Subject.Limits());
        }
        if (depths.computeIfPresent(policy.groups().size(), (_, uses) -> uses == 1 ? null : uses - 1) == null) {
            updateLookups();
        }
        for (GroupId group : policy.groups()) {
            policy.memberships().forEach(prefix -> removeMembership(group, prefix));
            if (groupUses.computeIfPresent(group, (_, uses) -> uses == 1 ? null : uses - 1) == null) {
                updateGroup(group);
            }
        }
    }

    private void updateGroup(GroupId id) {
        boolean used = groupUses.containsKey(id);
        SecurityGroup group = used ? groups.getOrDefault(id, nothing(id)) : nothing(id);
        Set<GroupId> wanted = namedBy(group);
        Set<GroupId> before = wanted.isEmpty() ? named.remove(id) : named.put(id, wanted);
        for (GroupId other : wanted) {
            if ((before == null || !before.contains(other)) && memberUses.merge(other, 1, Integer::sum) == 1) {
                reconciler.put(new Subject.MemberSets(other), RulesetCompiler.memberSets(other));
                members.forEach(other, address -> reconciler.put(member(other, address), Fragment.EMPTY));
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
                members.forEach(other, address -> reconciler.remove(member(other, address)));
            }
        }
    }

    private static Set<GroupId> namedBy(SecurityGroup group) {
        return group.rules().stream()
                .flatMap(rule -> rule.remote() instanceof Remote.Members(var other) ? Stream.of(other) : Stream.empty())
                .collect(Collectors.toSet());
    }

    private void putRules(SecurityGroup group) {
        Fragment rules = GroupRules.group(group, members::prefixes);
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
        int depth = depths.isEmpty() ? 0 : depths.lastKey();
        var needs = new GroupRules.Needs(shapeUses.keySet(), depth).and(left);
        reconciler.put(new Subject.Lookups(), GroupRules.lookups(needs));
    }

    private void addMembership(GroupId group, Prefix prefix) {
        if (prefix.isHost()) {
            if (members.addCounted(group, prefix.address()) && memberUses.containsKey(group)) {
                reconciler.put(member(group, prefix.address()), Fragment.EMPTY);
            }
        } else if (members.addPrefix(group, prefix)) {
            updateNaming(group);
        }
    }

    private void removeMembership(GroupId group, Prefix prefix) {
        if (prefix.isHost()) {
            if (members.removeCounted(group, prefix.address()) && memberUses.containsKey(group)) {
                reconciler.remove(member(group, prefix.address()));
            }
        } else if (members.removePrefix(group, prefix)) {
            updateNaming(group);
        }
    }

    /// Compiles anew the groups in use whose rules name the members of {@code group}.
    private void updateNaming(GroupId group) {
        named.forEach((id, others) -> {
            SecurityGroup naming = groups.get(id);
            if (others.contains(group) && naming != null) {
                putRules(naming);
            }
        });
    }

    private static Subject member(GroupId group, IpAddress address) {
        return new Subject.Member(group, address);
    }

    /// Lets go of the socket. What is in force stays in force.
    @Override
    public void close() {
        if (backstop != null) {
            backstop.close();
        }
        socket.close();
    }
}
