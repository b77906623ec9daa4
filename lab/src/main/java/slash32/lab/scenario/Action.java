package slash32.lab.scenario;

import java.time.Duration;

/// One thing that a step does.
sealed interface Action {
    /// Runs a shell command in a node.
    ///
    /// @param show its output is shown to whoever watches
    record Run(String node, String command, Expectation expectation, boolean show) implements Action {
        @Override
        public String toString() {
            return node + " $ " + command.strip().replace("\n", "\n         ");
        }
    }

    /// Sends a signal to a node's own command.
    ///
    /// @param signal as kill(1) takes it, such as KILL
    record Signal(String node, String signal) implements Action {
        @Override
        public String toString() {
            return node + " ! kill -" + signal + " of its command";
        }
    }

    /// Starts a node's own command once more.
    record Start(String node) implements Action {
        @Override
        public String toString() {
            return node + " ! its command is started again";
        }
    }

    /// Lets time pass, for what goes on meanwhile.
    record Pause(Duration time) implements Action {
        @Override
        public String toString() {
            return "pause of " + time.toMillis() + " ms";
        }
    }
}
