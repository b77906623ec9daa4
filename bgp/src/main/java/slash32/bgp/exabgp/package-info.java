/// BGP messages as ExaBGP prints them: its JSON, of three versions.
///
/// Not our reading of a message, which is {@link slash32.bgp.wire}'s: ExaBGP's, with what it makes of malformed ones,
/// so that scripts written for it read the same. Follows ExaBGP 4.2.21, 5.0 and main as recorded in the third-party
/// vectors. Pure: no I/O, no clock. Entry type: {@link slash32.bgp.exabgp.ExabgpDecoder}.
@NullMarked
package slash32.bgp.exabgp;

import org.jspecify.annotations.NullMarked;
