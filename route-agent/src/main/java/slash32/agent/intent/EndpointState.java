package slash32.agent.intent;

import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import slash32.agent.status.Condition;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;
import slash32.agent.status.EndpointView;
import slash32.agent.status.Event;
import slash32.net.Prefix;

/// An endpoint in {@link Intent}: what is wanted, and how far it has come.
final class EndpointState {
    private final EndpointSpec spec;
    private final long putNanos;
    private final Map<ConditionKind, Condition> conditions = new EnumMap<>(ConditionKind.class);
    private final Set<Prefix> unadvertised = new HashSet<>();
    private boolean announced;

    EndpointState(EndpointSpec spec, Moment now) {
        this.spec = spec;
        putNanos = now.nanos();
        for (ConditionKind kind : ConditionKind.values()) {
            conditions.put(kind, new Condition(kind, ConditionState.FALSE, now.at(), "Pending", "", null));
        }
    }

    EndpointSpec spec() {
        return spec;
    }

    boolean announced() {
        return announced;
    }

    /// Its routes are given to the speaker, and not yet on the wire.
    void announce() {
        announced = true;
        unadvertised.addAll(spec.addresses());
    }

    /// Its routes are taken back.
    void unannounce() {
        announced = false;
        unadvertised.clear();
    }

    /// True if this was the last of its prefixes to be on the wire.
    boolean advertised(Prefix prefix) {
        return announced && unadvertised.remove(prefix) && unadvertised.isEmpty();
    }

    boolean holds(ConditionKind kind) {
        return view().holds(kind);
    }

    /// Takes a condition's state; an event if it is another.
    void set(Progress.Step step, Moment now, Outbox outbox) {
        Condition before = conditions.get(step.kind());
        if (before != null
                && before.state() == step.state()
                && before.reason().equals(step.reason())
                && before.message().equals(step.message())) {
            return;
        }
        boolean firstTime = step.state() == ConditionState.TRUE && (before == null || before.latency() == null);
        Duration latency =
                firstTime ? Duration.ofNanos(now.nanos() - putNanos) : before == null ? null : before.latency();
        var condition = new Condition(step.kind(), step.state(), now.at(), step.reason(), step.message(), latency);
        conditions.put(step.kind(), condition);
        outbox.event(revision -> new Event.ConditionChanged(revision, now.at(), spec.id(), condition));
    }

    EndpointView view() {
        List<Condition> all =
                Stream.of(ConditionKind.values()).map(conditions::get).toList();
        return new EndpointView(spec, all);
    }
}
