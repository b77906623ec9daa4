package slash32.lab.scenario;

import java.util.List;

/// One file of a scenario.
///
/// @param name of the file
/// @param proves what somebody who saw it pass knows
/// @param meanwhile commands that are started first, have to outlast every action, and end by themselves
record Step(String name, String title, String proves, List<Action.Run> meanwhile, List<Action> actions) {
    Step {
        meanwhile = List.copyOf(meanwhile);
        actions = List.copyOf(actions);
    }
}
