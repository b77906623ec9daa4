package slash32.securitygroup;

/// What was asked for is no valid group, rule or policy: which field, and why. Reads "field: reason".
public final class InvalidRuleException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final String field;
    private final String reason;

    public InvalidRuleException(String field, String reason) {
        super(field + ": " + reason);
        this.field = field;
        this.reason = reason;
    }

    /// The field's name as in Neutron's API in camel case, with an index where it is a list: {@code rules[1]}.
    public String field() {
        return field;
    }

    public String reason() {
        return reason;
    }

    static void require(boolean met, String field, String reason) {
        if (!met) {
            throw new InvalidRuleException(field, reason);
        }
    }
}
