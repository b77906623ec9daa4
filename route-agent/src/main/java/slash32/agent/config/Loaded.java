package slash32.agent.config;

import java.util.List;

/// What a configuration file came to.
///
/// @param <C> what is configured
public sealed interface Loaded<C> {
    /// The file is right.
    record Accepted<C>(C config) implements Loaded<C> {}

    /// The file can't be taken.
    ///
    /// @param problems all of them, in the order of the file; never empty
    record Refused<C>(List<ConfigProblem> problems) implements Loaded<C> {
        public Refused {
            problems = List.copyOf(problems);
        }
    }
}
