/// UDP sockets with what the JDK's lack: a hop limit of its own for what is sent, a filter for what is
/// received, many datagrams in one call, and no allocation for any of it (udp(7), ip(7), ipv6(7)). Beside them a raw
/// socket for echoes.
///
/// Knows no protocol above UDP. Entry types: {@link slash32.netlink.udp.UdpSocket}, {@link
/// slash32.netlink.udp.BatchUdpSocket}, {@link slash32.netlink.udp.EchoSocket} and {@link
/// slash32.netlink.udp.UdpSelector}.
@NullMarked
package slash32.netlink.udp;

import org.jspecify.annotations.NullMarked;
