package slash32.agent.store;

/// Bytes that are not what was written, or were written by a version that we don't know.
final class DamagedException extends Exception {
    private static final long serialVersionUID = 1;

    DamagedException(String message) {
        super(message);
    }
}
