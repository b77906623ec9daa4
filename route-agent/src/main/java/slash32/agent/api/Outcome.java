package slash32.agent.api;

/// What became of one object's desired state.
public sealed interface Outcome {
    /// It was not there.
    record Created() implements Outcome {}

    /// It is another, or is gone.
    record Changed() implements Outcome {}

    /// It was so already.
    record Unchanged() implements Outcome {}

    /// Nothing changed, because of {@code problem}.
    record Refused(Problem problem) implements Outcome, SetOutcome {}

    /// What became of the whole set of this host's endpoints: all of it or nothing.
    sealed interface SetOutcome permits Replaced, Refused {}

    /// The set is now as stated.
    record Replaced(int created, int changed, int unchanged, int removed) implements SetOutcome {}
}
