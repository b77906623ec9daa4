/// Scenarios: a topology with the steps that show what it is there to show, each a file of data.
///
/// Brings the topology up, takes the steps one after another, takes it down and looks whether anything is left on the
/// host. Not the topology's reading or running, and no knowledge of what runs in the nodes: a step says it in shell
/// commands and the patterns that their output has to match. Needs root. Entry type:
/// {@link slash32.lab.scenario.ScenarioRun}; the format is in docs/design/lab.md.
@NullMarked
package slash32.lab.scenario;

import org.jspecify.annotations.NullMarked;
