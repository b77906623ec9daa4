package slash32.agent.intent;

/// A value that may not be: which field of the record under construction, and why. Reads "field: reason".
public final class InvalidFieldException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final String field;
    private final String reason;

    public InvalidFieldException(String field, String reason) {
        super(field + ": " + reason);
        this.field = field;
        this.reason = reason;
    }

    /// The component's name, with an index where it is a list: {@code addresses[1]}.
    public String field() {
        return field;
    }

    public String reason() {
        return reason;
    }
}
