package slash32.agent.status;

/// Whether a condition holds.
public enum ConditionState {
    TRUE("True"),
    /// It does not, and the agent is at it or was asked not to.
    FALSE("False"),
    /// It cannot yet: somebody else goes first, such as the hypervisor that makes the TAP.
    WAITING("Waiting"),
    /// It was tried and refused; the agent tries again with back-off.
    FAILED("Failed");

    private final String label;

    ConditionState(String label) {
        this.label = label;
    }

    /// As the API, the CLI and metrics write it.
    public String label() {
        return label;
    }
}
