package slash32.bgp.exabgp;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;

/// Address families by the names that ExaBGP has for them.
public final class Families {
    private static final Map<String, AddressFamily> BY_NAME = Map.ofEntries(
            Map.entry("ipv4/unicast", AddressFamily.IPV4_UNICAST),
            Map.entry("ipv6/unicast", AddressFamily.IPV6_UNICAST),
            Map.entry("ipv4/multicast", AddressFamily.IPV4_MULTICAST),
            Map.entry("ipv6/multicast", AddressFamily.IPV6_MULTICAST),
            Map.entry("ipv4/nlri-mpls", AddressFamily.IPV4_LABELED),
            Map.entry("ipv6/nlri-mpls", AddressFamily.IPV6_LABELED),
            Map.entry("ipv4/mpls-vpn", AddressFamily.IPV4_VPN),
            Map.entry("ipv6/mpls-vpn", AddressFamily.IPV6_VPN),
            Map.entry("ipv4/rtc", AddressFamily.RT_CONSTRAIN),
            Map.entry("ipv4/flow", AddressFamily.IPV4_FLOWSPEC),
            Map.entry("ipv6/flow", AddressFamily.IPV6_FLOWSPEC),
            Map.entry("ipv4/flow-vpn", AddressFamily.IPV4_FLOWSPEC_VPN),
            Map.entry("ipv6/flow-vpn", AddressFamily.IPV6_FLOWSPEC_VPN),
            Map.entry("l2vpn/vpls", new AddressFamily(25, 65)),
            Map.entry("l2vpn/evpn", AddressFamily.L2VPN_EVPN));

    private Families() {}

    /// The family of a name as "ipv4/unicast"; null if there is none.
    public static @Nullable AddressFamily named(String name) {
        return BY_NAME.get(name);
    }

    public static Set<String> names() {
        return new TreeSet<>(BY_NAME.keySet());
    }

    public static Set<AddressFamily> all() {
        return Set.copyOf(BY_NAME.values());
    }
}
