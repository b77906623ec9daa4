package slash32.agent.intent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.Outcome;
import slash32.agent.api.Problem;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.overlay.evpn.FrameRules;
import slash32.overlay.evpn.Gateway;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Segment;
import slash32.securitygroup.EndpointPolicy;

/// The segments of this node and the ports in them. A segment of the configuration is always there, one of the API or
/// of an overlay rule while endpoints are in it.
final class Segments {
    private final Outbox outbox;
    private final Node node;
    private final Delegation delegation;
    private final Gateways gateways;
    private SegmentTerms terms = SegmentTerms.NONE;
    private final Map<SegmentId, SegmentSpec> stated = new TreeMap<>();
    private final Map<SegmentRef, Map<InterfaceName, Member>> members = new HashMap<>();
    private final Map<PortClaim, EndpointId> claims = new HashMap<>();
    private final Set<PortClaim> configured = new HashSet<>();
    /// As the overlay was told.
    private final Map<SegmentRef, Effect.Segment> there = new LinkedHashMap<>();

    private final Map<InterfaceName, Report> reports = new HashMap<>();
    /// The same of the groups of ports.
    private final Map<InterfaceName, Report> rules = new HashMap<>();

    /// The kernel's word on a port.
    ///
    /// @param obstacle why it is in no segment; null if it is in its
    record Report(@Nullable String obstacle) {}

    private record Member(EndpointId owner, @Nullable String tenant, SegmentPort stated) {}

    Segments(Node node, Outbox outbox) {
        this.outbox = outbox;
        this.node = node;
        gateways = new Gateways(node);
        delegation = new Delegation(node.site());
    }

    /// Takes what the configuration says now.
    void configure(SegmentTerms now) {
        var refs = new LinkedHashSet<SegmentRef>();
        terms = now;
        delegation.terms(now);
        configured.clear();
        for (Segment segment : now.segments()) {
            SegmentRef ref = new SegmentRef.Named(new SegmentId(segment.name()));
            refs.add(ref);
            segment.ports()
                    .forEach(port -> PortClaim.of(ref, port.mac(), port.addresses(), "")
                            .forEach(made -> configured.add(made.claim())));
        }
        noteGateways();
        for (Map.Entry<SegmentRef, Effect.Segment> each : Map.copyOf(there).entrySet()) {
            Segment resolved = resolve(each.getKey());
            Vni vni = each.getValue().segment().vni();
            boolean another = !refs.contains(each.getKey())
                    && now.segments().stream().anyMatch(segment -> segment.vni().equals(vni));
            if (another || resolved == null || !resolved.vni().equals(vni)) {
                there.remove(each.getKey());
                outbox.effect(new Effect.NoSegment(vni));
            }
        }
        refs.addAll(members.keySet());
        refs.forEach(this::update);
    }

    /// Why the configuration may not say this now, beside what the API has made of segments and endpoints; null if it
    /// may.
    ///
    /// @param addresses of routed endpoints
    @Nullable
    String refusal(SegmentTerms now, Map<Prefix, EndpointId> addresses) {
        var made = new LinkedHashMap<SegmentId, Gateway>();
        stated.forEach((id, spec) -> made.put(id, spec.gateway()));
        var ofApi = new Gateways(node);
        ofApi.are(made);
        for (Segment segment : now.segments()) {
            String reason = ofApi.refusal(new SegmentId(segment.name()), segment.gateway(), addresses);
            if (reason != null) {
                return "gateway of segment " + segment.name() + ": " + reason;
            }
        }
        return null;
    }

    private void noteGateways() {
        var all = new LinkedHashMap<SegmentId, Gateway>();
        stated.forEach((id, spec) -> all.put(id, spec.gateway()));
        terms.segments().forEach(segment -> all.put(new SegmentId(segment.name()), segment.gateway()));
        gateways.are(all);
    }

    /// Why no routed endpoint may have this address; null if one may.
    @Nullable
    String gatewayWith(Prefix address) {
        return gateways.holder(address);
    }

