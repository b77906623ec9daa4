/// BFD on the wire: the sockets, the clock and the one thread of all sessions of this node (RFC 5881 for
/// neighbours on the link, RFC 5883 for those further away).
///
/// A shell: what to send, and what silence means, is {@link slash32.bgp.bfd.BfdMachine}'s to say. Nothing is
/// allocated for a packet. Entry type: {@link slash32.bgp.bfd.udp.BfdLoop}, whose {@code run} is thread {@code
/// bfd}.
@NullMarked
package slash32.bgp.bfd.udp;

import org.jspecify.annotations.NullMarked;
