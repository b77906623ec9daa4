/// BMP messages between bytes and values (RFC 7854, RFC 8671, RFC 9069): what a router tells a monitoring station of
/// its BGP sessions and their routes.
///
/// The BGP messages inside are kept as bytes; only their framing is looked at. Pure: no I/O, no clock. Entry types:
/// {@link slash32.bgp.bmp.BmpDecoder}, {@link slash32.bgp.bmp.BmpEncoder}.
@NullMarked
package slash32.bgp.bmp;

import org.jspecify.annotations.NullMarked;