    /// @param addresses of routed endpoints
    Outcome put(SegmentSpec spec, Map<Prefix, EndpointId> addresses) {
        Problem problem = refusal(spec, addresses);
        if (problem != null) {
            return new Outcome.Refused(problem);
        }
        SegmentSpec before = stated.put(spec.id(), spec);
        if (spec.equals(before)) {
            return new Outcome.Unchanged();
        }
        noteGateways();
        update(new SegmentRef.Named(spec.id()));
        return before == null ? new Outcome.Created() : new Outcome.Changed();
    }

    private @Nullable Problem refusal(SegmentSpec spec, Map<Prefix, EndpointId> addresses) {
        var ref = new SegmentRef.Named(spec.id());
        if (terms.segment(spec.id()) != null) {
            return Problem.taken(null, "segment " + spec.id() + " is stated by the configuration");
        }
        Problem problem = delegation.refusal(spec);
        if (problem != null) {
            return problem;
        }
        SegmentRef other = holder(spec.vni(), ref, _ -> true);
        if (other != null) {
            return Problem.taken("vni", "VNI " + spec.vni() + " is segment " + other + "'s");
        }
        problem = gateways.refusal(spec.id(), spec.gateway(), ports(ref), addresses);
        if (problem != null) {
            return problem;
        }
        SegmentSpec before = stated.get(spec.id());
        boolean otherTenant = before != null && !Objects.equals(before.tenant(), spec.tenant());
        return otherTenant && members.containsKey(ref)
                ? Problem.inUse("tenant", "segment " + spec.id() + " has ports here and can't become another tenant's")
                : null;
    }

    Outcome delete(SegmentId id) {
        Map<InterfaceName, Member> ports = members.get(new SegmentRef.Named(id));
        if (stated.containsKey(id) && ports != null) {
            String device =
                    ports.keySet().stream().sorted().findFirst().orElseThrow().value();
            return new Outcome.Refused(Problem.inUse(null, "segment " + id + " has ports here, such as " + device));
        }
        if (stated.remove(id) == null) {
            return new Outcome.Unchanged();
        }
        noteGateways();
        return new Outcome.Changed();
    }

    @Nullable
    SegmentSpec stated(SegmentId id) {
        return stated.get(id);
    }

    /// In order of ids.
    List<SegmentSpec> stated() {
        return List.copyOf(stated.values());
    }

    /// Why an endpoint may not have the ports that it asks for.
    ///
    /// @param staying which endpoints will be there beside it
    @Nullable
    Problem refusal(EndpointSpec spec, String place, Predicate<EndpointId> staying) {
        List<SegmentPort> ports = spec.segments().ports();
        for (int i = 0; i < ports.size(); i++) {
            String at = place + "segments[" + i + "].";
            Problem problem = switch (ports.get(i).segment()) {
                case SegmentRef.Named(SegmentId id) ->
                    named(spec, id, ports.get(i).addresses(), at, place);
                case SegmentRef.OfOverlay ref -> ofOverlay(spec, ref, at, place, staying);
            };
            if (problem != null) {
                return problem;
            }
        }
        for (PortClaim.Made made : PortClaim.of(spec)) {
            EndpointId owner = claims.get(made.claim());
            if (owner != null && !owner.equals(spec.id()) && staying.test(owner)) {
                return Problem.taken(place + made.field(), made.claim() + " is endpoint " + owner + "'s");
            }
            if (configured.contains(made.claim())) {
                return Problem.taken(place + made.field(), made.claim() + " is stated by the configuration");
            }
        }
        return null;
    }

    private @Nullable Problem named(
            EndpointSpec spec, SegmentId id, List<IpAddress> addresses, String at, String place) {
        SegmentSpec segment = stated.get(id);
        if (segment == null && terms.segment(id) == null) {
            return Problem.invalid(at + "segment", "no such segment: " + id);
        }
        Problem problem =
                delegation.refusal(spec.segments().tenant(), id, segment == null ? null : segment.tenant(), at, place);
        return problem == null ? gateways.refusal(id, addresses, at) : problem;
    }

