/// Bidirectional forwarding detection of one neighbour: RFC 5880 in asynchronous mode, for RFC 5881 and RFC
/// 5883.
///
/// Not what is made of a lost neighbour (RFC 5882): that is its listener's. No authentication, no echo
/// function, and demand mode only as the other end's wish. A machine: packets and time in, packets and a
/// deadline out, and nothing allocated for either. Pure: no I/O, no clock, no randomness. Entry type: {@link
/// slash32.bgp.bfd.BfdMachine}.
@NullMarked
package slash32.bgp.bfd;

import org.jspecify.annotations.NullMarked;
