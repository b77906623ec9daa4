package slash32.securitygroup.nft;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.TableSize;
import slash32.net.Vni;
import slash32.netlink.netfilter.Counts;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Pass;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.HostRules;
import slash32.securitygroup.Judge;
import slash32.securitygroup.Judgement;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.compile.Fragment;
import slash32.securitygroup.compile.GroupRules;
import slash32.securitygroup.compile.HostProtection;
import slash32.securitygroup.compile.Plane;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.securitygroup.compile.Subject;

/// Security groups in force on this host: state what should be, call {@link #apply}, ask what is.
///
/// Every pass is one transaction with only the differences for each {@link Plane}. Only groups that an endpoint
/// here is in, and only member sets that a rule of those names, are in the kernel ({@link GroupPlane}). A group
/// that is named but was never stated lets nothing pass. Before {@link #inSync} nothing is removed that an earlier
/// process left and nobody stated yet, so endpoints and groups are stated before the first {@link #apply}, and
/// members whenever they become known.
///
/// Owned by the thread "kernel".
public final class Firewall implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Firewall.class);

    private final List<IpAddress> gateways;
    private final NetlinkSocket socket;
    private final @Nullable Backstop backstop;
    private final Map<GroupId, SecurityGroup> groups = new HashMap<>();
    private final Members members = new Members();
    private final HostState host = new HostState();
    private final Zones zones = new Zones();
    private final GroupPlane routed;
    /// Null where the kernel tracks no flows in bridges.
    private final @Nullable GroupPlane bridged;

    private final List<GroupPlane> planes;

    /// What was logged, so that a retry that fails likewise is not.
    private final Map<Subject, String> warned = new HashMap<>();

    private @Nullable String warnedBroken;
    private long renewedNanos;

    private Firewall(RulesetCompiler compiler, NetlinkSocket socket, @Nullable Backstop backstop, int mark)
            throws IOException {
        gateways = compiler.gateways();
        this.socket = socket;
        this.backstop = backstop;
        routed = plane(Plane.ROUTED, compiler, new FlowMarks(mark));
        bridged = Abilities.canTrackBridges(socket) ? plane(Plane.BRIDGED, compiler, null) : null;
        planes = Stream.of(routed, bridged).filter(Objects::nonNull).toList();
    }

    private GroupPlane plane(Plane plane, RulesetCompiler compiler, @Nullable FlowMarks marks) throws IOException {
        return new GroupPlane(plane, compiler, socket, groups, members, this::unstated, backstop == null, marks);
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

    /// True if groups can be enforced at ports of segments' bridges.
    public boolean judgesSegments() {
        return bridged != null;
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
        boolean anotherKind = before == null ? !group.stateful() : before.stateful() != group.stateful();
        for (GroupPlane plane : planes) {
            plane.updateGroup(group.id());
            if (anotherKind) {
                plane.updateEndpointsOf(group.id());
            }
        }
    }

    /// From now on the group lets nothing pass.
    public void removeGroup(GroupId group) {
        SecurityGroup before = groups.remove(group);
        if (before != null) {
            before.addresses().forEach(prefix -> removeMembership(group, prefix));
            planes.forEach(plane -> plane.updateEndpointsOf(group));
        }
        planes.forEach(plane -> plane.updateGroup(group));
    }

    /// States what the endpoint behind an interface may do, whether or not there is such an interface. Its addresses
    /// become members of its groups: those of a port in its segment, and elsewhere as far as they are routed.
    ///
    /// @throws IllegalArgumentException for a port of a segment where groups can't be enforced there
    public void putEndpoint(EndpointPolicy policy) {
        GroupPlane plane = policy.segment() == null ? routed : bridged;
        if (plane == null) {
            throw new IllegalArgumentException("this kernel tracks no flows in bridges: " + policy.device());
        }
        guard(plane, policy.device(), true);
        EndpointPolicy before = plane.put(policy);
        Vni segment = policy.segment();
        for (GroupId group : policy.groups()) {
            policy.memberships().forEach(prefix -> addMembership(group, prefix));
            if (segment != null) {
                policy.addresses().forEach(own -> putMember(group, segment, own.address()));
            }
        }
        leave(plane, before);
    }

    private void guard(GroupPlane plane, InterfaceName device, boolean guest) {
        if (backstop == null || plane.plane() != Plane.ROUTED) {
            return;
        }
        if (guest) {
            backstop.add(device);
        } else {
            backstop.remove(device);
        }
    }

    private void leave(GroupPlane plane, @Nullable EndpointPolicy before) {
        if (before != null) {
            Vni segment = before.segment();
            for (GroupId group : before.groups()) {
                before.memberships().forEach(prefix -> removeMembership(group, prefix));
                if (segment != null) {
                    before.addresses().forEach(own -> removeMember(group, segment, own.address()));
                }
            }
            plane.leave(before);
        }
    }

    /// From now on nothing is routed from or to the interface.
    public void blockEndpoint(InterfaceName device) {
        guard(routed, device, true);
        leave(routed, routed.block(device));
    }

    /// From now on the interface is none of ours, as far as it was routed; while it is still there, it should be
    /// blocked instead.
    public void removeEndpoint(InterfaceName device) {
        guard(routed, device, false);
        leave(routed, routed.remove(device));
    }

    /// From now on the interface has no groups as a port of a segment; that it passes nothing while it should have some
    /// is for the bridge's guard.
    public void removePort(InterfaceName device) {
        if (bridged != null) {
            leave(bridged, bridged.remove(device));
        }
    }

    /// States a segment's bridge: as long as there are ports with groups, its flows are told from those of all others.
    ///
    /// @param gateway what its gateway answers for; empty if it has none
    public void putSegment(Vni segment, InterfaceName bridge, Set<IpAddress> gateway) {
        routed.gateway(bridge, gateway);
        Integer zone = bridged == null ? null : zones.put(bridge, segment);
        if (bridged != null && zone != null) {
            bridged.putZone(bridge, zone);
        }
    }

    /// Takes back {@link #putSegment}.
    public void removeSegment(InterfaceName bridge) {
        routed.gateway(bridge, Set.of());
        if (bridged != null) {
            bridged.removeZone(bridge);
            zones.remove(bridge);
        }
    }

    /// States that an address behind another host is in a group. Stating it again changes nothing.
    public void putMember(GroupId group, IpAddress address) {
        if (members.addRemote(group, address)) {
            memberChanged(group, address, true);
        }
    }

    /// Takes back {@link #putMember}. An address that never was a remote member is left alone.
    public void removeMember(GroupId group, IpAddress address) {
        if (members.removeRemote(group, address)) {
            memberChanged(group, address, false);
        }
    }

    private void memberChanged(GroupId group, IpAddress address, boolean joined) {
        planes.forEach(plane -> plane.memberChanged(new Subject.Member(group, address), joined));
    }

    /// States once more that an address is in a group within a segment, and nowhere else.
    public void putMember(GroupId group, Vni segment, IpAddress address) {
        InterfaceName bridge = bridge(segment);
        if (bridged != null && members.addInSegment(group, bridge, address)) {
            bridged.memberChanged(new Subject.Member(group, bridge, address), true);
        }
    }

    /// Takes back {@link #putMember(GroupId, Vni, IpAddress)} once.
    public void removeMember(GroupId group, Vni segment, IpAddress address) {
        InterfaceName bridge = bridge(segment);
        if (bridged != null && members.removeInSegment(group, bridge, address)) {
            bridged.memberChanged(new Subject.Member(group, bridge, address), false);
        }
    }

    private static InterfaceName bridge(Vni segment) {
        return new InterfaceName(Rt.SEGMENT_BRIDGE + segment);
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
        planes.forEach(GroupPlane::inSync);
    }

    /// Forgets what the kernel holds; the next {@link #apply} reads it back and repairs it.
    public void resync() {
        planes.forEach(plane -> plane.reconciler().resync());
    }

    /// Brings everything that changed in force.
    public Pass<Subject, Fragment> apply(long nowNanos) {
        if (backstop != null && backstop.apply()) {
            generationPassed(null);
        }
        host.state(routed.reconciler());
        var applied = new ArrayList<Change<Subject, Fragment>>();
        var failed = new ArrayList<Failure<Subject>>();
        String broken = null;
        for (GroupPlane plane : planes) {
            Pass<Subject, Fragment> pass = plane.reconciler().pass(nowNanos);
            if (!pass.changedNothing()) {
                generationPassed(plane);
            }
            applied.addAll(pass.applied());
            failed.addAll(pass.failed());
            broken = broken == null ? pass.broken() : broken;
        }
        var pass = new Pass<>(applied, failed, broken);
        tell(pass);
        stamp(nowNanos);
        return pass;
    }

    /// Another than {@code by} changed tables.
    private void generationPassed(@Nullable GroupPlane by) {
        planes.stream()
                .filter(plane -> plane != by)
                .forEach(plane -> plane.ruleset().generationPassed());
    }

    private void tell(Pass<Subject, Fragment> pass) {
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
    }

    private void stamp(long nowNanos) {
        NftRuleset ruleset = routed.ruleset();
        if (ruleset.takeRenewed()) {
            renewedNanos = nowNanos;
        }
        if (!ruleset.lags() || nowNanos - renewedNanos < FlowMarks.GRACE_NANOS) {
            return;
        }
        try {
            ruleset.stamp();
            generationPassed(routed);
        } catch (IOException e) {
            LOG.warn("event=flow-mark-refused reason=\"{}\"", e.getMessage());
            renewedNanos = nowNanos;
            routed.reconciler().resync();
        }
    }

    /// When {@link #apply} has something to do; see {@link Reconciler#nextDeadlineNanos}.
    public long nextDeadlineNanos(long nowNanos) {
        long next = host.isStated() ? Long.MAX_VALUE : nowNanos;
        for (GroupPlane plane : planes) {
            next = Math.min(next, plane.reconciler().nextDeadlineNanos(nowNanos));
        }
        return routed.ruleset().lags() ? Math.min(next, renewedNanos + FlowMarks.GRACE_NANOS) : next;
    }

    /// True if the interface's endpoint and all its groups are in force as stated.
    public boolean inForce(InterfaceName device) {
        return routed.inForce(device);
    }

    /// True if the group is in force as stated; so is one that no endpoint here is in.
    public boolean inForce(GroupId group) {
        return planes.stream().allMatch(plane -> plane.inForce(group));
    }

    /// Why the interface's endpoint, or the first of its groups, is not in force; null if nothing was refused.
    public @Nullable String failure(InterfaceName device) {
        return routed.failure(device);
    }

    /// Why the group is not in force; null if nothing was refused.
    public @Nullable String failure(GroupId group) {
        for (GroupPlane plane : planes) {
            String failure = plane.failure(group);
            if (failure != null) {
                return failure;
            }
        }
        return null;
    }

    /// Why the groups of a segment's port are not in force as stated; null if they are.
    public @Nullable String portObstacle(InterfaceName device) {
        if (bridged == null || bridged.inForce(device)) {
            return null;
        }
        return Objects.requireNonNullElse(bridged.failure(device), "its groups are not yet in force");
    }

    /// What the rules as stated make of the first packet of a flow, at each end that is an endpoint of this host. Costs
    /// a look at all endpoints.
    ///
    /// @param from the interface it comes in by, a segment's port for a frame within that; null for the one that is
    ///     routed and that its source belongs to
    /// @param mac that it is sent with; null for the right one
    public List<Judgement> explain(FirstPacket packet, @Nullable InterfaceName from, @Nullable MacAddress mac) {
        var judgements = new ArrayList<Judgement>();
        GroupPlane plane = from != null && bridged != null && bridged.policy(from) != null ? bridged : routed;
        EndpointPolicy sender = from == null ? sender(packet.source()) : plane.policy(from);
        Judge judge = judgeIn(sender == null ? null : sender.segment());
        if (sender != null) {
            judgements.add(judge.judge(sender, Direction.EGRESS, packet, mac, plane.inForce(sender.device())));
        }
        plane.policies().stream()
                .filter(policy ->
                        policy.addresses().contains(packet.destination().hostPrefix()))
                .filter(policy -> sender == null || Objects.equals(policy.segment(), sender.segment()))
                .findAny()
                .ifPresent(receiver -> judgements.add(
                        judge.judge(receiver, Direction.INGRESS, packet, null, plane.inForce(receiver.device()))));
        return judgements;
    }

    /// What the groups of a segment's port make of the first packet of a flow; null for a port without groups.
    ///
    /// @param direction egress if it comes in by the port
    public @Nullable Judgement explainPort(InterfaceName port, Direction direction, FirstPacket packet) {
        EndpointPolicy policy = bridged == null ? null : bridged.policy(port);
        return policy == null || bridged == null
                ? null
                : judgeIn(policy.segment()).judge(policy, direction, packet, null, bridged.inForce(port));
    }

    /// @param segment whose members count too; null where packets are routed
    private Judge judgeIn(@Nullable Vni segment) {
        return new Judge(
                groups::get,
                (group, address) -> members.has(group, address)
                        || (segment != null && members.has(group, bridge(segment), address)),
                gateways);
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
        for (EndpointPolicy policy : routed.policies()) {
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
        return planes.stream().mapToInt(plane -> plane.reconciler().size()).sum();
    }

    /// Members of groups behind other hosts, and the room they take.
    public TableSize membersSize() {
        return members.size();
    }

    /// Objects that are in force as far as we know.
    public int owned() {
        return planes.stream().mapToInt(plane -> plane.reconciler().owned()).sum();
    }

    /// Objects that the kernel refused and that will be tried again.
    public int failures() {
        return planes.stream().mapToInt(plane -> plane.reconciler().failures()).sum();
    }

    /// True if nobody else can change our tables; else {@link slash32.netlink.netfilter.ForeignChanges} has to tell
    /// when to {@link #resync}.
    public boolean exclusive() {
        return backstop == null;
    }

    /// The socket that our tables are changed by, so that {@link slash32.netlink.netfilter.ForeignChanges} need not
    /// hear of it.
    public int port() {
        return socket.port();
    }

    /// What was dropped, by interface; reads every counter.
    public Map<InterfaceName, DropCounts> drops() throws IOException {
        return EndpointDrops.read(socket);
    }

    private void addMembership(GroupId group, Prefix prefix) {
        if (prefix.isHost()) {
            if (members.addCounted(group, prefix.address())) {
                memberChanged(group, prefix.address(), true);
            }
        } else if (members.addPrefix(group, prefix)) {
            planes.forEach(plane -> plane.prefixesChanged(group));
        }
    }

    private void removeMembership(GroupId group, Prefix prefix) {
        if (prefix.isHost()) {
            if (members.removeCounted(group, prefix.address())) {
                memberChanged(group, prefix.address(), false);
            }
        } else if (members.removePrefix(group, prefix)) {
            planes.forEach(plane -> plane.prefixesChanged(group));
        }
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