    private @Nullable Problem ofOverlay(
            EndpointSpec spec, SegmentRef.OfOverlay ref, String at, String place, Predicate<EndpointId> staying) {
        Problem problem = delegation.refusal(spec.segments().tenant(), ref, at, place);
        if (problem != null) {
            return problem;
        }
        SegmentRef other = holder(ref.vni(), ref, staying);
        return other == null
                ? null
                : Problem.taken(at + "vni", "VNI " + ref.vni() + " is segment " + other + "'s: its ports name it");
    }

    /// Who has the VNI other than {@code ref}; null if nobody has.
    ///
    /// @param staying which endpoints count
    private @Nullable SegmentRef holder(Vni vni, SegmentRef ref, Predicate<EndpointId> staying) {
        for (Segment segment : terms.segments()) {
            SegmentRef other = new SegmentRef.Named(new SegmentId(segment.name()));
            if (segment.vni().equals(vni) && !other.equals(ref)) {
                return other;
            }
        }
        for (SegmentSpec spec : stated.values()) {
            SegmentRef other = new SegmentRef.Named(spec.id());
            if (spec.vni().equals(vni) && !other.equals(ref)) {
                return other;
            }
        }
        for (Map.Entry<SegmentRef, Map<InterfaceName, Member>> each : members.entrySet()) {
            if (each.getKey() instanceof SegmentRef.OfOverlay(String _, Vni taken)
                    && taken.equals(vni)
                    && !each.getKey().equals(ref)
                    && each.getValue().values().stream().anyMatch(member -> staying.test(member.owner()))) {
                return each.getKey();
            }
        }
        return null;
    }

    /// An endpoint's ports change with it.
    ///
    /// @param before null if it is new
    /// @param now null if it goes
    void replace(@Nullable EndpointSpec before, @Nullable EndpointSpec now) {
        var concerned = new LinkedHashSet<SegmentRef>();
        if (before != null) {
            for (SegmentPort port : joined(before)) {
                concerned.add(port.segment());
                Map<InterfaceName, Member> ports = members.getOrDefault(port.segment(), Map.of());
                Member member = ports.get(port.device());
                if (member != null && member.owner().equals(before.id())) {
                    ports.remove(port.device());
                }
                if (now == null || !now.segments().has(port.device())) {
                    reports.remove(port.device());
                }
                if (now == null || !now.segments().ports().contains(port)) {
                    rules.remove(port.device());
                }
            }
            PortClaim.of(before).forEach(made -> claims.remove(made.claim(), before.id()));
        }
        if (now != null) {
            for (SegmentPort port : joined(now)) {
                concerned.add(port.segment());
                members.computeIfAbsent(port.segment(), _ -> new TreeMap<>())
                        .put(port.device(), new Member(now.id(), now.segments().tenant(), port));
            }
            PortClaim.of(now).forEach(made -> claims.put(made.claim(), now.id()));
        }
        members.values().removeIf(Map::isEmpty);
        concerned.forEach(this::update);
    }

    /// A guest that is on its way is in no segment here yet: its MAC is still elsewhere.
    private static List<SegmentPort> joined(EndpointSpec spec) {
        return spec.role() == EndpointRole.ACTIVE ? spec.segments().ports() : List.of();
    }

    /// Tells the overlay what the segment is now, if that is something else.
    private void update(SegmentRef ref) {
        Segment wanted = wanted(ref);
        Effect.Segment now = wanted == null ? null : new Effect.Segment(wanted, grouped(ref, wanted));
        Effect.Segment before = now == null ? there.remove(ref) : there.get(ref);
        if (before != null
                && (now == null || !now.segment().vni().equals(before.segment().vni()))) {
            outbox.effect(new Effect.NoSegment(before.segment().vni()));
        }
        if (now != null && !now.equals(before)) {
            there.put(ref, now);
            outbox.effect(now);
        }
    }

