package slash32.agent.status;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.EndpointSpec;

/// An endpoint: what is wanted, and how far it has come.
///
/// @param file of {@code endpoints.d} that states it; null if the API does
/// @param conditions one of each {@link ConditionKind}, in its order
public record EndpointView(EndpointSpec spec, @Nullable String file, List<Condition> conditions) {
    public EndpointView {
        conditions = List.copyOf(conditions);
        if (!conditions.stream().map(Condition::kind).toList().equals(List.of(ConditionKind.values()))) {
            throw new IllegalArgumentException("an endpoint has each condition once, in order, not " + conditions);
        }
    }

    public Condition condition(ConditionKind kind) {
        for (Condition condition : conditions) {
            if (condition.kind() == kind) {
                return condition;
            }
        }
        throw new AssertionError("no condition " + kind);
    }

    public boolean holds(ConditionKind kind) {
        return condition(kind).state() == ConditionState.TRUE;
    }
}
