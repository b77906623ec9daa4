package slash32.bgp.speaker;

import io.netty.channel.Channel;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;

/// Addresses as sockets have them, with the link of a link-local one (RFC 4007 §6).
final class SocketAddresses {
    private SocketAddresses() {}

    static InetSocketAddress of(IpAddress address, int port) {
        return new InetSocketAddress(of(address), port);
    }

    static InetAddress of(IpAddress address) {
        try {
            InterfaceIndex link = address instanceof Ipv6Address v6 ? v6.link() : null;
            byte[] octets = address.withoutLink().toArray();
            return link == null
                    ? InetAddress.getByAddress(octets)
                    : Inet6Address.getByAddress(null, octets, link.value());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 octets are an address", e);
        }
    }

    static IpAddress of(InetAddress address) {
        IpAddress plain = IpAddress.of(address.getAddress());
        return plain instanceof Ipv6Address v6
                        && v6.canBeOnLink()
                        && address instanceof Inet6Address scoped
                        && scoped.getScopeId() > 0
                ? v6.onLink(new InterfaceIndex(scoped.getScopeId()))
                : plain;
    }

    /// True of a listening socket for IPv4.
    static boolean isIpv4(Channel listener) {
        return listener.localAddress() instanceof InetSocketAddress own && own.getAddress() instanceof Inet4Address;
    }
}
