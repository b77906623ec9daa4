/// The algorithms of IKEv2 as functions: pseudo-random functions and key derivation (RFC 7296 §2.13 to §2.18), key
/// exchanges (RFC 7296 §3.4, RFC 5903, RFC 8031), AES-GCM (RFC 5282), digital signatures (RFC 7427).
///
/// Not the messages. The JDK does the arithmetic; a peer's bad value is an empty answer. Pure: no I/O, no clock,
/// randomness is a parameter. Entry types: {@link slash32.overlay.ike.crypto.Prf},
/// {@link slash32.overlay.ike.crypto.KeyExchangeMethod}, {@link slash32.overlay.ike.crypto.SignatureScheme}.
@NullMarked
package slash32.overlay.ike.crypto;

import org.jspecify.annotations.NullMarked;
