package slash32.agent;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;
import slash32.agent.api.EventLog;
import slash32.agent.intent.Effect;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.Intent;
import slash32.agent.intent.Moment;
import slash32.agent.intent.Node;
import slash32.agent.intent.Outbox;
import slash32.agent.status.Condition;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;
import slash32.agent.status.EndpointView;
import slash32.agent.status.Event;

/// Thread {@code intent}: the one writer of what is desired. Feeds {@link Intent}, carries its effects to the kernel's
/// loop and the speaker in their order, and wakes whoever waits for a condition.
final class IntentLoop implements Runnable, Outbox {
    private static final int FULL_AT = 256;

    private final Mailbox mailbox = new Mailbox(FULL_AT);
    private final Intent intent;
    private final EventLog events;
    private final Consumer<Effect> effects;
    private final Consumer<Condition> measured;
    private final Map<EndpointId, List<Waiter>> waiters = new HashMap<>();

    private record Waiter(ConditionKind kind, Runnable wake) {}

    /// A loop that has yet to run.
    ///
    /// @param effects takes each effect, without waiting
    /// @param measured takes each condition that changed, without waiting
    IntentLoop(Node node, EventLog events, Consumer<Effect> effects, Consumer<Condition> measured) {
        this.events = events;
        this.effects = effects;
        this.measured = measured;
        intent = new Intent(node, this);
    }

    static Moment now() {
        return new Moment(Instant.now(), System.nanoTime());
    }

    /// Has {@code task} done on this loop's thread.
    void tell(Consumer<Intent> task) {
        mailbox.put(() -> task.accept(intent));
    }

    <T> T ask(Function<Intent, T> question) throws InterruptedException {
        return mailbox.ask(() -> question.apply(intent));
    }

    /// True while producers of much, which is BGP, should stop.
    boolean isFull() {
        return mailbox.isFull();
    }

    @Override
    public void run() {
        try {
            while (!mailbox.isClosed()) {
                mailbox.take(Long.MAX_VALUE).forEach(Runnable::run);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void close() {
        mailbox.close();
    }

    @Override
    public void effect(Effect effect) {
        effects.accept(effect);
    }

    @Override
    public void event(LongFunction<? extends Event> event) {
        events.append(revision -> {
            Event appended = event.apply(revision);
            wake(appended);
            return appended;
        });
    }

    private void wake(Event event) {
        switch (event) {
            case Event.ConditionChanged(long _, Instant _, EndpointId endpoint, Condition condition) -> {
                measured.accept(condition);
                boolean decided =
                        condition.state() == ConditionState.TRUE || condition.state() == ConditionState.FAILED;
                waiters.getOrDefault(endpoint, List.of()).stream()
                        .filter(waiter -> decided && waiter.kind() == condition.kind())
                        .forEach(waiter -> waiter.wake().run());
            }
            case Event.EndpointRemoved(long _, Instant _, EndpointId endpoint) ->
                waiters.getOrDefault(endpoint, List.of())
                        .forEach(waiter -> waiter.wake().run());
            case Event.PeerChanged _, Event.SyncChanged _, Event.PacketDropped _ -> {}
        }
    }

    /// Has {@code wake} run when the condition holds or failed, or the endpoint is gone; at once if so already.
    ///
    /// @return to be run when nobody waits any more
    Runnable watch(EndpointId id, ConditionKind kind, Runnable wake) {
        var waiter = new Waiter(kind, wake);
        tell(current -> {
            EndpointView view = current.endpoint(id);
            if (view == null || view.holds(kind) || view.condition(kind).state() == ConditionState.FAILED) {
                wake.run();
            } else {
                waiters.computeIfAbsent(id, _ -> new ArrayList<>()).add(waiter);
            }
        });
        return () -> tell(_ -> waiters.computeIfPresent(id, (_, list) -> {
            list.remove(waiter);
            return list.isEmpty() ? null : list;
        }));
    }
}