    private List<EndpointPolicy> grouped(SegmentRef ref, Segment segment) {
        return members.getOrDefault(ref, Map.of()).values().stream()
                .flatMap(member -> Stream.ofNullable(member.stated().policy(segment.vni(), segment.gateway())))
                .toList();
    }

    private @Nullable Segment wanted(SegmentRef ref) {
        Segment alone = resolve(ref);
        List<Port> ports = ports(ref);
        boolean always = ref instanceof SegmentRef.Named(SegmentId id) && terms.segment(id) != null;
        if (alone == null || (ports.isEmpty() && !always)) {
            return null;
        }
        boolean taken = there.entrySet().stream()
                .anyMatch(each -> !each.getKey().equals(ref)
                        && each.getValue().segment().vni().equals(alone.vni()));
        if (taken) { // the configuration has given its VNI to another
            return null;
        }
        var all = new ArrayList<>(alone.ports());
        all.addAll(ports);
        return alone.with(all);
    }

    /// The ports of endpoints.
    private List<Port> ports(SegmentRef ref) {
        return members.getOrDefault(ref, Map.of()).values().stream()
                .map(member -> member.stated().port(node.asn()))
                .toList();
    }

    /// Whose the ports are.
    private @Nullable String tenantOf(SegmentRef ref) {
        return members.getOrDefault(ref, Map.of()).values().stream()
                .findFirst()
                .map(Member::tenant)
                .orElse(null);
    }

    /// The segment without endpoints' ports; null if nobody states it.
    private @Nullable Segment resolve(SegmentRef ref) {
        return switch (ref) {
            case SegmentRef.Named(SegmentId id) -> {
                Segment ofFile = terms.segment(id);
                SegmentSpec spec = stated.get(id);
                yield ofFile != null || spec == null
                        ? ofFile
                        : made(
                                id.value(),
                                spec.vni(),
                                spec.overlay(),
                                spec.flooding(),
                                spec.mtuBytes(),
                                delegation.frames(spec.tenant(), spec.vlans(), spec.multicastPerSecond()),
                                spec.gateway());
            }
            case SegmentRef.OfOverlay(String overlay, Vni vni) ->
                made(
                        ref.toString(),
                        vni,
                        overlay,
                        Segment.Flooding.NONE,
                        null,
                        delegation.frames(tenantOf(ref), null, null),
                        Gateway.NONE);
        };
    }

    private @Nullable Segment made(
            String name,
            Vni vni,
            String overlay,
            Segment.Flooding flooding,
            @Nullable Integer mtuBytes,
            FrameRules frames,
            Gateway gateway) {
        OverlayRule rule = terms.overlay(overlay);
        return rule == null
                ? null
                : new Segment(
                        name,
                        vni,
                        flooding,
                        mtuBytes == null ? rule.mtuBytes() : mtuBytes,
                        rule.encapsulation(),
                        frames,
                        gateway,
                        List.of());
    }

    void reported(InterfaceName device, @Nullable String obstacle) {
        if (isPort(device)) {
            reports.put(device, new Report(obstacle));
        }
    }

    /// A word on a port that left its segment meanwhile is about nothing that is here.
    private boolean isPort(InterfaceName device) {
        return members.values().stream().anyMatch(ports -> ports.containsKey(device));
    }

    void rulesReported(InterfaceName device, @Nullable String obstacle) {
        if (isPort(device)) {
            rules.put(device, new Report(obstacle));
        }
    }

    /// Why the groups of an endpoint's own interface are not in force in its segment; null if they are, or it has none.
    @Nullable
    String rulesObstacle(EndpointSpec spec) {
        boolean grouped = spec.segments().ports().stream()
                .anyMatch(port -> port.device().equals(spec.device()) && port.groups() != null);
        Report report = rules.get(spec.device());
        if (!grouped) {
            return null;
        }
        return report == null ? "its groups are not yet in force" : report.obstacle();
    }

    /// The kernel's last word on a port; null if there was none yet.
    @Nullable
    Report report(InterfaceName device) {
        return reports.get(device);
    }
}
