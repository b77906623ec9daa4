package slash32.tap.gateway;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;

/// What the gateway of one endpoint goes by.
///
/// @param guestAddresses what the guest may hold; DHCP gives the first of IPv4 and all of IPv6
/// @param gatewayMac what every answer says
/// @param gatewayIpv4 held by the kernel on the TAP, which answers for it; never answered for here
/// @param gatewayIpv6 likewise, link-local: the guest's default router
/// @param mtuBytes of the TAP
/// @param onLink where the guest may ask for others
/// @param settings what the guest is told of its network
/// @param metadata the kernel holds the metadata service's addresses on the TAP and answers for them
/// @param aliases what the guest may also ask as
public record GatewayTerms(
        MacAddress guestMac,
        List<IpAddress> guestAddresses,
        MacAddress gatewayMac,
        Ipv4Address gatewayIpv4,
        Ipv6Address gatewayIpv6,
        int mtuBytes,
        List<Prefix> onLink,
        GuestSettings settings,
        boolean metadata,
        List<Alias> aliases) {
    /// The same on every TAP of every hypervisor, so that a migrated guest needs to learn nothing.
    public static final MacAddress GATEWAY_MAC = MacAddress.GATEWAY;

    public static final Ipv4Address GATEWAY_IPV4 = Ipv4Address.parse("169.254.1.1");
    public static final Ipv6Address GATEWAY_IPV6 = Ipv6Address.parse("fe80::1");

    /// Where a guest reads its metadata, as in every cloud; on the TAP of a guest that has some.
    public static final Ipv4Address METADATA_IPV4 = Ipv4Address.parse("169.254.169.254");

    public static final Ipv6Address METADATA_IPV6 = Ipv6Address.parse("fd00:ec2::254");

    private static final List<Prefix> EVERYWHERE = List.of(Prefix.parse("0.0.0.0/0"), Prefix.parse("::/0"));

    public GatewayTerms {
        if (guestMac.isGroup() || guestMac.equals(gatewayMac)) {
            throw new IllegalArgumentException("not a MAC of a guest: " + guestMac);
        }
        if (!gatewayIpv6.isLinkLocal()) {
            throw new IllegalArgumentException(
                    "a router advertises itself by a link-local address, not " + gatewayIpv6);
        }
        guestAddresses = List.copyOf(guestAddresses);
        onLink = List.copyOf(onLink);
        aliases = List.copyOf(aliases);
    }

    /// Addresses that are not the guest's own, with the MAC that it has for them.
    public record Alias(MacAddress mac, Prefix prefix) {
        boolean is(MacAddress other, IpAddress address) {
            return mac.equals(other) && prefix.isIpv4() == address.isIpv4() && prefix.contains(address);
        }
    }

    /// The usual gateway, for a guest that may ask for every address.
    public static GatewayTerms of(
            MacAddress guestMac, Collection<IpAddress> guestAddresses, int mtuBytes, GuestSettings settings) {
        return new GatewayTerms(
                guestMac,
                List.copyOf(guestAddresses),
                GATEWAY_MAC,
                GATEWAY_IPV4,
                GATEWAY_IPV6,
                mtuBytes,
                EVERYWHERE,
                settings,
                false,
                List.of());
    }

    /// The same for a guest that may ask as these too, and that has metadata or has none.
    public GatewayTerms with(boolean hasMetadata, List<Alias> also) {
        return new GatewayTerms(
                guestMac,
                guestAddresses,
                gatewayMac,
                gatewayIpv4,
                gatewayIpv6,
                mtuBytes,
                onLink,
                settings,
                hasMetadata,
                also);
    }

    boolean isGuest(MacAddress mac) {
        return mac.equals(guestMac)
                || aliases.stream().anyMatch(alias -> alias.mac().equals(mac));
    }

    /// True if the guest may ask as {@code address} with {@code mac}.
    boolean isGuest(MacAddress mac, IpAddress address) {
        return (mac.equals(guestMac) && guestAddresses.contains(address))
                || (!address.equals(gatewayIpv4)
                        && !address.equals(gatewayIpv6)
                        && aliases.stream().anyMatch(alias -> alias.is(mac, address)));
    }

    /// The guest's first IPv4 address.
    public Optional<Ipv4Address> guestIpv4() {
        return guestAddresses.stream()
                .filter(Ipv4Address.class::isInstance)
                .map(Ipv4Address.class::cast)
                .findFirst();
    }

    /// The guest's IPv6 addresses.
    public List<Ipv6Address> guestIpv6() {
        return guestAddresses.stream()
                .filter(Ipv6Address.class::isInstance)
                .map(Ipv6Address.class::cast)
                .toList();
    }

    boolean servesIpv6() {
        return guestAddresses.stream().anyMatch(address -> !address.isIpv4());
    }
}
