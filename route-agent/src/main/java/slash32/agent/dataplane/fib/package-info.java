/// The remote routes of the kernel's FIB: what BGP says, as routes that share one nexthop object per next hop.
///
/// Not the routes to this host's own guests, and not the choice of a path. Ours are the routes of protocol 132 with
/// metric 128 and the nexthop objects 0x53200001 to 0x532fffff (docs/design/dataplane.md). Entry type:
/// {@link slash32.agent.dataplane.fib.FibWriter}, owned by thread {@code kernel}.
@NullMarked
package slash32.agent.dataplane.fib;

import org.jspecify.annotations.NullMarked;
