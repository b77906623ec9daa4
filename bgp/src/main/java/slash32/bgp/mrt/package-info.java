/// MRT records as bytes (RFC 6396, RFC 8050): tables and update logs that other programs read.
///
/// Written only; nothing here reads them. Pure: no I/O, no clock. Entry type: {@link slash32.bgp.mrt.MrtEncoder}.
@NullMarked
package slash32.bgp.mrt;

import org.jspecify.annotations.NullMarked;
