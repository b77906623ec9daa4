package slash32.agent;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/// What other threads want a loop's thread to do, in order of arrival.
///
/// Putting never waits, so that two loops can't stop each other; whoever produces much looks at {@link #isFull} and
/// stops producing. Thread-safe.
final class Mailbox {
    private final int fullAt;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private boolean closed;

    /// An empty mailbox.
    ///
    /// @param fullAt tasks at which producers should stop
    Mailbox(int fullAt) {
        this.fullAt = fullAt;
    }

    void put(Runnable task) {
        lock.lock();
        try {
            tasks.addLast(task);
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    /// Has {@code question} answered by the loop, and waits for it.
    <T> T ask(Supplier<T> question) throws InterruptedException {
        var answer = new CompletableFuture<T>();
        put(() -> answer.complete(question.get()));
        try {
            return answer.get();
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException("a loop answers with a value", e);
        }
    }

    boolean isFull() {
        lock.lock();
        try {
            return tasks.size() >= fullAt;
        } finally {
            lock.unlock();
        }
    }

    /// Takes all that is there, waiting up to {@code nanos} for the first.
    ///
    /// @return empty if nothing came in time, or the mailbox is closed
    List<Runnable> take(long nanos) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (tasks.isEmpty() && !closed && left > 0) {
                left = arrived.awaitNanos(left);
            }
            var batch = new ArrayList<>(tasks);
            tasks.clear();
            return batch;
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed && tasks.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /// Lets the loop end once it has done what is there.
    void close() {
        lock.lock();
        try {
            closed = true;
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }
}
