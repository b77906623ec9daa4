package slash32.agent.intent;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.Problem;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;

/// Why endpoints and groups may not be as they are stated. Looks at what {@link Intent} holds, and changes nothing.
final class Refusals {
    private final Node node;
    private final Held held;
    private final StaticFiles files;
    private final Segments segments;
    /// Why ports of segments can have no groups here; null if they can.
    private @Nullable String noSegmentGroups = "this node does not enforce security groups in segments";

    /// What {@link Intent} holds, as it changes.
    ///
    /// @param users the endpoints that are in a group
    /// @param refused that claim nothing, and have an owner
    record Held(
            Map<EndpointId, EndpointState> endpoints,
            Map<InterfaceName, EndpointId> devices,
            Map<MacAddress, EndpointId> macs,
            Map<Prefix, EndpointId> addresses,
            Map<GroupId, SecurityGroup> groups,
            Map<GroupId, Set<EndpointId>> users,
            RefusedEndpoints refused) {}

    Refusals(Node node, Held held, StaticFiles files, Segments segments) {
        this.node = node;
        this.held = held;
        this.files = files;
        this.segments = segments;
    }

    /// From now on ports of segments can have no groups for this reason, or can if it is null.
    void segmentGroups(@Nullable String obstacle) {
        noSegmentGroups = obstacle;
    }

    /// Of an endpoint that the API states.
    @Nullable
    Problem ofEndpoint(EndpointSpec spec) {
        Problem problem = ofApi(spec, "");
        return problem != null ? problem : claim(spec, "", _ -> true, held.groups()::get);
    }

    /// Of the whole set that the API states.
    @Nullable
    Problem ofSet(List<EndpointSpec> specs) {
        return first(specs, (spec, place) -> {
            Problem problem = ofApi(spec, place);
            return problem != null ? problem : claim(spec, place, id -> files.of(id) != null, held.groups()::get);
        });
    }

    private @Nullable Problem ofApi(EndpointSpec spec, String place) {
        EndpointState present = held.endpoints().get(spec.id());
        EndpointSpec before = present == null ? held.refused().spec(spec.id()) : present.spec();
        String file = fileOf(spec.id());
        if (file != null) {
            return Problem.statedByFile(place.isEmpty() ? null : place + "id", "endpoint " + spec.id(), file);
        }
        return before != null && spec.generation() < before.generation()
                ? Problem.olderGeneration(place + "generation", spec.generation(), before.generation())
                : null;
    }

    /// Of an endpoint that the API wants no more.
    @Nullable
    Problem ofRemoval(EndpointId id) {
        String file = fileOf(id);
        return file == null ? null : Problem.statedByFile(null, "endpoint " + id, file);
    }

    private @Nullable String fileOf(EndpointId id) {
        String file = files.of(id);
        return file == null ? held.refused().fileOf(id) : file;
    }

    /// Of a group that the API states.
    @Nullable
    Problem ofGroup(SecurityGroup group) {
        String file = files.of(group.id());
        return file == null ? statefulness(group, "stateful") : Problem.statedByFile(null, "group " + group.id(), file);
    }

    private @Nullable Problem statefulness(SecurityGroup group, String field) {
        SecurityGroup before = held.groups().get(group.id());
        if (before == null
                || before.stateful() == group.stateful()
                || users(group.id()).isEmpty()) {
            return null;
        }
        String detail = "group " + group.id() + " has members here and can't become "
                + (group.stateful() ? "stateful" : "stateless");
        return Problem.inUse(field, detail);
    }

    /// Of a group that the API wants no more.
    @Nullable
    Problem ofRemoval(GroupId id) {
        String file = files.of(id);
        return file == null ? unused(id, _ -> true) : Problem.statedByFile(null, "group " + id, file);
    }

    /// @param counts which of its members keep it
    private @Nullable Problem unused(GroupId id, Predicate<EndpointId> counts) {
        return users(id).stream()
                .filter(counts)
                .sorted()
                .findFirst()
                .map(who -> Problem.inUse(null, "group " + id + " has members here, such as endpoint " + who))
                .orElse(null);
    }

