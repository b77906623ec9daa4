/// The agent's configuration file: what it says, or every reason why it can't be taken.
///
/// Not the desired state of VMs, which comes by the API. The file's shape is published as a JSON Schema
/// ({@link slash32.agent.config.ConfigSchema}). Entry type: {@link slash32.agent.config.ConfigFile}. Passive: reads a
/// file when told to.
@NullMarked
package slash32.agent.config;

import org.jspecify.annotations.NullMarked;
