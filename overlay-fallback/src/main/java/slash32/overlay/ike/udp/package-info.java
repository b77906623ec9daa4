/// IKE's sockets, UDP 500 and 4500 (RFC 7296 §2, RFC 3948 §2.2), around one {@link
/// slash32.overlay.ike.exchange.IkeNode}.
///
/// Not the decisions, which are the machine's, and not ESP. A shell. Entry type:
/// {@link slash32.overlay.ike.udp.IkeLoop}, whose {@code run} is the thread {@code ike}.
@NullMarked
package slash32.overlay.ike.udp;

import org.jspecify.annotations.NullMarked;
