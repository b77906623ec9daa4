package slash32.tap.gateway;

/// What a guest is to be told can't be told: which setting, and why. Reads "field: reason".
public final class InvalidSettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final String field;
    private final String reason;

    public InvalidSettingException(String field, String reason) {
        super(field + ": " + reason);
        this.field = field;
        this.reason = reason;
    }

    /// The component of {@link GuestSettings}, with an index where it is a list: {@code dns[1]}.
    public String field() {
        return field;
    }

    public String reason() {
        return reason;
    }
}
