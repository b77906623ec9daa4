package slash32.agent.intent;

import java.util.function.LongFunction;
import slash32.agent.status.Event;

/// Where {@link Intent} puts what it wants done and what observers should hear.
public interface Outbox {
    void effect(Effect effect);

    /// An event, once it has its revision.
    void event(LongFunction<? extends Event> event);
}
