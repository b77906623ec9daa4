package slash32.tap.gateway;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// What a guest is told of its network, by DHCP, DHCPv6 and router advertisements, besides its addresses.
///
/// Every constructor's refusal is an {@link InvalidSettingException}.
///
/// @param dhcp whether DHCPv4 and DHCPv6 answer at all
/// @param hostname one label, at most 63 characters; null to tell none
/// @param domain at most 253 characters; null to tell none
/// @param dns servers, both families, in the order of preference, at most 8
/// @param subnets what the guest may take to be on its link, at most one of IPv4 and 4 of IPv6; empty: nothing is, and
///     all goes to the gateway
/// @param routes what else is reached by the gateway, for a guest without a default route here, at most 16
/// @param defaultRoute whether the gateway leads everywhere
/// @param leaseSeconds 120 to {@link #LEASE_FOREVER}
public record GuestSettings(
        boolean dhcp,
        @Nullable String hostname,
        @Nullable String domain,
        List<IpAddress> dns,
        List<Prefix> subnets,
        List<Prefix> routes,
        boolean defaultRoute,
        long leaseSeconds,
        Ipv6Assignment ipv6) {
    public static final long LEASE_FOREVER = 0xffff_ffffL;
    public static final long LEASE_SHORTEST_SECONDS = 120;

    /// An address by DHCP, the gateway for everything, and nothing else.
    public static final GuestSettings DEFAULT =
            new GuestSettings(true, null, null, List.of(), List.of(), List.of(), true, 86_400, Ipv6Assignment.DHCPV6);

    private static final int MAX_DNS = 8;
    static final int MAX_IPV6_SUBNETS = 4;
    private static final int MAX_ROUTES = 16;
    private static final int MAX_DOMAIN = 253;
    private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?");

    public GuestSettings {
        require(
                hostname == null || isLabel(hostname),
                "hostname",
                "must be one label of a name, was '" + hostname + "'");
        require(domain == null || isDomain(domain), "domain", "must be a domain name, was '" + domain + "'");
        dns = List.copyOf(dns);
        subnets = List.copyOf(subnets);
        routes = List.copyOf(routes);
        require(dns.size() <= MAX_DNS, "dns", "must be at most " + MAX_DNS + ", were " + dns.size());
        for (int i = 0; i < dns.size(); i++) {
            IpAddress server = dns.get(i);
            require(
                    !server.isMulticast() && !server.isUnspecified(),
                    "dns[" + i + "]",
                    "must be a unicast address, was " + server);
        }
        checkSubnets(subnets);
        require(routes.size() <= MAX_ROUTES, "routes", "must be at most " + MAX_ROUTES + ", were " + routes.size());
        requireDistinct(routes, "routes");
        require(
                leaseSeconds >= LEASE_SHORTEST_SECONDS && leaseSeconds <= LEASE_FOREVER,
                "leaseSeconds",
                "must be " + LEASE_SHORTEST_SECONDS + " to " + LEASE_FOREVER + ", was " + leaseSeconds);
    }

    private static void checkSubnets(List<Prefix> subnets) {
        long ofIpv4 = subnets.stream().filter(Prefix::isIpv4).count();
        require(ofIpv4 <= 1, "subnets", "must be at most one of IPv4, were " + ofIpv4);
        long ofIpv6 = subnets.size() - ofIpv4;
        require(
                ofIpv6 <= MAX_IPV6_SUBNETS,
                "subnets",
                "must be at most " + MAX_IPV6_SUBNETS + " of IPv6, were " + ofIpv6);
        requireDistinct(subnets, "subnets");
    }

    private static void requireDistinct(List<Prefix> prefixes, String field) {
        var seen = new HashSet<Prefix>();
        for (int i = 0; i < prefixes.size(); i++) {
            require(seen.add(prefixes.get(i)), field + "[" + i + "]", "is there twice: " + prefixes.get(i));
        }
    }

    private static boolean isLabel(String text) {
        return LABEL.matcher(text).matches();
    }

    private static boolean isDomain(String text) {
        if (text.isEmpty() || text.length() > MAX_DOMAIN || text.endsWith(".")) {
            return false;
        }
        for (String label : text.split("\\.", -1)) {
            if (!isLabel(label)) {
                return false;
            }
        }
        return true;
    }

    private static void require(boolean met, String field, String reason) {
        if (!met) {
            throw new InvalidSettingException(field, reason);
        }
    }

    /// {@link #domain} as a search list of one name in DNS's form (RFC 1035 §3.1); empty without one.
    public byte[] encodedDomain() {
        if (domain == null) {
            return new byte[0];
        }
        byte[] name = new byte[domain.length() + 2];
        int at = 0;
        for (String label : domain.split("\\.", -1)) {
            name[at++] = (byte) label.length();
            byte[] text = label.getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(text, 0, name, at, text.length);
            at += text.length;
        }
        return name;
    }

    /// The DNS servers of one family.
    public List<IpAddress> dns(boolean ofIpv4) {
        return dns.stream().filter(server -> server.isIpv4() == ofIpv4).toList();
    }
}
