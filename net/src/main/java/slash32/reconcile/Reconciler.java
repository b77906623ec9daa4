package slash32.reconcile;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Keeps one {@link Table} equal to what is desired, at the cost of the change: only keys that were touched, observed
/// to differ, or failed before are looked at.
///
/// What the kernel holds is read once at the first pass, and again after {@link #resync()} or a broken write. An entry
/// that is owned but was never desired in this process is swept only once {@link #inSync()} was called. Puts go before
/// removals, so that a moving object is never absent.
///
/// Owned by one thread.
public final class Reconciler<K, V> {
    private final Table<K, V> table;
    private final Backoff backoff;
    private final Map<K, V> desired = new HashMap<>();
    private final Map<K, V> owned = new HashMap<>();
    private final Set<K> touched = new LinkedHashSet<>();
    private final Set<K> strangers = new LinkedHashSet<>();
    private final Map<K, Retry> retries = new HashMap<>();
    private boolean ownedKnown;
    private boolean everRead;
    private boolean inSync;
    private int brokenInARow;
    private long brokenUntilNanos = Long.MIN_VALUE;
    private long drifted;

    private record Retry(String reason, int failures, long atNanos) {}

    public Reconciler(Table<K, V> table, Backoff backoff) {
        this.table = table;
        this.backoff = backoff;
    }

    public String name() {
        return table.name();
    }

    /// States that {@code value} is to be in force; takes effect at the next pass.
    public void put(K key, V value) {
        if (!value.equals(desired.put(key, value))) {
            retries.remove(key);
        }
        strangers.remove(key);
        touched.add(key);
    }

    /// States that nothing is to be in force under {@code key}; takes effect at the next pass.
    public void remove(K key) {
        if (desired.remove(key) != null) {
            retries.remove(key);
        }
        strangers.remove(key);
        touched.add(key);
    }

    public @Nullable V desired(K key) {
        return desired.get(key);
    }

    public Collection<V> desired() {
        return Collections.unmodifiableCollection(desired.values());
    }

    /// True if what is desired under {@code key} is in force as far as we know.
    public boolean inForce(K key) {
        return ownedKnown && desired.containsKey(key) && desired.get(key).equals(owned.get(key));
    }

    /// What is in force under {@code key} as far as we know; null if nothing is, or the kernel was not read yet.
    public @Nullable V present(K key) {
        return owned.get(key);
    }

    /// True once the kernel was read.
    public boolean isRead() {
        return ownedKnown;
    }

    /// Why the last attempt on {@code key} failed; null if it did not.
    public @Nullable String failure(K key) {
        Retry retry = retries.get(key);
        return retry == null ? null : retry.reason();
    }

    public int failures() {
        return retries.size();
    }

    /// Some of the changes that were refused and wait for their retry, at most {@code most}.
    public List<Failure<K>> failing(int most) {
        return retries.entrySet().stream()
                .limit(most)
                .map(entry -> new Failure<>(entry.getKey(), entry.getValue().reason()))
                .toList();
    }

    /// Objects of ours that are in force as far as we know.
    public int owned() {
        return owned.size();
    }

    public int size() {
        return desired.size();
    }

    /// The first complete desired state has been stated: what is owned and not desired may go.
    public void inSync() {
        inSync = true;
        touched.addAll(strangers);
        strangers.clear();
    }

    /// The kernel reported what is under {@code key} now; a difference is repaired at the next pass.
    ///
    /// @param actual null if nothing is
    public void observed(K key, @Nullable V actual) {
        if (actual == null) {
            owned.remove(key);
        } else {
            owned.put(key, actual);
        }
        if (!Objects.equals(actual, desired.get(key))) {
            consider(key);
        }
    }

    /// Forgets what the kernel holds; the next pass reads it back.
    public void resync() {
        ownedKnown = false;
    }

    /// What was refused is tried again at the next pass: what stood in its way may be gone.
    public void retryNow() {
        touched.addAll(retries.keySet());
        retries.clear();
    }

    /// How many entries were found changed, gone or made by somebody else when the kernel was read again, since the
    /// start.
    public long drifted() {
        return drifted;
    }

