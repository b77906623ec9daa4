package slash32.agent.api;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import slash32.agent.status.Event;

/// The last events, for any number of observers that read at their own pace.
///
/// Whoever appends never waits for whoever reads: an observer that falls behind by more than the capacity is told so.
/// Thread-safe.
public final class EventLog {
    private final int capacity;
    private final ArrayDeque<Event> events = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition appended = lock.newCondition();
    private long revision;

    /// @param capacity events to keep
    /// @param start the revision before the first event: larger than any of an earlier run of the agent, such
    /// as the microseconds since 1970, so that an observer from then learns that it missed something
    public EventLog(int capacity, long start) {
        this.capacity = capacity;
        this.revision = start;
    }

    /// Appends what {@code event} makes of the next revision.
    public void append(LongFunction<? extends Event> event) {
        lock.lock();
        try {
            events.addLast(event.apply(++revision));
            if (events.size() > capacity) {
                events.removeFirst();
            }
            appended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Of the last event, or the start.
    public long revision() {
        lock.lock();
        try {
            return revision;
        } finally {
            lock.unlock();
        }
    }

    /// From which {@link #after} gives everything that is kept.
    public long oldest() {
        lock.lock();
        try {
            return revision - events.size();
        } finally {
            lock.unlock();
        }
    }

    /// The events after {@code since}, waiting up to {@code timeout} for the first.
    ///
    /// @return empty if there was none in time
    /// @throws InterruptedException if the observer gave up
    public Batch after(long since, Duration timeout) throws InterruptedException {
        lock.lock();
        try {
            long nanos = timeout.toNanos();
            while (revision == since && nanos > 0) {
                nanos = appended.awaitNanos(nanos);
            }
            var batch = new ArrayList<Event>();
            for (var newestFirst = events.descendingIterator(); newestFirst.hasNext(); ) {
                Event event = newestFirst.next();
                if (event.revision() <= since) {
                    break;
                }
                batch.add(event);
            }
            return new Batch(batch.size() == revision - since, batch.reversed(), revision);
        } finally {
            lock.unlock();
        }
    }

    /// What happened after a revision.
    ///
    /// @param complete false if the revision is too old to say, or from another run of the agent: read a snapshot
    /// @param events in order
    /// @param revision to ask from next
    public record Batch(boolean complete, List<Event> events, long revision) {
        public Batch {
            events = List.copyOf(events);
        }
    }
}
