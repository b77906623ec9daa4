package slash32.agent.intent;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import slash32.agent.status.Event;

/// An outbox that keeps what is put in it.
final class Recorder implements Outbox {
    final List<Effect> effects = new ArrayList<>();
    final List<Event> events = new ArrayList<>();

    @Override
    public void effect(Effect effect) {
        effects.add(effect);
    }

    @Override
    public void event(LongFunction<? extends Event> event) {
        events.add(event.apply(events.size() + 1));
    }
}
