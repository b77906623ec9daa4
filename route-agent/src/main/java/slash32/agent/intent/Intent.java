package slash32.agent.intent;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.Outcome;
import slash32.agent.api.Problem;
import slash32.agent.status.AdminVerdict;
import slash32.agent.status.AdminView;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;
import slash32.agent.status.EndpointView;
import slash32.agent.status.Event;
import slash32.agent.status.FileView;
import slash32.agent.status.GroupView;
import slash32.agent.status.RouteView;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.TableSize;
import slash32.overlay.choice.Path;
import slash32.overlay.evpn.EvpnAction;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;

/// What this node should be: endpoints and groups from the API, routes, sites and members from BGP, and the order in
/// which one thing follows from another.
///
/// A route is announced once the kernel has it and the rules are in force, and withdrawn before it goes. Refuses what
/// contradicts itself and changes nothing then. Owned by thread {@code intent}.
public final class Intent {
    /// Function numbers of our large communities (design: {@code ASN:1:site}, {@code ASN:2:group}).
    public static final long COMMUNITY_SITE = 1;

    public static final long COMMUNITY_GROUP = 2;

    /// The external address of a node that takes part in the overlay, in its node routes (docs/adr/0027).
    public static final long COMMUNITY_EXTERNAL = 3;

    /// The node's address in the admin network, in its IPv4 node route (docs/adr/0040).
    public static final long COMMUNITY_ADMIN = 4;

    private final Node node;
    private final Outbox outbox;
    private final RemoteMembers members = new RemoteMembers();
    private final SegmentMembers segmentMembers;
    private final Sites sites;
    private final @Nullable AdminNodes admins;
    private final Moves moves = new Moves();
    private final Map<EndpointId, EndpointState> endpoints = new TreeMap<>();
    private final Map<InterfaceName, EndpointId> devices = new HashMap<>();
    private final Map<MacAddress, EndpointId> macs = new HashMap<>();
    private final Map<Prefix, EndpointId> addresses = new HashMap<>();
    private final Map<GroupId, SecurityGroup> groups = new TreeMap<>();
    private final Map<GroupId, Set<EndpointId>> users = new HashMap<>();
    private final StaticFiles files = new StaticFiles();
    private final Segments segments;
    private final Refusals refusals;
    private final RouteWords words;
    private final Announcements announcements;
    private final RefusedEndpoints refused = new RefusedEndpoints();

    private boolean endpointsComplete;
    private final Set<AddressFamily> routesComplete = new HashSet<>();

    public Intent(Node node, Outbox outbox) {
        this.node = node;
        this.outbox = outbox;
        sites = new Sites(node.site(), node.external(), node::carriageTo);
        admins = node.admin() == null ? null : new AdminNodes(node.admin(), node.underlay());
        segments = new Segments(node, outbox);
        announcements = new Announcements(outbox);
        words = new RouteWords(node.asn());
        segmentMembers = new SegmentMembers(node.asn());
        refusals = new Refusals(
                node, new Refusals.Held(endpoints, devices, macs, addresses, groups, users, refused), files, segments);
    }

    public Outcome put(EndpointSpec spec, Moment now) {
        Problem problem = refusals.ofEndpoint(spec);
        if (problem != null) {
            return new Outcome.Refused(problem);
        }
        EndpointState before = endpoints.get(spec.id());
        if (before != null && before.spec().equals(spec)) {
            return new Outcome.Unchanged();
        }
        boolean isNew = !refused.remove(spec.id()) && before == null;
        replace(before, spec, now);
        tryRefused(now);
        return isNew ? new Outcome.Created() : new Outcome.Changed();
    }

    /// Takes up what an earlier run was told of an endpoint. One that can't be taken is shown with the reason, its
    /// interface stays and carries nothing, and it is taken as soon as nothing stands against it any more.
    ///
    /// @return why it is refused; null if it isn't
    public @Nullable Problem recover(EndpointSpec spec, Moment now) {
        if (put(spec, now) instanceof Outcome.Refused(Problem problem)) {
            refuse(spec, null, problem, now);
            return problem;
        }
        return null;
    }

