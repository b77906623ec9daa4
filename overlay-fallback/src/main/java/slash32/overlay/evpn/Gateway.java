package slash32.overlay.evpn;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;

/// The router that guests find in their segment: the same addresses and the same MAC ({@link MacAddress#GATEWAY}) on
/// every host that has guests in it, each of which answers for them and lets nothing of it out (docs/adr/0039).
///
/// @param addresses at most 16, of prefixes that do not overlap; none for a segment without a gateway
public record Gateway(List<GatewayAddress> addresses) {
    public static final Gateway NONE = new Gateway(List.of());

    /// What a gateway with IPv6 has besides.
    public static final IpAddress LINK_LOCAL = IpAddress.parse("fe80::1");

    private static final int MAX_ADDRESSES = 16;

    public Gateway {
        addresses = List.copyOf(addresses);
        if (addresses.size() > MAX_ADDRESSES) {
            throw new IllegalArgumentException(
                    "a gateway has at most " + MAX_ADDRESSES + " addresses, were " + addresses.size());
        }
        for (int i = 0; i < addresses.size(); i++) {
            for (GatewayAddress before : addresses.subList(0, i)) {
                if (addresses.get(i).address().equals(before.address())) {
                    throw new IllegalArgumentException("gateway address " + before.address() + " is there twice");
                }
                if (overlap(addresses.get(i).prefix(), before.prefix())) {
                    throw new IllegalArgumentException(
                            "prefixes of gateway addresses overlap: " + before + " and " + addresses.get(i));
                }
            }
        }
    }

    private static boolean overlap(Prefix one, Prefix other) {
        return one.covers(other) || other.covers(one);
    }

    public boolean isThere() {
        return !addresses.isEmpty();
    }

    /// What the gateway answers for.
    public Set<IpAddress> own() {
        var own = addresses.stream().map(GatewayAddress::address).collect(Collectors.toCollection(LinkedHashSet::new));
        if (own.stream().anyMatch(address -> !address.isIpv4())) {
            own.add(LINK_LOCAL);
        }
        return own;
    }

    /// The prefix of a gateway's address that the address is in; null if there is none.
    public @Nullable Prefix prefixOf(IpAddress address) {
        for (GatewayAddress each : addresses) {
            if (each.prefix().contains(address)) {
                return each.prefix();
            }
        }
        return null;
    }

    /// True if packets to a guest with this address are routed into the segment.
    public boolean leadsTo(IpAddress guest) {
        return prefixOf(guest) != null && !own().contains(guest);
    }

    /// Why no guest of the segment may have this address; null if one may. One of a family that the gateway does not
    /// route, and a link-local one, is of the segment alone.
    public @Nullable String refusal(IpAddress guest) {
        if (own().contains(guest)) {
            return guest + " is the address of its gateway";
        }
        List<Prefix> ofFamily = addresses.stream()
                .map(GatewayAddress::prefix)
                .filter(prefix -> prefix.isIpv4() == guest.isIpv4())
                .toList();
        return ofFamily.isEmpty() || guest.isLinkLocal() || prefixOf(guest) != null
                ? null
                : guest + " is in none of its gateway's prefixes, which are "
                        + ofFamily.stream().map(Prefix::toString).collect(Collectors.joining(", "));
    }

    /// A prefix of this gateway that has addresses in common with one of {@code other}; null if there is none.
    public @Nullable Prefix overlap(Gateway other) {
        for (GatewayAddress own : addresses) {
            for (GatewayAddress its : other.addresses) {
                if (overlap(own.prefix(), its.prefix())) {
                    return own.prefix();
                }
            }
        }
        return null;
    }
}
