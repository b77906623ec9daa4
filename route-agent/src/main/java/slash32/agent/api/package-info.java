/// The HTTP API on a Unix socket: its server, a client, and the seam to the agent.
///
/// Not what an endpoint means: requests become values of {@code intent} and go through
/// {@link slash32.agent.api.Control}. RFC 9110, RFC 9112, RFC 9457. Entry types: {@link slash32.agent.api.Api},
/// {@link slash32.agent.api.ApiClient}. Requests come on virtual threads.
@NullMarked
package slash32.agent.api;

import org.jspecify.annotations.NullMarked;
