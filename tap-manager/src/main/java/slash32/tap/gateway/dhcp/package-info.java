/// DHCP for one guest: it is told the addresses that its endpoint has, by DHCPv4 and DHCPv6, in whole frames.
///
/// No pool and no lease to remember: every answer follows from the endpoint, so it is the same on every node and after
/// every restart. Follows RFC 2131, 2132, 3396, 3442, 4039, 6842 and RFC 8415, 3646. Pure: no I/O, no clock. Entry
/// type: {@link slash32.tap.gateway.dhcp.DhcpServer}.
@NullMarked
package slash32.tap.gateway.dhcp;

import org.jspecify.annotations.NullMarked;
