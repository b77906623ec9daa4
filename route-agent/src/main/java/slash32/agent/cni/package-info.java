/// The CNI plugin: containers' interfaces as endpoints of the agent, for runtimes that speak CNI 1.0 and 1.1
/// (https://www.cni.dev/docs/spec/).
///
/// Not a part of the agent's process: a program that the runtime starts for each call, and that asks the agent by its
/// API. Entry type: {@link slash32.agent.cni.CniPlugin}. One thread.
@NullMarked
package slash32.agent.cni;

import org.jspecify.annotations.NullMarked;
