/// Runs topologies without a container engine: a node is a network namespace and a process that holds its private
/// files.
///
/// Not the reading of topologies, and not the agent: this is a lab, so it may call ip, nsenter, unshare and mount
/// as host programs. Needs root. Entry type: {@link slash32.lab.runner.Lab}; docs/design/lab.md says how a node is
/// made.
@NullMarked
package slash32.lab.runner;

import org.jspecify.annotations.NullMarked;
