package slash32.agent.intent;

import java.util.List;
import slash32.securitygroup.SecurityGroup;

/// What one file of {@code endpoints.d} says: endpoints and groups of a host that need no daemon to state them.
///
/// @param name of the file, without its folder
/// @param groups no id twice
/// @param endpoints no id twice
public record StaticFile(String name, List<SecurityGroup> groups, List<EndpointSpec> endpoints) {
    public StaticFile {
        groups = List.copyOf(groups);
        endpoints = List.copyOf(endpoints);
    }

    /// A file that says nothing, or is gone.
    public static StaticFile empty(String name) {
        return new StaticFile(name, List.of(), List.of());
    }

    public boolean isEmpty() {
        return groups.isEmpty() && endpoints.isEmpty();
    }
}