    /// Takes up what a file said in an earlier run, where it can't be taken as a whole: all but the endpoints that are
    /// refused.
    ///
    /// @return why each of them is
    public Map<EndpointId, Problem> recover(StaticFile file, Moment now) {
        var problems = new LinkedHashMap<EndpointId, Problem>();
        var taken = new ArrayList<EndpointSpec>();
        for (EndpointSpec spec : file.endpoints()) {
            Problem problem = refusals.ofFile(new StaticFile(file.name(), file.groups(), List.of(spec)));
            if (problem == null) {
                taken.add(spec);
            } else {
                problems.put(spec.id(), problem);
            }
        }
        Problem ofRest = put(new StaticFile(file.name(), file.groups(), taken), now);
        if (ofRest != null) {
            taken.forEach(spec -> problems.put(spec.id(), ofRest));
        }
        for (EndpointSpec spec : file.endpoints()) {
            Problem problem = problems.get(spec.id());
            if (problem != null) {
                refuse(spec, file.name(), problem, now);
                files.refuse(file.name(), "endpoint " + spec.id() + ": " + problem.detail());
            }
        }
        return problems;
    }

    private void refuse(EndpointSpec spec, @Nullable String file, Problem problem, Moment now) {
        refused.put(spec, file, problem.detail(), now, outbox);
        if (spec.isRouted() && !devices.containsKey(spec.device())) {
            outbox.effect(new Effect.Desire.Held(spec.id(), spec.device()));
        }
    }

    /// Takes those endpoints of the API that nothing stands against any more; a file is put again by its reader.
    private void tryRefused(Moment now) {
        for (EndpointSpec spec : refused.of(null)) {
            if (refusals.ofEndpoint(spec) == null) {
                refused.remove(spec.id());
                replace(null, spec, now);
            }
        }
    }

    private void forgetRefused(EndpointSpec spec, Moment now) {
        refused.remove(spec.id());
        if (spec.isRouted()) {
            outbox.effect(new Effect.Desire.NoEndpoint(spec.id()));
        }
        outbox.event(revision -> new Event.EndpointRemoved(revision, now.at(), spec.id()));
    }

    /// Makes {@code specs} all the endpoints there are beside those of files, or refuses and changes nothing.
    public Outcome.SetOutcome putAll(List<EndpointSpec> specs, Moment now) {
        Problem problem = refusals.ofSet(specs);
        if (problem != null) {
            return new Outcome.Refused(problem);
        }
        var wanted = new HashSet<EndpointId>();
        specs.forEach(spec -> wanted.add(spec.id()));
        List<EndpointId> leaving = endpoints.keySet().stream()
                .filter(id -> !wanted.contains(id) && files.of(id) == null)
                .toList();
        List<EndpointSpec> forgotten = refused.of(null).stream()
                .filter(spec -> !wanted.contains(spec.id()))
                .toList();
        leaving.forEach(id -> remove(id, now));
        forgotten.forEach(spec -> forgetRefused(spec, now));
        int created = 0;
        int changed = 0;
        for (EndpointSpec spec : specs) {
            EndpointState before = endpoints.get(spec.id());
            if (before != null && before.spec().equals(spec)) {
                continue;
            }
            boolean isNew = !refused.remove(spec.id()) && before == null;
            created += isNew ? 1 : 0;
            changed += isNew ? 0 : 1;
            replace(before, spec, now);
        }
        complete(now);
        return new Outcome.Replaced(
                created, changed, specs.size() - created - changed, leaving.size() + forgotten.size());
    }

    /// The stored endpoints and groups are all stated, or the whole set was put.
    public void complete(Moment now) {
        if (!endpointsComplete) {
            endpointsComplete = true;
            outbox.effect(new Effect.Desire.EndpointsComplete());
            announceSync(now);
        }
    }

    public Outcome delete(EndpointId id, Moment now) {
        Problem problem = refusals.ofRemoval(id);
        if (problem != null) {
            return new Outcome.Refused(problem);
        }
        EndpointSpec unheard = refused.spec(id);
        if (unheard != null) {
            forgetRefused(unheard, now);
            return new Outcome.Changed();
        }
        if (!remove(id, now)) {
            return new Outcome.Unchanged();
        }
        tryRefused(now);
        return new Outcome.Changed();
    }

    private boolean remove(EndpointId id, Moment now) {
        EndpointState before = endpoints.remove(id);
        if (before == null) {
            return false;
        }
        withdraw(before);
        moves.claim(before.spec().addresses());
        unclaim(before.spec());
        segments.replace(before.spec(), null);
        if (before.spec().isRouted()) {
            outbox.effect(new Effect.Desire.NoEndpoint(id));
        }
        outbox.event(revision -> new Event.EndpointRemoved(revision, now.at(), id));
        return true;
    }

