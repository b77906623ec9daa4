/// IKEv2 messages between bytes and values (RFC 7296 §3), the layout of encrypted ones (RFC 5282 §3, RFC 7383 §2.5)
/// and ESP's share of port 4500 (RFC 3948 §2).
///
/// Not the cipher and not the exchanges. A decoder never throws on a peer's bytes and never reads beyond its slice.
/// Pure: no I/O, no clock. Entry types: {@link slash32.overlay.ike.wire.MessageDecoder},
/// {@link slash32.overlay.ike.wire.MessageEncoder}.
@NullMarked
package slash32.overlay.ike.wire;

import org.jspecify.annotations.NullMarked;