    private Set<EndpointId> users(GroupId id) {
        return held.users().getOrDefault(id, Set.of());
    }

    /// Of all that a file states.
    @Nullable
    Problem ofFile(StaticFile file) {
        var stated = new HashMap<GroupId, SecurityGroup>();
        for (int i = 0; i < file.groups().size(); i++) {
            SecurityGroup group = file.groups().get(i);
            String place = "groups[" + i + "].";
            if (stated.put(group.id(), group) != null) {
                return Problem.invalid(place + "id", "is there twice: " + group.id());
            }
            boolean others =
                    held.groups().containsKey(group.id()) && !file.name().equals(files.of(group.id()));
            Problem problem = others
                    ? statedElsewhere(place + "id", "group " + group.id(), files.of(group.id()))
                    : statefulness(group, place + "stateful");
            if (problem != null) {
                return problem;
            }
        }
        for (SecurityGroup before : files.inForce(file.name()).groups()) {
            Problem problem = stated.containsKey(before.id())
                    ? null
                    : unused(before.id(), id -> !file.name().equals(files.of(id)));
            if (problem != null) {
                return problem;
            }
        }
        Function<GroupId, @Nullable SecurityGroup> groups = id -> {
            SecurityGroup own = stated.get(id);
            return own != null || file.name().equals(files.of(id))
                    ? own
                    : held.groups().get(id);
        };
        return first(file.endpoints(), (spec, place) -> {
            String stater = fileOf(spec.id());
            boolean others = stater == null
                    ? held.endpoints().containsKey(spec.id()) || held.refused().isOfApi(spec.id())
                    : !file.name().equals(stater);
            return others
                    ? statedElsewhere(place + "id", "endpoint " + spec.id(), stater)
                    : claim(spec, place, id -> !file.name().equals(files.of(id)), groups);
        });
    }

    private static Problem statedElsewhere(String field, String what, @Nullable String file) {
        return file == null
                ? Problem.taken(field, what + " is stated by the API")
                : Problem.statedByFile(field, what, file);
    }

    private interface Check {
        @Nullable
        Problem of(EndpointSpec spec, String place);
    }

    /// What is wrong first: an endpoint with another of the list, or by {@code check}.
    private static @Nullable Problem first(List<EndpointSpec> specs, Check check) {
        var ids = new HashSet<EndpointId>();
        var devices = new HashMap<InterfaceName, EndpointId>();
        var macs = new HashMap<MacAddress, EndpointId>();
        var addresses = new HashMap<Prefix, EndpointId>();
        var claims = new HashMap<PortClaim, EndpointId>();
        for (int i = 0; i < specs.size(); i++) {
            EndpointSpec spec = specs.get(i);
            String place = "endpoints[" + i + "].";
            if (!ids.add(spec.id())) {
                return Problem.invalid(place + "id", "is there twice: " + spec.id());
            }
            for (Map.Entry<String, InterfaceName> device : spec.devices().entrySet()) {
                EndpointId other = devices.putIfAbsent(device.getValue(), spec.id());
                if (other != null) {
                    return Problem.taken(
                            place + device.getKey(), device.getValue() + " is also endpoint " + other + "'s");
                }
            }
            for (PortClaim.Made made : PortClaim.of(spec)) {
                EndpointId other = claims.putIfAbsent(made.claim(), spec.id());
                if (other != null) {
                    return Problem.taken(place + made.field(), made.claim() + " is also endpoint " + other + "'s");
                }
            }
            EndpointId twin = spec.isRouted() ? macs.putIfAbsent(spec.mac(), spec.id()) : null;
            if (twin != null) {
                return Problem.taken(place + "mac", spec.mac() + " is also endpoint " + twin + "'s");
            }
            for (int a = 0; a < spec.addresses().size(); a++) {
                EndpointId owner = addresses.putIfAbsent(spec.addresses().get(a), spec.id());
                if (owner != null) {
                    return Problem.taken(
                            place + "addresses[" + a + "]",
                            spec.addresses().get(a) + " is also endpoint " + owner + "'s");
                }
            }
            Problem problem = check.of(spec, place);
            if (problem != null) {
                return problem;
            }
        }
        return null;
    }

