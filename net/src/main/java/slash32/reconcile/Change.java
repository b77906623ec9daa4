package slash32.reconcile;

import org.jspecify.annotations.Nullable;

/// One difference between desired and owned.
public sealed interface Change<K, V> {
    K key();

    /// {@code value} is to be in force.
    ///
    /// @param replaced what is in force under this key now; null if nothing is
    record Put<K, V>(K key, V value, @Nullable V replaced) implements Change<K, V> {}

    /// {@code owned} is in force and is to go.
    record Remove<K, V>(K key, V owned) implements Change<K, V> {}
}
