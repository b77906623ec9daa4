package slash32.agent.dataplane;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Vni;
import slash32.overlay.vxlan.SegmentPlane;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.compile.Subject;
import slash32.securitygroup.nft.Firewall;

/// The groups of ports in segments, and what is in force of them. The bridges' guard lets nothing of such a port pass
/// before that, so nothing has to come in an order. Owned by thread {@code kernel}.
final class SegmentRules {
    private final Firewall firewall;
    private final Map<Vni, Map<InterfaceName, EndpointPolicy>> ports = new HashMap<>();
    private final Map<GroupId, Set<InterfaceName>> users = new HashMap<>();
    private final Set<InterfaceName> touched = new HashSet<>();
    private final Map<InterfaceName, Optional<String>> told = new HashMap<>();

    SegmentRules(Firewall firewall) {
        this.firewall = firewall;
    }

    /// Exactly these ports of the segment have groups.
    void put(Vni segment, Set<IpAddress> gateway, List<EndpointPolicy> stated) {
        firewall.putSegment(segment, SegmentPlane.bridge(segment), gateway);
        Map<InterfaceName, EndpointPolicy> now =
                stated.stream().collect(Collectors.toMap(EndpointPolicy::device, policy -> policy));
        Map<InterfaceName, EndpointPolicy> before = ports.put(segment, now);
        leave(before == null ? Map.of() : before, now);
        now.values().forEach(policy -> {
            firewall.putEndpoint(policy);
            policy.groups()
                    .forEach(group ->
                            users.computeIfAbsent(group, _ -> new HashSet<>()).add(policy.device()));
            told.remove(policy.device());
            touched.add(policy.device());
        });
    }

    void remove(Vni segment) {
        Map<InterfaceName, EndpointPolicy> before = ports.remove(segment);
        leave(before == null ? Map.of() : before, Map.of());
        firewall.removeSegment(SegmentPlane.bridge(segment));
    }

    /// Unstates ports that are in no segment's rules any more.
    private void leave(Map<InterfaceName, EndpointPolicy> before, Map<InterfaceName, EndpointPolicy> now) {
        before.forEach((device, policy) -> {
            policy.groups()
                    .forEach(group -> users.computeIfPresent(group, (_, devices) -> {
                        devices.remove(device);
                        return devices.isEmpty() ? null : devices;
                    }));
            boolean inAnother = ports.values().stream().anyMatch(segment -> segment.containsKey(device));
            if (!now.containsKey(device) && !inAnother) {
                firewall.removePort(device);
                touched.remove(device);
                told.remove(device);
            }
        });
    }

    /// A group changed: that it is in force is to be said again.
    void groupChanged(GroupId group) {
        Set<InterfaceName> devices = users.getOrDefault(group, Set.of());
        told.keySet().removeAll(devices);
        touched.addAll(devices);
    }

    /// Something of a subject was applied, or refused.
    void touch(Subject subject) {
        switch (subject) {
            case Subject.Endpoint(InterfaceName device) -> touched.add(device);
            case Subject.Group(GroupId group) -> touched.addAll(users.getOrDefault(group, Set.of()));
            case Subject.Lookups() -> users.values().forEach(touched::addAll);
            case Subject.Skeleton _,
                    Subject.Member _,
                    Subject.MemberSets _,
                    Subject.Host _,
                    Subject.Zone _,
                    Subject.Gateway _,
                    Subject.Limits _ -> {}
        }
    }

    /// What changed of ports with groups since the last time: why their rules are not in force, nothing if they are.
    Map<InterfaceName, Optional<String>> take() {
        var changed = new LinkedHashMap<InterfaceName, Optional<String>>();
        for (InterfaceName device : touched) {
            if (ports.values().stream().noneMatch(segment -> segment.containsKey(device))) {
                continue; // a routed one
            }
            Optional<String> now = obstacle(device);
            if (!now.equals(told.put(device, now))) {
                changed.put(device, now);
            }
        }
        touched.clear();
        return changed;
    }

    private Optional<String> obstacle(InterfaceName device) {
        @Nullable String obstacle = firewall.portObstacle(device);
        return Optional.ofNullable(obstacle);
    }
}
