package slash32.reconcile;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/// A keyed set of kernel objects that this agent owns. Recognises its own entries with no memory of an earlier run and
/// never reports or touches anybody else's.
public interface Table<K, V> {
    /// A short noun for metrics and logs, such as {@code neighbor}.
    String name();

    /// Reads back everything owned. Values equal the desired ones if and only if the kernel is right.
    ///
    /// @throws IOException if the kernel can't be asked
    Map<K, V> owned() throws IOException;

    /// Applies {@code batch} in its order. Idempotent: putting what is there and removing what is gone both succeed. A
    /// failed change does not stop the others.
    ///
    /// @return the changes that were refused; empty if all are in force
    /// @throws IOException if the outcome is unknown; the caller reads back before it tries again
    List<Failure<K>> apply(List<Change<K, V>> batch) throws IOException;
}
