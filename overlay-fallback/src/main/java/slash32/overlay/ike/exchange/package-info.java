/// The exchanges of IKEv2 between this node and its peers: IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA, INFORMATIONAL (RFC
/// 7296 §1, §2), with fragmentation (RFC 7383), collisions (§2.8.1, §2.25) and NAT detection (§2.23).
///
/// Not the sockets and not ESP. A machine: datagrams and time in, actions and a deadline out. Pure: no I/O, no clock,
/// randomness is a parameter. Entry type: {@link slash32.overlay.ike.exchange.IkeNode}.
@NullMarked
package slash32.overlay.ike.exchange;

import org.jspecify.annotations.NullMarked;
