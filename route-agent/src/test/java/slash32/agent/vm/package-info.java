/// Agents on Debian's kernel, which has what the test machine's has not: ESP.
@NullMarked
package slash32.agent.vm;

import org.jspecify.annotations.NullMarked;
