/// How the agent's log looks: one line per event, key=value, on standard error; for the journal when it listens.
///
/// Not what is logged. logfmt, sd-daemon(3) "LOG PRIORITY". Entry type: {@link slash32.agent.log.LogConfigurator},
/// which Logback finds by itself.
@NullMarked
package slash32.agent.log;

import org.jspecify.annotations.NullMarked;
