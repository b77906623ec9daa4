package slash32.reconcile;

/// A change the kernel refused.
///
/// @param reason for people, with the operation, the object and the errno text
public record Failure<K>(K key, String reason) {}
