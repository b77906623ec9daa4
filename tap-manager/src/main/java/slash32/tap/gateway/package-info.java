/// The virtual gateway of one TAP: what it answers to a guest's ARP, Neighbor Discovery and router solicitations.
///
/// Not the gateway's own addresses, which are the kernel's to answer for (docs/design/tap.md), and not DHCP, which
/// is in the package below. Follows RFC 826, RFC 5227, RFC 4861 §7.2, §6.2, RFC 4191, RFC 8106. Pure: no I/O, no
/// clock. Entry type: {@link slash32.tap.gateway.Gateway}.
@NullMarked
package slash32.tap.gateway;

import org.jspecify.annotations.NullMarked;
