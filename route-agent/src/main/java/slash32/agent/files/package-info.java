/// Endpoints and groups from files: {@code endpoints.d/*.yaml}, for hosts without a daemon that would state them.
///
/// Not where it is decided whether they may be: that is {@link slash32.agent.intent.Intent}'s. Entry type:
/// {@link slash32.agent.files.EndpointFiles}, owned by its thread.
@NullMarked
package slash32.agent.files;

import org.jspecify.annotations.NullMarked;
