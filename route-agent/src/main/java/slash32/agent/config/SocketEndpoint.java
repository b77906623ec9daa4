package slash32.agent.config;

import slash32.net.IpAddress;
import slash32.net.Ipv6Address;

/// An address and a port.
///
/// @param port 1 to 65535
public record SocketEndpoint(IpAddress address, int port) {
    public SocketEndpoint {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("a port must be 1 to 65535, was " + port);
        }
    }

    /// Parses {@code 192.0.2.1:179} or {@code [2001:db8::1]:179}.
    ///
    /// @throws IllegalArgumentException naming what is wrong
    static SocketEndpoint parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? text : text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (colon < 0 || (host.indexOf(':') >= 0 && !bracketed)) {
            throw new IllegalArgumentException("must be address:port or [address]:port, was '" + text + "'");
        }
        String digits = text.substring(colon + 1);
        if (!digits.matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException("a port must be 1 to 65535, was '" + digits + "'");
        }
        IpAddress address = IpAddress.parse(bracketed ? host.substring(1, host.length() - 1) : host);
        return new SocketEndpoint(address, Integer.parseInt(digits));
    }

    @Override
    public String toString() {
        return (address instanceof Ipv6Address ? "[" + address + "]" : address) + ":" + port;
    }
}