    /// Makes what {@code file} says all that it states, or refuses and leaves in force what it said before.
    ///
    /// @return why it is refused; null if it isn't
    public @Nullable Problem put(StaticFile file, Moment now) {
        Problem problem = refusals.ofFile(file);
        if (problem != null) {
            return problem;
        }
        StaticFile before = files.inForce(file.name());
        files.put(file);
        file.groups().forEach(group -> replace(group, now));
        before.endpoints().stream()
                .map(EndpointSpec::id)
                .filter(id -> files.of(id) == null)
                .forEach(id -> remove(id, now));
        for (EndpointSpec spec : file.endpoints()) {
            EndpointState present = endpoints.get(spec.id());
            if (present == null || !present.spec().equals(spec)) {
                refused.remove(spec.id());
                replace(present, spec, now);
            }
        }
        refused.of(file.name()).forEach(spec -> forgetRefused(spec, now));
        before.groups().stream()
                .map(SecurityGroup::id)
                .filter(id -> files.of(id) == null)
                .forEach(this::remove);
        tryRefused(now);
        return null;
    }

    /// What the file {@code name} says now can't be taken.
    public void refuse(String name, String reason) {
        files.refuse(name, reason);
    }

    /// The files of {@code endpoints.d}, in order of names.
    public List<FileView> files() {
        return files.views();
    }

    public Outcome put(SecurityGroup group, Moment now) {
        Problem problem = refusals.ofGroup(group);
        if (problem != null) {
            return new Outcome.Refused(problem);
        }
        Outcome outcome = replace(group, now);
        tryRefused(now);
        return outcome;
    }

    private Outcome replace(SecurityGroup group, Moment now) {
        SecurityGroup before = groups.put(group.id(), group);
        if (group.equals(before)) {
            return new Outcome.Unchanged();
        }
        for (EndpointId id : users.getOrDefault(group.id(), Set.of())) {
            Objects.requireNonNull(endpoints.get(id)).set(pending(ConditionKind.RULES_ENFORCED), now, outbox);
        }
        outbox.effect(new Effect.Desire.Group(group));
        return before == null ? new Outcome.Created() : new Outcome.Changed();
    }

    public Outcome delete(GroupId id) {
        Problem problem = refusals.ofRemoval(id);
        if (problem != null) {
            return new Outcome.Refused(problem);
        }
        return remove(id) ? new Outcome.Changed() : new Outcome.Unchanged();
    }

    private boolean remove(GroupId id) {
        if (groups.remove(id) == null) {
            return false;
        }
        outbox.effect(new Effect.Desire.NoGroup(id));
        return true;
    }

    /// The kernel's word on an endpoint.
    public void progress(Progress progress, Moment now) {
        EndpointState endpoint = endpoints.get(progress.spec().id());
        if (endpoint == null || !endpoint.isOf(progress.spec())) {
            return;
        }
        progress.steps().forEach(step -> endpoint.set(step, now, outbox));
        boolean reachable = endpoint.holds(ConditionKind.ROUTE_INSTALLED);
        if (!reachable) {
            withdraw(endpoint);
            endpoint.set(pending(ConditionKind.ADVERTISED), now, outbox);
        } else if (endpoint.holds(ConditionKind.RULES_ENFORCED)) {
            List<Prefix> added = endpoint.announce(prefix -> !moves.isElsewhere(prefix));
            if (!added.isEmpty()) {
                originate(added, endpoint.saying());
            }
        }
    }

    /// The kernel's word on an interface in a segment.
    ///
    /// @param obstacle why it is not in it; null if it is
    public void port(InterfaceName device, @Nullable String obstacle, Moment now) {
        segments.reported(device, obstacle);
        settlePort(device, now);
    }

    /// The kernel's word on the groups of an interface in a segment.
    ///
    /// @param obstacle why they are not in force; null if they are
    public void portRules(InterfaceName device, @Nullable String obstacle, Moment now) {
        segments.rulesReported(device, obstacle);
        settlePort(device, now);
    }

