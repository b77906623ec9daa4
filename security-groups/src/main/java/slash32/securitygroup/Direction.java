package slash32.securitygroup;

/// As the guest sees it.
public enum Direction {
    /// To the guest.
    INGRESS,
    /// From the guest.
    EGRESS;

    /// Parses {@code ingress} or {@code egress}.
    ///
    /// @throws InvalidRuleException on anything else
    public static Direction parse(String text) {
        return switch (text) {
            case "ingress" -> INGRESS;
            case "egress" -> EGRESS;
            default -> throw new InvalidRuleException("direction", "must be ingress or egress, was '" + text + "'");
        };
    }

    @Override
    public String toString() {
        return switch (this) {
            case INGRESS -> "ingress";
            case EGRESS -> "egress";
        };
    }
}
