package slash32.securitygroup;

import static slash32.securitygroup.InvalidRuleException.require;

import java.util.regex.Pattern;

/// What a security group lets pass. Canonical: two rules that let the same packets pass differ in nothing but their id.
///
/// @param id the caller's name for it, 1 to 64 characters of {@code A-Z a-z 0-9 . _ -}; unique in its group
public record Rule(String id, Direction direction, EtherType etherType, Traffic traffic, Remote remote) {
    public static final int MAX_ID_LENGTH = 64;

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1," + MAX_ID_LENGTH + "}");

    public Rule {
        require(ID.matcher(id).matches(), "id", "must be 1 to 64 characters of A-Z a-z 0-9 . _ -, was '" + id + "'");
        IpProtocol protocol = traffic.protocol();
        if (protocol != null) {
            require(
                    etherType == EtherType.IPV6 || !protocol.isIpv6Only(),
                    "protocol",
                    protocol + " is of IPv6 only, ethertype is IPv4");
            require(
                    etherType == EtherType.IPV4 || !protocol.equals(IpProtocol.ICMP),
                    "protocol",
                    "icmp is of IPv4 only, ethertype is IPv6");
        }
        if (remote instanceof Remote.Addresses(var prefix)) {
            EtherType family = EtherType.of(prefix.address());
            require(family == etherType, "remoteIpPrefix", prefix + " is " + family + ", ethertype is " + etherType);
            if (prefix.length() == 0) {
                remote = new Remote.Anywhere();
            }
        }
    }

    /// The same rule under another name.
    Rule withId(String other) {
        return new Rule(other, direction, etherType, traffic, remote);
    }
}
