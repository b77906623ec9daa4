package slash32.agent.intent;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.agent.status.Condition;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;
import slash32.agent.status.EndpointView;
import slash32.agent.status.Event;

/// Endpoints that an earlier run had and this one can't take as they are: the configuration, or another endpoint,
/// stands against them now. They claim nothing, and stay until their owner says something else of them.
final class RefusedEndpoints {
    private static final String REASON = "Refused";

    private final Map<EndpointId, Refused> all = new TreeMap<>();

    /// @param file that states it; null if the API does
    private record Refused(EndpointSpec spec, @Nullable String file, List<Condition> conditions) {}

    /// Notes why {@code spec} is refused. All its conditions are failed; the first, which the others want, says why.
    void put(EndpointSpec spec, @Nullable String file, String reason, Moment now, Outbox outbox) {
        List<Condition> conditions = Stream.of(ConditionKind.values())
                .map(kind -> new Condition(
                        kind,
                        ConditionState.FAILED,
                        now.at(),
                        REASON,
                        kind == ConditionKind.INTERFACE_READY ? reason : "",
                        null))
                .toList();
        all.put(spec.id(), new Refused(spec, file, conditions));
        conditions.forEach(condition ->
                outbox.event(revision -> new Event.ConditionChanged(revision, now.at(), spec.id(), condition)));
    }

    /// True if it was one of them.
    boolean remove(EndpointId id) {
        return all.remove(id) != null;
    }

    int size() {
        return all.size();
    }

    /// True if the API states it.
    boolean isOfApi(EndpointId id) {
        Refused refused = all.get(id);
        return refused != null && refused.file() == null;
    }

    /// The file that states it; null if it is none of them, or the API's.
    @Nullable
    String fileOf(EndpointId id) {
        Refused refused = all.get(id);
        return refused == null ? null : refused.file();
    }

    /// Those that {@code file} states, or for null the API.
    List<EndpointSpec> of(@Nullable String file) {
        return all.values().stream()
                .filter(refused -> Objects.equals(refused.file(), file))
                .map(Refused::spec)
                .toList();
    }

    @Nullable
    EndpointSpec spec(EndpointId id) {
        Refused refused = all.get(id);
        return refused == null ? null : refused.spec();
    }

    @Nullable
    EndpointView view(EndpointId id) {
        Refused refused = all.get(id);
        return refused == null ? null : view(refused);
    }

    /// In order of ids.
    Collection<EndpointView> views() {
        return all.values().stream().map(RefusedEndpoints::view).toList();
    }

    private static EndpointView view(Refused refused) {
        return new EndpointView(refused.spec(), refused.file(), refused.conditions());
    }
}
