package slash32.agent.dataplane.fib;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import slash32.net.Prefix;
import slash32.reconcile.Backoff;

/// Routes that the kernel refused, each with its reason and the time of its next attempt.
final class Retries {
    private final Backoff backoff;
    private final Map<Prefix, Retry> byPrefix = new HashMap<>();
    /// May hold entries that {@code byPrefix} no longer has.
    private final PriorityQueue<Retry> byTime = new PriorityQueue<>(Comparator.comparingLong(Retry::atNanos));

    private record Retry(Prefix prefix, String reason, int failures, long atNanos) {}

    Retries(Backoff backoff) {
        this.backoff = backoff;
    }

    /// Notes a failure.
    ///
    /// @return true if it is the first in a row
    boolean failed(Prefix prefix, String reason, long nowNanos) {
        Retry before = byPrefix.get(prefix);
        int failures = before == null ? 1 : before.failures() + 1;
        var retry = new Retry(prefix, reason, failures, nowNanos + backoff.delayNanos(failures));
        byPrefix.put(prefix, retry);
        byTime.add(retry);
        return failures == 1;
    }

    void forget(Prefix prefix) {
        byPrefix.remove(prefix);
    }

    void forgetAll() {
        byPrefix.clear();
        byTime.clear();
    }

    boolean isEmpty() {
        return byPrefix.isEmpty();
    }

    int size() {
        return byPrefix.size();
    }

    /// True if the prefix is to be left alone until later than {@code nowNanos}.
    boolean holds(Prefix prefix, long nowNanos) {
        Retry retry = byPrefix.get(prefix);
        return retry != null && retry.atNanos() > nowNanos;
    }

    @Nullable
    String reason(Prefix prefix) {
        Retry retry = byPrefix.get(prefix);
        return retry == null ? null : retry.reason();
    }

    /// Hands out the prefixes whose time has come, each once.
    void due(long nowNanos, Consumer<Prefix> each) {
        while (!byTime.isEmpty() && byTime.peek().atNanos() <= nowNanos) {
            Retry retry = byTime.remove();
            if (isCurrent(retry)) {
                each.accept(retry.prefix());
            }
        }
    }

    /// When {@link #due} next hands one out; {@link Long#MAX_VALUE} for never.
    long nextNanos() {
        while (!byTime.isEmpty() && !isCurrent(byTime.peek())) {
            byTime.remove();
        }
        return byTime.isEmpty() ? Long.MAX_VALUE : byTime.peek().atNanos();
    }

    @SuppressWarnings("ReferenceEquality") // an equal retry of an earlier time is another one
    private boolean isCurrent(Retry retry) {
        return byPrefix.get(retry.prefix()) == retry;
    }
}
