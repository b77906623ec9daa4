package slash32.tap.gateway;

/// How a guest comes by its IPv6 addresses; the router advertisement tells it (RFC 4861 §4.2).
public enum Ipv6Assignment {
    /// By DHCPv6 (M flag).
    DHCPV6,
    /// The guest makes it of its MAC and a prefix that we advertise (A flag, RFC 4862), and asks DHCPv6 for the rest
    /// (O flag).
    SLAAC,
    /// The guest knows them already; DHCPv6 only informs.
    STATIC
}
