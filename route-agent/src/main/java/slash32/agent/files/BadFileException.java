package slash32.agent.files;

/// A file that says nothing which could be taken: where, and why.
final class BadFileException extends Exception {
    private static final long serialVersionUID = 1;

    BadFileException(String message) {
        super(message);
    }
}
