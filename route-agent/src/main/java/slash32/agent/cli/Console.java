package slash32.agent.cli;

import java.io.PrintWriter;

/// Where commands write.
///
/// @param out what was asked for
/// @param err what went wrong
record Console(PrintWriter out, PrintWriter err) {

    /// Says what went wrong.
    void complain(String text) {
        err.println("slash32: " + text);
    }
}
