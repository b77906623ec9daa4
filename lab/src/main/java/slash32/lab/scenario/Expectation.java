package slash32.lab.scenario;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import slash32.lab.runner.HostCommand.Outcome;

/// How a command has to end, and what it has to print.
///
/// @param exitCode 0 if the step says nothing
/// @param expect is found in the output; null for anything
/// @param refuse isn't found in the output; null for anything
/// @param figure what of the output goes into the summary: its first group, or all of it; null for nothing
/// @param within the command is tried again until all of this holds; zero for once
record Expectation(
        int exitCode,
        @Nullable Pattern expect,
        @Nullable Pattern refuse,
        @Nullable Pattern figure,
        Duration within) {

    /// Why {@code outcome} isn't as it has to be; null if it is.
    @Nullable
    String unmet(Outcome outcome) {
        if (outcome.exitCode() != exitCode) {
            return "exit code " + outcome.exitCode() + " instead of " + exitCode;
        }
        if (expect != null && !expect.matcher(outcome.output()).find()) {
            return "the output does not match " + expect;
        }
        if (refuse != null && refuse.matcher(outcome.output()).find()) {
            return "the output matches " + refuse;
        }
        return figure != null && figure(outcome.output()) == null ? "the output has no figure " + figure : null;
    }

    /// The figure in {@code output}; null if there is none.
    @Nullable
    String figure(String output) {
        Matcher matcher = figure == null ? null : figure.matcher(output);
        if (matcher == null || !matcher.find()) {
            return null;
        }
        return matcher.groupCount() > 0 ? matcher.group(1) : matcher.group();
    }
}
