package slash32.agent.intent;

import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import slash32.agent.status.Condition;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;
import slash32.agent.status.Event;
import slash32.net.Prefix;

/// An endpoint in {@link Intent}: what is wanted, and how far it has come.
final class EndpointState {
    private final EndpointSpec spec;
    private final long putNanos;
    private final Map<ConditionKind, Condition> conditions = new EnumMap<>(ConditionKind.class);
    private final Set<Prefix> unadvertised = new HashSet<>();
    private final Set<Prefix> announced = new LinkedHashSet<>();
    /// Announced as the specs before this one had it.
    private final Map<Prefix, Said> inherited;

    /// What a route says beside its address.
    record Said(Memberships memberships, long localPref) {
        /// The same without the memberships that are not among these.
        Said only(Memberships others) {
            return new Said(memberships.and(others), localPref);
        }
    }

    /// @param inherited what is announced of its addresses already, in its predecessor's name
    EndpointState(EndpointSpec spec, Map<Prefix, Said> inherited, Moment now) {
        this.spec = spec;
        this.inherited = new HashMap<>(inherited);
        putNanos = now.nanos();
        for (ConditionKind kind : ConditionKind.values()) {
            conditions.put(kind, new Condition(kind, ConditionState.FALSE, now.at(), "Pending", "", null));
        }
    }

    EndpointSpec spec() {
        return spec;
    }

    /// True of the statement that made this state; an equal one may have been made, carried out and replaced before.
    @SuppressWarnings("ReferenceEquality") // which statement it is, not what it says
    boolean isOf(EndpointSpec statement) {
        return spec == statement;
    }

    /// Those of its addresses that the speaker announces, in its name or in its predecessor's.
    List<Prefix> announced() {
        return spec.addresses().stream()
                .filter(prefix -> announced.contains(prefix) || inherited.containsKey(prefix))
                .toList();
    }

    /// What its routes say when they are announced in its own name.
    Said saying() {
        return new Said(spec.memberships(), spec.role().localPref());
    }

    /// What the speaker announces, in its name or in its predecessor's.
    Map<Prefix, Said> said() {
        var all = new LinkedHashMap<Prefix, Said>();
        announced().forEach(prefix -> all.put(prefix, inherited.getOrDefault(prefix, saying())));
        return all;
    }

    /// Its routes are given to the speaker, and not yet on the wire.
    ///
    /// @return those that were not
    List<Prefix> announce(Predicate<Prefix> wanted) {
        List<Prefix> added =
                spec.addresses().stream().filter(wanted).filter(announced::add).toList();
        added.forEach(inherited::remove);
        unadvertised.addAll(added);
        return added;
    }

    /// Routes of its are taken back.
    void unannounce(Collection<Prefix> prefixes) {
        announced.removeAll(prefixes);
        prefixes.forEach(inherited::remove);
        unadvertised.removeAll(prefixes);
    }

    /// True if this was the last of its prefixes to be on the wire.
    boolean advertised(Prefix prefix) {
        return unadvertised.remove(prefix) && unadvertised.isEmpty();
    }

    boolean holds(ConditionKind kind) {
        return Objects.requireNonNull(conditions.get(kind)).state() == ConditionState.TRUE;
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

    /// In the order of their kinds.
    List<Condition> conditions() {
        return List.copyOf(conditions.values());
    }
}
