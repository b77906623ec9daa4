package slash32.bgp.wire;

import java.util.HashSet;
import java.util.Set;

/// Every family whose routes the codec knows.
public final class KnownFamilies {
    private static final Set<AddressFamily> ALL = Set.of(
            AddressFamily.IPV4_UNICAST,
            AddressFamily.IPV6_UNICAST,
            AddressFamily.IPV4_MULTICAST,
            AddressFamily.IPV6_MULTICAST,
            AddressFamily.IPV4_LABELED,
            AddressFamily.IPV6_LABELED,
            AddressFamily.IPV4_VPN,
            AddressFamily.IPV6_VPN,
            AddressFamily.RT_CONSTRAIN,
            AddressFamily.IPV4_FLOWSPEC,
            AddressFamily.IPV6_FLOWSPEC,
            AddressFamily.IPV4_FLOWSPEC_VPN,
            AddressFamily.IPV6_FLOWSPEC_VPN,
            AddressFamily.L2VPN_EVPN);

    private KnownFamilies() {}

    /// These, and one that it doesn't know.
    public static Set<AddressFamily> and(AddressFamily unknown) {
        var all = new HashSet<>(ALL);
        all.add(unknown);
        return Set.copyOf(all);
    }
}
