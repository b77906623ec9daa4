/// What a node announces of its segments and makes of what others announce: EVPN routes to VTEPs, MACs and
/// neighbours, and back (RFC 7432, RFC 8365).
///
/// Not the RIB, which chooses among paths of one route, and not the kernel's tables. Pure: no I/O, no clock. Entry
/// type: {@link slash32.overlay.evpn.EvpnNode}, owned by thread {@code overlay}.
@NullMarked
package slash32.overlay.evpn;

import org.jspecify.annotations.NullMarked;