    /// An endpoint that has an interface in a segment alone is as far as that is.
    private void settlePort(InterfaceName device, Moment now) {
        EndpointId id = devices.get(device);
        EndpointState endpoint = id == null ? null : endpoints.get(id);
        Segments.Report report = segments.report(device);
        if (endpoint == null
                || report == null
                || endpoint.spec().isRouted()
                || !endpoint.spec().device().equals(device)) {
            return;
        }
        for (ConditionKind kind : ConditionKind.values()) {
            String obstacle = report.obstacle();
            if (obstacle == null && kind == ConditionKind.RULES_ENFORCED) {
                obstacle = segments.rulesObstacle(endpoint.spec());
            }
            Progress.Step step = obstacle == null
                    ? new Progress.Step(kind, ConditionState.TRUE, "InSegment", "")
                    : new Progress.Step(kind, ConditionState.WAITING, "NotInSegment", obstacle);
            endpoint.set(step, now, outbox);
        }
    }

    /// Why ports of segments can have no groups on this node; null if they can.
    public void segmentGroups(@Nullable String obstacle) {
        refusals.segmentGroups(obstacle);
    }

    /// Why the configuration may not say this of segments, as they are here now; null if it may.
    public @Nullable String refusal(SegmentTerms terms) {
        return segments.refusal(terms, addresses);
    }

    /// What the configuration says of segments.
    public void segments(SegmentTerms terms) {
        segments.configure(terms);
    }

    public Outcome put(SegmentSpec spec) {
        return segments.put(spec, addresses);
    }

    public Outcome delete(SegmentId id) {
        return segments.delete(id);
    }

    /// A segment that the API states; null if there is none.
    public @Nullable SegmentSpec segment(SegmentId id) {
        return segments.stated(id);
    }

    /// The speaker has written these to every Established peer.
    public void advertised(Collection<Prefix> prefixes, Moment now) {
        for (Prefix prefix : prefixes) {
            EndpointId id = addresses.get(prefix);
            EndpointState endpoint = id == null ? null : endpoints.get(id);
            if (endpoint != null && endpoint.advertised(prefix)) {
                endpoint.set(
                        new Progress.Step(ConditionKind.ADVERTISED, ConditionState.TRUE, "Advertised", ""),
                        now,
                        outbox);
            }
        }
    }

    /// A helper process announces a route. Endpoints and the node itself come before it, and so does the process that
    /// was first.
    ///
    /// @return why it is not announced; null if it is
    public @Nullable String announce(String process, Prefix prefix, PathAttributes attributes) {
        EndpointId endpoint = addresses.get(prefix);
        if (endpoint != null) {
            return prefix + " is endpoint " + endpoint + "'s";
        }
        if (prefix.isHost() && prefix.address().equals(node.underlayFor(prefix.address()))) {
            return prefix + " is this node's own underlay address";
        }
        String inAdminNetwork = node.adminRefusal(prefix);
        if (inAdminNetwork != null) {
            return inAdminNetwork;
        }
        String gateway = prefix.isHost() ? segments.gatewayWith(prefix) : null;
        if (gateway != null) {
            return gateway;
        }
        return announcements.put(process, prefix, attributes);
    }

    /// A helper process takes routes back; those that it has not announced are left out.
    public void retract(String process, Collection<Prefix> prefixes) {
        announcements.retract(process, prefixes);
    }

    /// Best paths changed: who is in which group and which site, first; then the routes.
    public void routes(RibDelta delta) {
        List<MemberChange> changes = words.memberChanges(delta, members);
        words.nodeRoutes(delta, this::nodeSaid);
        Moves.Change change = moves.take(delta, this::ownPreference);
        if (!change.back().isEmpty()) {
            outbox.effect(new Effect.Desire.Returned(change.back())); // before the route to the other node goes
        }
        outbox.effect(new Effect.Desire.Routes(delta, changes));
        if (!change.left().isEmpty()) {
            outbox.effect(new Effect.Desire.Moved(change.left()));
            change.left().forEach(this::withdrawMoved);
        }
    }

    /// What other nodes announce addresses at their ports with changed.
    public void labels(List<EvpnAction.Label> labels) {
        List<MemberChange> changes = segmentMembers.take(labels);
        if (!changes.isEmpty()) {
            outbox.effect(new Effect.Desire.Members(changes));
        }
    }

    /// All labels are there.
    public void labelsComplete() {
        outbox.effect(new Effect.Desire.MembersComplete());
    }

    private void nodeSaid(IpAddress address, Sites.@Nullable Said said) {
        sites.nodeRoute(address, said, outbox::effect);
        if (admins != null) {
            admins.nodeRoute(address, said == null ? null : said.admin(), sites.path(address), outbox::effect);
        }
    }

