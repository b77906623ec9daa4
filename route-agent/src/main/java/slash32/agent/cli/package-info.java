/// The command line: {@code slash32 agent} runs the agent, every other command asks a running one over its socket.
///
/// Not what is shown: the agent itself writes its pages as text or JSON, so that asking starts fast. Exit codes: 0
/// fine, 1 failed, 2 usage. Entry type: {@link slash32.agent.cli.Slash32}. One thread, and the agent's.
@NullMarked
package slash32.agent.cli;

import org.jspecify.annotations.NullMarked;
