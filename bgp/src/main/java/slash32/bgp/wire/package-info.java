/// BGP-4 messages, capabilities, path attributes and NLRI as values, and their codec.
///
/// Not the session machine and not the RIB. Follows RFC 4271 §4, 4760, 5492, 6793, 7606, 8092, 9003, 9072. Decoding
/// never throws for a peer's bytes: what is wrong with them is a value ({@link slash32.bgp.wire.Decoded}). Entry types:
/// {@link slash32.bgp.wire.Framer}, {@link slash32.bgp.wire.MessageCodec}, {@link slash32.bgp.wire.UpdateDecoder},
/// {@link slash32.bgp.wire.UpdateWriter}. Pure: no I/O, no clock.
@NullMarked
package slash32.bgp.wire;

import org.jspecify.annotations.NullMarked;
