/// What is taken from a peer and what is told to it, as functions of a route (RFC 4271 §9.1.1, RFC 4456 §8, RFC
/// 8212).
///
/// Pure: no I/O, no clock. Entry types: {@link slash32.bgp.policy.ImportFilter}, {@link
/// slash32.bgp.policy.ExportFilter}.
@NullMarked
package slash32.bgp.policy;

import org.jspecify.annotations.NullMarked;
