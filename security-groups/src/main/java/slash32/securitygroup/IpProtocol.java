package slash32.securitygroup;

import java.util.Comparator;
import java.util.Map;
import java.util.Set;

/// An IP protocol by number (IANA "Protocol Numbers").
///
/// @param number 0 to 255
public record IpProtocol(int number) {
    public static final IpProtocol ICMP = new IpProtocol(1);
    public static final IpProtocol TCP = new IpProtocol(6);
    public static final IpProtocol UDP = new IpProtocol(17);
    public static final IpProtocol DCCP = new IpProtocol(33);
    public static final IpProtocol ICMPV6 = new IpProtocol(58);
    public static final IpProtocol SCTP = new IpProtocol(132);
    public static final IpProtocol UDPLITE = new IpProtocol(136);

    /// The names that Neutron's API takes (neutron_lib.constants.IP_PROTOCOL_MAP).
    private static final Map<String, Integer> NUMBERS = Map.ofEntries(
            Map.entry("ah", 51),
            Map.entry("dccp", 33),
            Map.entry("egp", 8),
            Map.entry("esp", 50),
            Map.entry("gre", 47),
            Map.entry("hopopt", 0),
            Map.entry("icmp", 1),
            Map.entry("icmpv6", 58),
            Map.entry("igmp", 2),
            Map.entry("ip", 0),
            Map.entry("ipip", 4),
            Map.entry("ipv6-encap", 41),
            Map.entry("ipv6-frag", 44),
            Map.entry("ipv6-icmp", 58),
            Map.entry("ipv6-nonxt", 59),
            Map.entry("ipv6-opts", 60),
            Map.entry("ipv6-route", 43),
            Map.entry("ospf", 89),
            Map.entry("pgm", 113),
            Map.entry("rsvp", 46),
            Map.entry("sctp", 132),
            Map.entry("tcp", 6),
            Map.entry("udp", 17),
            Map.entry("udplite", 136),
            Map.entry("vrrp", 112));

    private static final Set<Integer> IPV6_ONLY = Set.of(41, 43, 44, 58, 59, 60);

    public IpProtocol {
        InvalidRuleException.require(
                number >= 0 && number <= 255, "protocol", "must be a name or 0 to 255, was " + number);
    }

    /// Parses a name of Neutron's list or a decimal number.
    ///
    /// @throws InvalidRuleException naming the text
    public static IpProtocol parse(String text) {
        Integer number = NUMBERS.get(text);
        if (number != null) {
            return new IpProtocol(number);
        }
        InvalidRuleException.require(
                text.matches("[0-9]{1,3}"), "protocol", "must be a known name or 0 to 255, was '" + text + "'");
        return new IpProtocol(Integer.parseInt(text));
    }

    /// True if its header starts with a source and a destination port.
    public boolean hasPorts() {
        return equals(TCP) || equals(UDP) || equals(SCTP) || equals(DCCP) || equals(UDPLITE);
    }

    /// As a rule may name it: the first of its names, or its number.
    public String name() {
        return NUMBERS.entrySet().stream()
                .filter(entry -> entry.getValue() == number && number != 0)
                .map(Map.Entry::getKey)
                .min(Comparator.naturalOrder())
                .orElse(toString());
    }

    /// True for what Neutron refuses together with IPv4.
    public boolean isIpv6Only() {
        return IPV6_ONLY.contains(number);
    }

    @Override
    public String toString() {
        return Integer.toString(number);
    }
}
