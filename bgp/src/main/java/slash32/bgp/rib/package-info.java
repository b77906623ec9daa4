/// Adj-RIB-In and Loc-RIB in flat primitive tables, and what changes in them (RFC 4271 §3.2, §9.1).
///
/// Not the FIB: local endpoints' routes are not here, and which route the kernel gets is the agent's. Every operation
/// says its delta. Pure: no I/O, no clock. Entry type: {@link slash32.bgp.rib.LocRib}, owned by thread {@code bgp}.
@NullMarked
package slash32.bgp.rib;

import org.jspecify.annotations.NullMarked;
