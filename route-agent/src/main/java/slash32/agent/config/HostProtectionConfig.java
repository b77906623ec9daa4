package slash32.agent.config;

import java.util.List;
import java.util.Set;
import slash32.securitygroup.HostRule;

/// What may reach this host's own services, beside what the agent itself needs.
///
/// @param failsafePorts TCP ports that are open to everybody, at least one
/// @param allow what else may
public record HostProtectionConfig(Set<Integer> failsafePorts, List<HostRule> allow) {
    static final List<Integer> DEFAULT_FAILSAFE_PORTS = List.of(22);

    public HostProtectionConfig {
        failsafePorts = Set.copyOf(failsafePorts);
        allow = List.copyOf(allow);
    }
}
