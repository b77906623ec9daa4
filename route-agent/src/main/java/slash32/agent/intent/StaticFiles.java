package slash32.agent.intent;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import slash32.agent.status.FileView;
import slash32.securitygroup.GroupId;

/// Which file states which endpoint and group, and what is wrong with files that are refused. Everything else is the
/// API's.
final class StaticFiles {
    private final Map<String, StaticFile> inForce = new TreeMap<>();
    private final Map<String, String> problems = new TreeMap<>();
    private final Map<EndpointId, String> endpoints = new HashMap<>();
    private final Map<GroupId, String> groups = new HashMap<>();

    /// The file that states an endpoint; null if none does.
    @Nullable
    String of(EndpointId id) {
        return endpoints.get(id);
    }

    /// The file that states a group; null if none does.
    @Nullable
    String of(GroupId id) {
        return groups.get(id);
    }

    /// What the file said last that was taken.
    StaticFile inForce(String name) {
        return Objects.requireNonNullElse(inForce.get(name), StaticFile.empty(name));
    }

    void put(StaticFile file) {
        StaticFile before = inForce(file.name());
        before.endpoints().forEach(spec -> endpoints.remove(spec.id()));
        before.groups().forEach(group -> groups.remove(group.id()));
        file.endpoints().forEach(spec -> endpoints.put(spec.id(), file.name()));
        file.groups().forEach(group -> groups.put(group.id(), file.name()));
        problems.remove(file.name());
        if (file.isEmpty()) {
            inForce.remove(file.name());
        } else {
            inForce.put(file.name(), file);
        }
    }

    /// What the file says now is not taken.
    void refuse(String name, String reason) {
        problems.put(name, reason);
    }

    /// In order of names.
    List<FileView> views() {
        var names = new TreeSet<>(inForce.keySet());
        names.addAll(problems.keySet());
        return names.stream()
                .map(name -> new FileView(
                        name,
                        inForce(name).endpoints().size(),
                        inForce(name).groups().size(),
                        problems.get(name)))
                .toList();
    }
}