    private @Nullable Long ownPreference(Prefix prefix) {
        EndpointId id = addresses.get(prefix);
        return id == null
                ? null
                : Objects.requireNonNull(endpoints.get(id)).spec().role().localPref();
    }

    private void withdrawMoved(Prefix prefix) {
        EndpointState endpoint = Objects.requireNonNull(endpoints.get(Objects.requireNonNull(addresses.get(prefix))));
        if (endpoint.announced().contains(prefix)) {
            endpoint.unannounce(List.of(prefix));
            outbox.effect(new Effect.Withdraw(List.of(prefix)));
        }
    }

    /// All routes of the family are there.
    public void routesComplete(AddressFamily family, Moment now) {
        if (routesComplete.add(family)) {
            outbox.effect(new Effect.Desire.RoutesComplete(family));
            announceSync(now);
        }
    }

    /// Our configured BGP peers, whose site is ours.
    public void peers(Set<IpAddress> peers) {
        sites.peers(peers, outbox::effect);
    }

    /// Every source of intent is complete.
    public boolean inSync() {
        return endpointsComplete && routesComplete.size() == 2;
    }

    private void announceSync(Moment now) {
        if (inSync()) {
            outbox.event(revision -> new Event.SyncChanged(revision, now.at(), true));
        }
    }

    public @Nullable EndpointView endpoint(EndpointId id) {
        EndpointState endpoint = endpoints.get(id);
        return endpoint == null ? refused.view(id) : view(endpoint);
    }

    /// The endpoint that has {@code address} on this node; null if none has.
    public @Nullable EndpointSpec holderOf(IpAddress address) {
        EndpointId id = addresses.get(address.hostPrefix());
        EndpointState endpoint = id == null ? null : endpoints.get(id);
        return endpoint == null ? null : endpoint.spec();
    }

    /// The endpoint whose interface it is; null if it is none's.
    public @Nullable EndpointId ownerOf(InterfaceName device) {
        return devices.get(device);
    }

    /// In order of ids, with those that are refused since the start.
    public List<EndpointView> endpoints() {
        return Stream.concat(taken().stream(), refused.views().stream())
                .sorted(Comparator.comparing(view -> view.spec().id()))
                .toList();
    }

    /// Those that are not refused, in order of ids.
    public List<EndpointView> taken() {
        return endpoints.values().stream().map(this::view).toList();
    }

    private EndpointView view(EndpointState endpoint) {
        EndpointSpec spec = endpoint.spec();
        return new EndpointView(spec, files.of(spec.id()), endpoint.conditions());
    }

    public @Nullable GroupView group(GroupId id) {
        SecurityGroup group = groups.get(id);
        return group == null ? null : view(group);
    }

    /// In order of ids.
    public List<GroupView> groups() {
        return groups.values().stream().map(this::view).toList();
    }

    private GroupView view(SecurityGroup group) {
        int local = users.getOrDefault(group.id(), Set.of()).stream()
                .mapToInt(id -> Objects.requireNonNull(endpoints.get(id))
                        .spec()
                        .addresses()
                        .size())
                .sum();
        return new GroupView(group, local, members.size(group.id()));
    }

    /// What is desired of this host, and what is known of routes' attributes.
    public List<TableSize> sizes() {
        return List.of(
                new TableSize(
                        "intent",
                        endpoints.size() + refused.size() + groups.size() + announcements.size(),
                        TableSize.OBJECTS),
                new TableSize("intent's attributes", words.size(), TableSize.OBJECTS),
                new TableSize("members by EVPN", segmentMembers.size(), TableSize.OBJECTS));
    }

    /// The groups that a route's communities name.
    public List<GroupId> groupsOf(PathAttributes attributes) {
        return words.memberships(attributes).groups();
    }

    /// The admin network; null if this node is not in it.
    public @Nullable AdminView admin() {
        return admins == null ? null : admins.view();
    }

    /// What becomes of a packet to or from the admin network; null if it is neither.
    public @Nullable AdminVerdict judgeAdmin(FirstPacket packet) {
        return admins == null ? null : admins.judge(packet);
    }

    /// How packets reach a node.
    public Path path(IpAddress nextHop) {
        return sites.path(nextHop);
    }

