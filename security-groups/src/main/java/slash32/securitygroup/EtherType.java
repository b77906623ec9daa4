package slash32.securitygroup;

import java.util.Locale;
import slash32.net.IpAddress;

/// The address family that a rule is for.
public enum EtherType {
    IPV4,
    IPV6;

    public static EtherType of(IpAddress address) {
        return address.isIpv4() ? IPV4 : IPV6;
    }

    /// Parses {@code ipv4} or {@code ipv6} in any case, as Neutron does.
    ///
    /// @throws InvalidRuleException on anything else
    public static EtherType parse(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "ipv4" -> IPV4;
            case "ipv6" -> IPV6;
            default -> throw new InvalidRuleException("ethertype", "must be IPv4 or IPv6, was '" + text + "'");
        };
    }

    @Override
    public String toString() {
        return switch (this) {
            case IPV4 -> "IPv4";
            case IPV6 -> "IPv6";
        };
    }
}