    /// Why the endpoint may not have what it asks for.
    ///
    /// @param staying which endpoints will be there beside it
    /// @param groups as they will be
    private @Nullable Problem claim(
            EndpointSpec spec,
            String place,
            Predicate<EndpointId> staying,
            Function<GroupId, @Nullable SecurityGroup> groups) {
        for (Map.Entry<String, InterfaceName> device : spec.devices().entrySet()) {
            EndpointId owner = held.devices().get(device.getValue());
            if (owner != null && !owner.equals(spec.id()) && staying.test(owner)) {
                return Problem.taken(place + device.getKey(), device.getValue() + " is endpoint " + owner + "'s");
            }
        }
        Problem ofSegments = segments.refusal(spec, place, staying);
        if (ofSegments != null) {
            return ofSegments;
        }
        EndpointId twin = spec.isRouted() ? held.macs().get(spec.mac()) : null; // in segments a MAC is the segment's
        if (twin != null && !twin.equals(spec.id()) && staying.test(twin)) {
            return Problem.taken(place + "mac", spec.mac() + " is endpoint " + twin + "'s");
        }
        if (spec.device().equals(node.uplink())) {
            return Problem.taken(place + "device", spec.device() + " is this node's interface toward the underlay");
        }
        for (int i = 0; i < spec.addresses().size(); i++) {
            Prefix prefix = spec.addresses().get(i);
            String field = place + "addresses[" + i + "]";
            EndpointId holder = held.addresses().get(prefix);
            if (holder != null && !holder.equals(spec.id()) && staying.test(holder)) {
                return Problem.taken(field, prefix + " is endpoint " + holder + "'s");
            }
            String gateway = segments.gatewayWith(prefix);
            if (gateway != null) {
                return Problem.taken(field, gateway);
            }
            if (!node.isForEndpoints(prefix)) {
                return Problem.invalid(field, prefix + " is in none of this node's endpointPrefixes");
            }
            String inAdminNetwork = node.adminRefusal(prefix);
            if (inAdminNetwork != null) {
                return Problem.taken(field, inAdminNetwork);
            }
            if (node.underlayFor(prefix.address()) == null) {
                return Problem.invalid(field, prefix + " needs an IPv6 underlay address (underlay.address6)");
            }
            if (prefix.address().equals(node.underlayFor(prefix.address()))) {
                return Problem.taken(field, prefix + " is this node's own underlay address");
            }
        }
        Problem problem = membership(spec.groups(), place, groups);
        for (int i = 0; i < spec.segments().ports().size() && problem == null; i++) {
            List<GroupId> ofPort = spec.segments().ports().get(i).groups();
            String at = place + "segments[" + i + "].";
            if (ofPort != null && noSegmentGroups != null) {
                return Problem.invalid(at + "groups", "must be absent: " + noSegmentGroups);
            }
            problem = ofPort == null ? null : membership(ofPort, at, groups);
        }
        return problem;
    }

    private static @Nullable Problem membership(
            List<GroupId> ids, String place, Function<GroupId, @Nullable SecurityGroup> groups) {
        SecurityGroup first = null;
        for (int i = 0; i < ids.size(); i++) {
            GroupId id = ids.get(i);
            String field = place + "groups[" + i + "]";
            SecurityGroup group = groups.apply(id);
            if (group == null) {
                return Problem.invalid(field, "no such group: " + id);
            }
            first = first == null ? group : first;
            if (group.stateful() != first.stateful()) {
                return Problem.invalid(
                        field, "groups " + first.id() + " and " + id + " can't be together: one of them is stateless");
            }
        }
        return null;
    }
}
