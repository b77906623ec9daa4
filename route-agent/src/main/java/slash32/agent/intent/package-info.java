/// What this node should be, from every source: endpoints and groups of the host, routes and members from BGP.
///
/// Not how the kernel is told. Pure: no I/O, no clock. Entry types: {@link slash32.agent.intent.Intent}, owned by
/// thread {@code intent}, and {@link slash32.agent.intent.EndpointSpec}, what the API takes in.
@NullMarked
package slash32.agent.intent;

import org.jspecify.annotations.NullMarked;
