package slash32.agent.config;

import java.util.List;

/// What a configuration file came to.
public sealed interface Loaded {
    /// The file is right.
    record Accepted(AgentConfig config) implements Loaded {}

    /// The file can't be taken.
    ///
    /// @param problems all of them, in the order of the file; never empty
    record Refused(List<ConfigProblem> problems) implements Loaded {
        public Refused {
            problems = List.copyOf(problems);
        }
    }
}
