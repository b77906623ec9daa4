/// A small HTTP/1.1 server, over Unix and TCP sockets, for this agent's own few paths.
///
/// Not a web framework: no TLS, no compression, no routing. RFC 9110, RFC 9112. Entry type:
/// {@link slash32.agent.api.http.HttpServer}. Sockets on its one event loop (thread "http"), each request on a virtual
/// thread.
@NullMarked
package slash32.agent.api.http;

import org.jspecify.annotations.NullMarked;
