/// UDP sockets with what the JDK's lack: a hop limit of its own for what is sent, a filter for what is
/// received, and no allocation for either (udp(7), ip(7), ipv6(7)).
///
/// Knows no protocol above UDP. Entry types: {@link slash32.netlink.udp.UdpSocket} and
/// {@link slash32.netlink.udp.UdpSelector}; each is owned by one thread.
@NullMarked
package slash32.netlink.udp;

import org.jspecify.annotations.NullMarked;
