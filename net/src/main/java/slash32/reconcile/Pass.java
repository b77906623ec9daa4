package slash32.reconcile;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one pass of a {@link Reconciler} did.
///
/// @param applied changes now in force
/// @param failed changes refused, to be retried
/// @param broken why the table could not be read or written at all; null if it could
public record Pass<K, V>(
        List<Change<K, V>> applied,
        List<Failure<K>> failed,
        @Nullable String broken) {
    public Pass {
        applied = List.copyOf(applied);
        failed = List.copyOf(failed);
    }

    public boolean changedNothing() {
        return applied.isEmpty() && failed.isEmpty() && broken == null;
    }
}