    /// Whether packets to {@code nextHop} may leave, as a route's state; installed if they may.
    public RouteView.Fib refusal(IpAddress nextHop) {
        return switch (sites.path(nextHop)) {
            case Path.Native(), Path.Encrypted _ -> RouteView.Fib.INSTALLED;
            case Path.Refused(Path.Reason reason) ->
                new RouteView.Fib(ConditionState.WAITING, nextHop + " is dropped: " + reason.text());
        };
    }

    private void replace(@Nullable EndpointState before, EndpointSpec spec, Moment now) {
        Map<Prefix, EndpointState.Said> inherited = before == null ? Map.of() : announceLess(before, spec);
        if (before != null) {
            unclaim(before.spec());
            moves.claim(before.spec().addresses().stream()
                    .filter(prefix -> !spec.addresses().contains(prefix))
                    .toList());
        }
        List<Prefix> returned =
                before == null || before.spec().role() != spec.role() ? moves.claim(spec.addresses()) : List.of();
        if (!returned.isEmpty()) {
            outbox.effect(new Effect.Desire.Returned(returned));
        }
        announcements.yieldTo(spec.addresses());
        endpoints.put(spec.id(), new EndpointState(spec, inherited, now));
        spec.devices().values().forEach(device -> devices.put(device, spec.id()));
        if (spec.isRouted()) {
            macs.put(spec.mac(), spec.id());
        }
        spec.addresses().forEach(prefix -> addresses.put(prefix, spec.id()));
        spec.allGroups()
                .forEach(group ->
                        users.computeIfAbsent(group, _ -> new HashSet<>()).add(spec.id()));
        if (spec.isRouted()) {
            outbox.effect(new Effect.Desire.Endpoint(spec));
        } else if (before != null && before.spec().isRouted()) {
            outbox.effect(new Effect.Desire.NoEndpoint(spec.id()));
        }
        segments.replace(before == null ? null : before.spec(), spec);
        Segments.Report report = segments.report(spec.device());
        if (spec.role() != EndpointRole.ACTIVE && !spec.isRouted()) {
            port(spec.device(), "its segment is joined when its role is active", now);
        } else if (report != null) {
            port(spec.device(), report.obstacle(), now);
        }
    }

    /// Takes back at once what {@code now} has no more of what {@code before} announces: addresses and memberships.
    /// What is new waits until it is in force.
    ///
    /// @return what stays announced
    private Map<Prefix, EndpointState.Said> announceLess(EndpointState before, EndpointSpec now) {
        var leaving = new ArrayList<Prefix>();
        var staying = new LinkedHashMap<Prefix, EndpointState.Said>();
        var less = new LinkedHashMap<EndpointState.Said, List<Prefix>>();
        before.said().forEach((prefix, said) -> {
            if (!now.addresses().contains(prefix)) {
                leaving.add(prefix);
                return;
            }
            EndpointState.Said rest = said.only(now.memberships());
            staying.put(prefix, rest);
            if (!rest.equals(said)) {
                less.computeIfAbsent(rest, _ -> new ArrayList<>()).add(prefix);
            }
        });
        if (!leaving.isEmpty()) {
            outbox.effect(new Effect.Withdraw(leaving));
        }
        less.forEach((said, prefixes) -> originate(prefixes, said));
        return staying;
    }

    private void originate(List<Prefix> prefixes, EndpointState.Said said) {
        Memberships memberships = said.memberships();
        outbox.effect(new Effect.Originate(prefixes, memberships.groups(), memberships.pairs(), said.localPref()));
    }

    private void withdraw(EndpointState endpoint) {
        List<Prefix> announced = endpoint.announced();
        if (!announced.isEmpty()) {
            endpoint.unannounce(announced);
            outbox.effect(new Effect.Withdraw(announced));
        }
    }

    private void unclaim(EndpointSpec spec) {
        // Where endpoints change places, another one has it already.
        spec.devices().values().forEach(device -> devices.remove(device, spec.id()));
        macs.remove(spec.mac(), spec.id());
        spec.addresses().forEach(prefix -> addresses.remove(prefix, spec.id()));
        spec.allGroups()
                .forEach(group -> users.computeIfPresent(group, (_, ids) -> {
                    ids.remove(spec.id());
                    return ids.isEmpty() ? null : ids;
                }));
    }

    private static Progress.Step pending(ConditionKind kind) {
        return new Progress.Step(kind, ConditionState.FALSE, "Pending", "");
    }
}
