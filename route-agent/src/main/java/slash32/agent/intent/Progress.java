package slash32.agent.intent;

import java.util.List;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;

/// How far the kernel is with an endpoint.
///
/// @param spec the very statement that it is about; a report on an earlier one counts for nothing, be it equal
/// @param steps one for each of INTERFACE_READY, RULES_ENFORCED and ROUTE_INSTALLED
public record Progress(EndpointSpec spec, List<Step> steps) {
    public Progress {
        steps = List.copyOf(steps);
    }

    /// The state of one condition.
    ///
    /// @param reason one word for programs
    /// @param message for people; may be empty
    public record Step(ConditionKind kind, ConditionState state, String reason, String message) {}
}
