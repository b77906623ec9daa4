/// BGP messages between bytes and values (RFC 4271 §4, RFC 4760, RFC 6793, RFC 8092) and what RFC 7606 makes of the
/// malformed ones.
///
/// Not the session and not the RIB. A decoder never throws on a peer's bytes and never reads beyond its slice.
/// Pure: no I/O, no clock. Entry types: {@link slash32.bgp.wire.Framer}, {@link slash32.bgp.wire.MessageDecoder},
/// {@link slash32.bgp.wire.UpdateDecoder}, {@link slash32.bgp.wire.MessageEncoder}.
@NullMarked
package slash32.bgp.wire;

import org.jspecify.annotations.NullMarked;
