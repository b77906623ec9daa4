package slash32.agent.dataplane;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointSpec;
import slash32.net.InterfaceName;
import slash32.net.Prefix;
import slash32.securitygroup.GroupId;

/// The endpoints that are desired, by what they have, and those that the next pass looks at. Owned by thread
/// {@code kernel}.
final class Endpoints {
    private final Map<EndpointId, EndpointStage> stages = new HashMap<>();
    private final Map<InterfaceName, EndpointId> devices = new HashMap<>();
    private final Map<Prefix, EndpointId> addresses = new HashMap<>();
    private final Map<GroupId, Set<EndpointId>> users = new HashMap<>();
    private final Set<EndpointId> touched = new LinkedHashSet<>();

    int size() {
        return stages.size();
    }

    @Nullable
    EndpointStage stage(EndpointId id) {
        return stages.get(id);
    }

    /// The stage of an endpoint; null while another has taken its interface over and its own change is yet to come.
    @Nullable
    EndpointStage holder(EndpointId id) {
        EndpointStage stage = stages.get(id);
        return stage != null && id.equals(devices.get(stage.spec.device())) ? stage : null;
    }

    @Nullable
    EndpointId owner(InterfaceName device) {
        return devices.get(device);
    }

    @Nullable
    EndpointId owner(Prefix address) {
        return addresses.get(address);
    }

    /// Whether one endpoint has both, or none has either.
    boolean haveOneOwner(InterfaceName device, Prefix address) {
        return Objects.equals(devices.get(device), addresses.get(address));
    }

    /// Takes an endpoint up with all that it has, whoever had it before.
    void put(EndpointStage stage) {
        EndpointSpec spec = stage.spec;
        stages.put(spec.id(), stage);
        devices.put(spec.device(), spec.id());
        spec.addresses().forEach(prefix -> addresses.put(prefix, spec.id()));
        spec.groups()
                .forEach(group ->
                        users.computeIfAbsent(group, _ -> new HashSet<>()).add(spec.id()));
        touched.add(spec.id());
    }

    /// Forgets an endpoint, but for what it has.
    ///
    /// @return its stage; null if there was none
    @Nullable
    EndpointStage remove(EndpointId id) {
        touched.remove(id);
        return stages.remove(id);
    }

    void leaveGroups(EndpointSpec spec) {
        spec.groups()
                .forEach(group -> users.computeIfPresent(group, (_, ids) -> {
                    ids.remove(spec.id());
                    return ids.isEmpty() ? null : ids;
                }));
    }

    /// False if it was another's already.
    boolean leave(InterfaceName device, EndpointId id) {
        return devices.remove(device, id);
    }

    /// False if it was another's already.
    boolean leave(Prefix address, EndpointId id) {
        return addresses.remove(address, id);
    }

    void touch(EndpointId id) {
        touched.add(id);
    }

    void touchDevice(InterfaceName device) {
        EndpointId id = devices.get(device);
        if (id != null) {
            touched.add(id);
        }
    }

    void touchAddress(Prefix prefix) {
        EndpointId id = addresses.get(prefix);
        if (id != null) {
            touched.add(id);
        }
    }

    void touchAll() {
        touched.addAll(stages.keySet());
    }

    /// Has what is known of an endpoint told again, even if it is the same.
    void reportAnew(EndpointId id) {
        EndpointStage stage = stages.get(id);
        if (stage != null) {
            stage.reported = null;
            touched.add(id);
        }
    }

    void reportAddressAnew(Prefix prefix) {
        EndpointId id = addresses.get(prefix);
        if (id != null) {
            reportAnew(id);
        }
    }

    void reportUsersAnew(GroupId group) {
        users.getOrDefault(group, Set.of()).forEach(this::reportAnew);
    }

    void reportUsersAnew() {
        users.values().forEach(endpoints -> endpoints.forEach(this::reportAnew));
    }

    boolean isAnyTouched() {
        return !touched.isEmpty();
    }

    /// Those that are to be looked at and have their interface.
    List<EndpointStage> touchedHolders() {
        return touched.stream().flatMap(id -> Stream.ofNullable(holder(id))).toList();
    }

    /// Those that were to be looked at, which begins anew.
    List<EndpointStage> takeTouched() {
        List<EndpointStage> all = touched.stream()
                .flatMap(id -> Stream.ofNullable(stages.get(id)))
                .toList();
        touched.clear();
        return all;
    }
}