    /// True if a pass at {@code nowNanos} would have something to do.
    public boolean due(long nowNanos) {
        return nowNanos - nextDeadlineNanos(nowNanos) >= 0;
    }

    /// When the next pass has something to do: {@code nowNanos} for at once, {@link Long#MAX_VALUE} for never.
    public long nextDeadlineNanos(long nowNanos) {
        if (brokenInARow > 0) {
            return Math.max(nowNanos, brokenUntilNanos);
        }
        if (!ownedKnown || !touched.isEmpty()) {
            return nowNanos;
        }
        long next = Long.MAX_VALUE;
        for (Retry retry : retries.values()) {
            next = Math.min(next, retry.atNanos());
        }
        return next;
    }

    /// Applies every difference that is known and due, as one batch.
    public Pass<K, V> pass(long nowNanos) {
        if (brokenInARow > 0 && nowNanos < brokenUntilNanos) {
            return new Pass<>(List.of(), List.of(), null);
        }
        try {
            if (!ownedKnown) {
                readBack();
            }
            retries.forEach((key, retry) -> {
                if (retry.atNanos() <= nowNanos) {
                    touched.add(key);
                }
            });
            List<Change<K, V>> batch = takeChanges(nowNanos);
            List<Failure<K>> failed = batch.isEmpty() ? List.of() : table.apply(batch);
            brokenInARow = 0;
            return settle(batch, failed, nowNanos);
        } catch (IOException e) {
            ownedKnown = false;
            brokenInARow++;
            brokenUntilNanos = nowNanos + backoff.delayNanos(brokenInARow);
            return new Pass<>(List.of(), List.of(), table.name() + ": " + e.getMessage());
        }
    }

    private void readBack() throws IOException {
        Map<K, V> found = table.owned();
        if (everRead && brokenInARow == 0) {
            owned.forEach((key, before) -> drifted += before.equals(found.get(key)) ? 0 : 1);
            found.keySet().forEach(key -> drifted += owned.containsKey(key) ? 0 : 1);
        }
        everRead = true;
        owned.clear();
        owned.putAll(found);
        ownedKnown = true;
        desired.forEach((key, value) -> {
            if (!value.equals(owned.get(key))) {
                touched.add(key);
            }
        });
        owned.keySet().forEach(key -> {
            if (!desired.containsKey(key)) {
                consider(key);
            }
        });
    }

    private void consider(K key) {
        if (inSync || desired.containsKey(key)) {
            touched.add(key);
        } else {
            strangers.add(key);
        }
    }

    private List<Change<K, V>> takeChanges(long nowNanos) {
        var puts = new ArrayList<Change<K, V>>();
        var removals = new ArrayList<Change<K, V>>();
        for (K key : touched) {
            Retry retry = retries.get(key);
            if (retry != null && retry.atNanos() > nowNanos) {
                continue;
            }
            V wanted = desired.get(key);
            V present = owned.get(key);
            if (wanted != null && !wanted.equals(present)) {
                puts.add(new Change.Put<>(key, wanted, present));
            } else if (wanted == null && present != null) {
                removals.add(new Change.Remove<>(key, present));
            } else {
                retries.remove(key);
            }
        }
        touched.clear();
        puts.addAll(removals);
        return puts;
    }

    private Pass<K, V> settle(List<Change<K, V>> batch, List<Failure<K>> failed, long nowNanos) {
        var failedKeys = new HashMap<K, Failure<K>>();
        failed.forEach(failure -> failedKeys.put(failure.key(), failure));
        var applied = new ArrayList<Change<K, V>>(batch.size());
        for (Change<K, V> change : batch) {
            Failure<K> failure = failedKeys.get(change.key());
            if (failure != null) {
                Retry before = retries.get(change.key());
                int failures = before == null ? 1 : before.failures() + 1;
                retries.put(
                        change.key(), new Retry(failure.reason(), failures, nowNanos + backoff.delayNanos(failures)));
                continue;
            }
            retries.remove(change.key());
            applied.add(change);
            switch (change) {
                case Change.Put<K, V> put -> owned.put(put.key(), put.value());
                case Change.Remove<K, V> remove -> owned.remove(remove.key());
            }
        }
        return new Pass<>(applied, failed, null);
    }
}
