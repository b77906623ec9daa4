/// One peer's session: the finite state machine of RFC 4271 §8, OPEN negotiation, collision resolution.
///
/// Not the RIB, and no bytes of UPDATEs. Follows RFC 4271 §6.2, §6.8, §8, RFC 6286, 6608, 4724 §4, 9003, 9687. Entry
/// type: {@link slash32.bgp.session.SessionMachine}. Owned by the thread that feeds it. Pure: no I/O, no clock.
@NullMarked
package slash32.bgp.session;

import org.jspecify.annotations.NullMarked;
